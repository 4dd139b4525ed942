"""`momus apply`: does what a plan says, in its order; what is done already is not done twice."""

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from momus.commands.plan import loaded_configuration, planned, planning
from momus.commands.shared.ending import told

if TYPE_CHECKING:
    from momus.gate.configuration import Configuration
    from momus.gate.plan.applying import Applying
    from momus.gate.plan.values import Action, Delete, Plan

EPILOG = """Exit codes: 0 all is done, 1 an action was refused or the registry moved since the plan, 2 usage or
configuration, 3 a schema cannot be read, 4 the registry cannot be reached. Run it again after a failure: it goes on
where it was."""


@click.command("apply", epilog=EPILOG)
@click.argument("file", metavar="[PLANFILE]", required=False)
@planning
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option("--confirm", multiple=True, metavar="SUBJECT", help="Delete this one for good; for each one of a plan.")
@click.option("--continue-on-error", is_flag=True, help="Go on with what does not need what failed.")
@click.option("--output", type=click.Choice(("text", "json")), default="text", help="How the result is told.")
def command(
    *,
    file: str | None,
    yes: bool,
    confirm: tuple[str, ...],
    continue_on_error: bool,
    output: str,
    **flags: Any,
) -> None:
    """Do what the PLANFILE of `momus plan -o` says, or else what a new plan says."""
    import asyncio

    from momus.gate.faults import FINE, FOUND, UNREADABLE
    from momus.gate.plan.values import loaded

    with told():
        if not yes and not sys.stdin.isatty():
            raise click.UsageError("Nobody can be asked here: --yes applies the plan without a question.")
        plan = loaded(file) if file else None
        configuration = _configuration(flags, plan)
        if plan is None:
            plan = planned(configuration, flags)
        else:
            flags["environment"] = flags["environment"] or plan.environment
        _show(plan, output)
        if plan.problems:
            raise SystemExit(UNREADABLE)
        if plan.refused and not continue_on_error:
            _say(
                f"{len(plan.refused)} of these would be refused, so nothing is done: mend them, or --continue-on-error"
            )
            raise SystemExit(FOUND)
        if plan.actions:
            _ask(plan, confirm, is_asked=not yes)
        done = asyncio.run(_applied(configuration, plan, flags, output, continues=continue_on_error))
    if not done:
        raise SystemExit(FOUND)
    raise SystemExit(FINE)


def _configuration(flags: dict[str, Any], plan: "Plan | None") -> "Configuration":
    """A plan for no environment can do without: its job needs nothing but the plan and the registry."""
    from pathlib import Path

    from momus.gate.configuration import Configuration
    from momus.gate.faults import WrongConfiguration

    try:
        return loaded_configuration(flags)
    except WrongConfiguration:
        if plan is None or plan.environment or flags["environment"] or flags["config"] or Path(plan.config).exists():
            raise
        return Configuration(Path.cwd(), plan.config, ())


def _show(plan: "Plan", output: str) -> None:
    from momus.gate.plan.telling import text

    click.echo(text(plan), err=output == "json")


def _ask(plan: "Plan", confirmed: tuple[str, ...], *, is_asked: bool) -> None:
    """Whoever deletes something for good types its name."""
    from momus.gate.faults import FOUND
    from momus.gate.plan.values import Delete

    for action in plan.actions:
        if isinstance(action, Delete) and action.permanent and not action.refused:
            _confirm(action, confirmed, is_asked=is_asked)
    if is_asked and not click.confirm("Do this?", err=True):
        _say("Nothing is done.")
        raise SystemExit(FOUND)


def _confirm(action: "Delete", confirmed: tuple[str, ...], *, is_asked: bool) -> None:
    if action.subject in confirmed:
        return
    if not is_asked:
        raise click.UsageError(
            f"'{action.subject}' would be gone for good: --confirm {action.subject} says that it may."
        )
    typed = click.prompt(f"'{action.subject}' will be gone for good. Its name, to confirm", err=True)
    if typed != action.subject:
        raise click.UsageError(f"That is not '{action.subject}'. Nothing is done.")


async def _applied(
    configuration: "Configuration", plan: "Plan", flags: dict[str, Any], output: str, *, continues: bool
) -> bool:
    """Is all done? Raises Trouble."""
    from momus.gate.faults import WrongConfiguration
    from momus.gate.names import Names
    from momus.gate.plan.applying import Applying
    from momus.gate.plan.reading import Reading
    from momus.gate.registries import opened, reached

    is_said = flags["environment"] or configuration.registry.url or os.environ.get("MOMUS_REGISTRY")
    registry = reached(configuration, flags["registry"] or (None if is_said else plan.registry), flags["environment"])
    if registry.url != plan.registry:
        raise WrongConfiguration(f"the plan was made for {plan.registry}, and this is {registry.url}")
    async with opened(registry) as client:
        applying = Applying(plan, Reading(client, Names(registry.prefix, registry.context)))
        moved = await applying.moved()
        if moved:
            _say("The registry moved since the plan was made, so nothing is done:")
            for sentence in moved:
                _say(f"  {sentence}")
            _say("Make a new plan: momus plan")
            return False
        try:
            await _run(applying, continues=continues)
        finally:
            _tell(applying, output)
    return all(result.outcome in ("done", "already") for result in applying.results)


async def _run(applying: "Applying", *, continues: bool) -> None:
    if not sys.stderr.isatty():
        await applying.run(_nothing, continues=continues)
        return
    with click.progressbar(length=len(applying.plan.actions), label="Applying", file=sys.stderr) as bar:
        step: Callable[[Action], None] = lambda _: bar.update(1)  # noqa: E731
        await applying.run(step, continues=continues)


def _nothing(_action: "Action") -> None:
    """Where nobody watches."""


def _tell(applying: "Applying", output: str) -> None:
    import json

    from momus.gate.plan import telling

    if output == "json":
        value = {"version": 1, "registry": applying.plan.registry, "results": telling.results_value(applying.results)}
        click.echo(json.dumps(value, indent=1, ensure_ascii=False))
    elif applying.results:
        click.echo(telling.table(applying.results), nl=False)
        click.echo(telling.counted(applying.results))


def _say(line: str) -> None:
    click.echo(line, err=True)
