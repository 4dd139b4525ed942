"""`momus check`: would a schema that changed here break anybody? The work tree against a base, with no server."""

import errno
import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from compat.level import Level

if TYPE_CHECKING:
    from momus.gate.check import Request
    from momus.gate.configuration import Configuration, Output

EPILOG = """Bases: git:REF (git:merge-base, the default, is where this branch left its target), folder:PATH, snapshot,
registry; several with commas between. Exit codes: 0 nothing found, 1 findings, 2 usage or configuration, 3 a schema or
a base cannot be read, 4 the registry cannot be reached."""

FORMATS = "text, json, jsonl, junit, sarif, github, gitlab, markdown, html"
_UNWRITABLE = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
LIMITS = ("error", "warning", "info", "never")


def options(function: Any) -> Any:
    """What every verb that compares takes."""
    for option in reversed(
        (
            click.option("--config", metavar="FILE", help="The configuration.  [momus.yaml]"),
            click.option("--against", metavar="BASE", envvar="MOMUS_AGAINST", help="What to compare with."),
            click.option("--registry", metavar="URL", help="The registry, as base.  [MOMUS_REGISTRY]"),
            click.option("-e", "--environment", metavar="NAME", help="One of registry.environments, instead."),
            click.option("--level", type=click.Choice(list(Level.__members__)), help="Instead of all other levels."),
            click.option("--history", metavar="all|tags|N", help="How much of git's history transitive levels see."),
        )
    ):
        function = option(function)
    return function


@click.command("check", epilog=EPILOG)
@options
@click.option("--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help=f"May be repeated: {FORMATS}.")
@click.option("--fail-on", type=click.Choice(LIMITS), help="End with 1 from here on.  [error]")
@click.option("--all", "every", is_flag=True, help="Compare also what did not change.")
def command(outputs: tuple[str, ...], **flags: Any) -> None:
    """Compare the schemas here with what was there before."""
    with seldom_collected(), told():
        from momus.gate import reports
        from momus.gate.check import run
        from momus.gate.configuration import output
        from momus.gate.weight import exit_code

        configuration, request = asked(flags)
        wanted = [output(each) for each in outputs] or list(configuration.outputs) or [output("text")]
        outcome = run(configuration, request)
        for each in wanted:
            click.echo(reports.write(outcome, placed(configuration, each, is_flag=bool(outputs))), nl=False)
    raise SystemExit(exit_code(outcome))


def asked(flags: dict[str, Any]) -> "tuple[Configuration, Request]":
    """The configuration, and the request that the flags are. Raises Trouble."""
    from momus.gate.reading import load

    configuration = load(Path.cwd(), flags["config"])
    return configuration, request_of(flags, configuration)


def request_of(flags: dict[str, Any], configuration: "Configuration", only: str | None = None) -> "Request":
    from momus import __version__
    from momus.gate.check import Request

    against = flags["against"]
    if against is None and flags["registry"]:
        against = "registry"
    return Request(
        against=tuple(against.split(",")) if against else default_bases(configuration),
        today=datetime.now(UTC).date(),
        level=Level[flags["level"]] if flags["level"] else None,
        registry=flags["registry"],
        environment=flags["environment"],
        history=flags["history"],
        fail_on=flags.get("fail_on"),
        every=flags.get("every", False),
        only=only,
        version=__version__,
    )


def default_bases(configuration: "Configuration") -> tuple[str, ...]:
    """By the event, where the configuration tells events apart."""
    from momus.gate.git import is_pull_request

    event = "pull_request" if is_pull_request(os.environ) else "push" if os.environ.get("CI") else "default"
    known = configuration.against
    return known.get(event) or known.get("default") or ("git:merge-base",)


def placed(configuration: "Configuration", output: "Output", *, is_flag: bool) -> "Output":
    """A file in the configuration is named from there; one in a flag from here."""
    from dataclasses import replace

    if is_flag or output.file is None:
        return output
    return replace(output, file=str(configuration.root / output.file))


@contextmanager
def seldom_collected() -> Iterator[None]:
    """A check ends soon and leaves little garbage: looking for it took a sixth of the time."""
    before = gc.get_threshold()
    gc.set_threshold(100_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class told:  # noqa: N801  (used as a function)
    """Trouble is one line on stderr, and its exit code."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        from momus.gate.faults import WRONG, Trouble

        if isinstance(error, Trouble):
            click.echo(f"momus: {error}", err=True)
            raise SystemExit(error.code) from error
        if isinstance(error, OSError) and error.errno in _UNWRITABLE:  # the code of findings would be a lie
            click.echo(f"momus: nothing more can be written: {error.strerror}", err=True)
            raise SystemExit(WRONG) from error
