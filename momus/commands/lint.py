"""`momus lint`: are the schemas here well written? With no base, no registry and no git."""

from pathlib import Path

import click

from momus.commands.shared.ending import told
from momus.commands.shared.options import FORMATS, LIMITS, config_option
from momus.commands.shared.output import outputs_of, print_reports

EPILOG = """Which rules count is said by `lint: {extends: SET, rules: {RULE: SEVERITY}}` in the configuration; `momus
rules` lists them. Exit codes: 0 nothing found, 1 findings, 2 usage or configuration, 3 a schema cannot be read."""


@click.command("lint", epilog=EPILOG)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@click.option("--output", "outputs", multiple=True, metavar="FORMAT[=FILE]", help=f"May be repeated: {FORMATS}.")
@click.option("--fail-on", type=click.Choice(LIMITS), help="End with 1 from here on.  [error]")
def command(files: tuple[Path, ...], config: str | None, outputs: tuple[str, ...], fail_on: str | None) -> None:
    """Read every schema as a registry would, and hold it to the rules of style. FILES: only these."""
    from momus import __version__
    from momus.gate.lint.linting import lint
    from momus.gate.reading import load
    from momus.gate.weight import exit_code

    with told():
        configuration = load(Path.cwd(), config)
        wanted = outputs_of(outputs)
        outcome = lint(configuration, paths(configuration.root, files), fail_on=fail_on, version=__version__)
        print_reports(outcome, wanted)
    raise SystemExit(exit_code(outcome))


def paths(root: Path, files: tuple[Path, ...]) -> list[str]:
    """From the folder of the configuration on, as the gate names files."""
    from momus.gate.faults import WrongConfiguration

    found = [path.resolve() for path in files]
    strange = [path for path in found if not path.is_relative_to(root.resolve())]
    if strange:
        raise WrongConfiguration(f"{strange[0]} is not within the folder of the configuration")
    return [path.relative_to(root.resolve()).as_posix() for path in found]
