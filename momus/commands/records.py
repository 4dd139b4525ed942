"""`momus records`: the embedded log as JSON lines. Only reads, and may run beside a server that writes."""

from pathlib import Path

import click


@click.command("records")
@click.argument("folder", metavar="[DIR]", type=click.Path(path_type=Path), default="momus-data", envvar="MOMUS_DATA")
def command(folder: Path) -> None:
    """Print the records of the log in DIR (./momus-data), or of the file that DIR names, one JSON object a line.

    Keys and values are shown as JSON where they are JSON, byte for byte, and else in key_base64 and value_base64. The
    value null is a tombstone: it deletes its key.
    """
    from momus.commands.stored import line_of, stored

    for record in stored(folder):
        click.echo(line_of(record))
