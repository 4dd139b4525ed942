"""`momus serve`: the registry, until SIGTERM. Its flags are the table of settings."""

import sys
from typing import Any

import click

from registry.settings import ROWS, Row, WrongSettings, load

EPILOG = """Each setting may also be an environment variable (--body-limit is MOMUS_BODY_LIMIT) or a line of a TOML file
(body_limit = "10MiB"). A flag wins over the environment, and that over the file."""


def _option(row: Row) -> click.Option:
    is_switch = row.kind.word == "true|false"
    return click.Option(
        [row.flag, row.name],
        metavar=row.kind.word,
        help=f"{row.sentence}  [{row.default}]",
        is_flag=False,
        # Without a value `--access-log` switches it on; all else is told that it has none, rather than left out or
        # given the next flag for a value.
        flag_value="true" if is_switch else "",
    )


@click.command("serve", epilog=EPILOG, params=[_option(row) for row in ROWS.values()])
@click.option(
    "--config",
    metavar="FILE",
    is_flag=False,
    flag_value="",
    help="The TOML file.  [momus.toml, if there is one; MOMUS_CONFIG]",
)
def command(config: str | None, **flags: Any) -> None:
    """Serve the registry, by default on 127.0.0.1:8081 with its data in ./momus-data."""
    given = {name: value for name, value in flags.items() if value is not None}
    try:
        settings = load(flags=given, file=config)
    except WrongSettings as wrong:
        click.echo(wrong, err=True)
        sys.exit(2)
    from registry.__main__ import run

    sys.exit(run(settings))
