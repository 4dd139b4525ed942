"""`momus backup`: all records of a log in a file, from which `momus restore` makes the log again."""

import sys
from pathlib import Path
from typing import Any

import click

from momus.commands.places import EPILOG, options, place_of, records_in, world_told


@click.command("backup", params=options(), epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def command(file: Path, config: str | None, **flags: Any) -> None:
    """Write all records of a log to FILE.

    Keys, values, headers, times and offsets, with a checksum. Only reads the log, and may run beside a server. A FILE
    that is there already is left alone; one whose name ends in .gz is compressed; - is the standard output.
    """
    place = place_of(config, flags)
    from momus.commands.stored import Failed
    from registry.archive import backup

    with world_told(f"there is no backup of {place}"):
        try:
            if str(file) == "-":
                count = backup.pour(sys.stdout.buffer, str(place), records_in(place))
            else:
                count = backup.write(file, str(place), records_in(place))
        except FileExistsError as error:
            raise Failed(f"there is no backup of {place}: {file} is there already") from error
    click.echo(f"{count:,} records of {place} are in {'the output' if str(file) == '-' else file}.", err=True)
