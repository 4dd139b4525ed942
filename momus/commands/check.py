"""`momus check`: would a schema that changed here break anybody? The work tree against a base, with no server."""

from typing import Any

import click

from momus.commands.shared.asking import asked
from momus.commands.shared.ending import seldom_collected, told
from momus.commands.shared.options import FORMATS, LIMITS, comparing
from momus.commands.shared.output import configured_in, outputs_of, print_reports

EPILOG = """Bases: git:REF (git:merge-base, the default, is where this branch left its target), folder:PATH, snapshot,
registry; several with commas between. Exit codes: 0 nothing found, 1 findings, 2 usage or configuration, 3 a schema or
a base cannot be read, 4 the registry cannot be reached."""


@click.command("check", epilog=EPILOG)
@comparing
@click.option("--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help=f"May be repeated: {FORMATS}.")
@click.option("--fail-on", type=click.Choice(LIMITS), help="End with 1 from here on.  [error]")
@click.option("--all", "every", is_flag=True, help="Compare also what did not change.")
def command(outputs: tuple[str, ...], **flags: Any) -> None:
    """Compare the schemas here with what was there before."""
    with seldom_collected(), told():
        from momus.gate.check import run
        from momus.gate.weight import exit_code

        configuration, request = asked(flags)
        wanted = outputs_of(outputs, configured_in(configuration))
        outcome = run(configuration, request)
        print_reports(outcome, wanted)
    raise SystemExit(exit_code(outcome))
