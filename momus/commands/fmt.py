"""`momus fmt`: schemas in one layout, which says the same as the one before."""

from pathlib import Path

import click

from momus.commands.lint import paths
from momus.commands.shared.ending import told
from momus.commands.shared.options import config_option

EPILOG = (
    """Exit codes: 0 done, 1 something would change (--check), 2 usage or configuration, 3 a schema cannot be read."""
)


@click.command("fmt", epilog=EPILOG)
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@config_option
@click.option("--check", "is_check", is_flag=True, help="Write nothing; end with 1 when something would change.")
@click.option("--diff", "is_diff", is_flag=True, help="Write nothing; show what would change.")
def command(files: tuple[Path, ...], config: str | None, *, is_check: bool, is_diff: bool) -> None:
    """Give schemas one layout: indents, and the order of Avro's attributes. FILES: only these."""
    from momus.gate.faults import FINE, FOUND, UNREADABLE
    from momus.gate.files import write
    from momus.gate.formatting import formatted
    from momus.gate.reading import load

    code = FINE
    with told():
        configuration = load(Path.cwd(), config)
        for one in formatted(configuration, paths(configuration.root, files)):
            if one.refusal:
                click.echo(f"{one.path}: left as it is: {one.refusal}", err=True)
                code = UNREADABLE if one.is_wrong else code
            elif one.is_changed:
                click.echo(one.diff() if is_diff else f"{one.path}: {'would change' if is_check else 'written'}")
                code = FOUND if is_check and code == FINE else code
                if not is_check and not is_diff:
                    write(configuration.root / one.path, one.after)
    raise SystemExit(code)
