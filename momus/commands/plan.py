"""`momus plan`: what is to be done to a registry so that it has what these files say. Nothing is written to it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from momus.commands.shared.ending import told
from momus.commands.shared.options import config_option, together

if TYPE_CHECKING:
    from momus.gate.configuration import Configuration
    from momus.gate.plan.values import Plan

FORMATS = ("text", "json", "markdown")
EPILOG = """Exit codes: 0 the plan can be applied (or is empty), 1 an action would be refused, 2 usage or configuration,
3 a schema cannot be read, 4 the registry cannot be reached; with --detailed-exitcode, 5 the registry differs from the
files."""


planning = together(
    config_option,
    click.option("--registry", metavar="URL", help="The registry.  [MOMUS_REGISTRY]"),
    click.option("-e", "--environment", metavar="NAME", help="One of registry.environments."),
    click.option("--prune/--no-prune", default=None, help="Delete managed subjects that are in no file."),
    click.option("--permanent", is_flag=True, help="Delete them for good; --prune goes with it."),
    click.option("--reregister", is_flag=True, help="Register anew what equals an older version."),
)


@click.command("plan", epilog=EPILOG)
@planning
@click.option("-o", "--out", metavar="FILE", help="Write the plan, to be reviewed and applied.")
@click.option("--detailed-exitcode", is_flag=True, help="End with 5 where the registry differs from the files.")
@click.option("--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help=f"{', '.join(FORMATS)}.  [text]")
def command(*, out: str | None, detailed_exitcode: bool, outputs: tuple[str, ...], **flags: Any) -> None:
    """Compare the schemas here, their settings and contracts with a registry."""
    from momus.gate.files import write
    from momus.gate.plan.values import encoded

    wanted = [_output(each) for each in outputs or ("text",)]
    with told():
        made = planned(loaded_configuration(flags), flags)
        if out:
            write(Path(out), encoded(made))
        for name, file in wanted:
            shown = _shown(made, name)
            if file:
                write(Path(file), shown)
            else:
                click.echo(shown, nl=False)
    raise SystemExit(exit_code(made, is_detailed=detailed_exitcode))


def loaded_configuration(flags: dict[str, Any]) -> "Configuration":
    """Raises Trouble."""
    from momus.gate.reading import load

    return load(Path.cwd(), flags["config"])


def planned(configuration: "Configuration", flags: dict[str, Any]) -> "Plan":
    """Raises Trouble."""
    import asyncio
    from dataclasses import replace
    from datetime import UTC, datetime

    from momus import __version__
    from momus.gate.plan.making import Request, plan

    if flags["permanent"] and flags["prune"] is False:
        raise click.UsageError("--permanent is about what --prune deletes.")
    request = Request(
        today=datetime.now(UTC).date(),
        tool=f"momus {__version__}",
        registry=flags["registry"],
        environment=flags["environment"],
        prune=True if flags["permanent"] else flags["prune"],
        permanent=flags["permanent"],
        reregister=flags["reregister"],
    )
    if not sys.stderr.isatty():
        return asyncio.run(plan(configuration, request))
    with click.progressbar(length=1, label="Planning", file=sys.stderr) as bar:

        def progress(more: int) -> None:
            if more:
                bar.length = more
            else:
                bar.update(1)

        return asyncio.run(plan(configuration, replace(request, told=progress)))


def exit_code(made: "Plan", *, is_detailed: bool) -> int:
    from momus.gate.faults import CHANGES, FINE, FOUND, UNREADABLE

    if made.problems:
        return UNREADABLE
    if made.refused:
        return FOUND
    return CHANGES if is_detailed and made.is_drift else FINE


def _output(spelled: str) -> tuple[str, str]:
    name, _, file = spelled.partition("=")
    if name not in FORMATS:
        raise click.UsageError(f"There is no output '{name}' of a plan: {', '.join(FORMATS)} are known.")
    return name, file


def _shown(made: "Plan", name: str) -> str:
    from momus.gate.plan import telling
    from momus.gate.plan.values import encoded

    return {"text": telling.text, "json": encoded, "markdown": telling.markdown}[name](made)
