"""`momus restore`: a log from a backup, by Momus or by Karapace."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from momus.commands.moved import fitting, manner_of, manners, write
from momus.commands.places import EPILOG, options, place_of, world_told

if TYPE_CHECKING:
    from registry.archive.archive import Archive
    from registry.log.log import LogRecord


@click.command("restore", params=options(), epilog=EPILOG)
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--check", is_flag=True, help="Only read FILE, whole, and say what it is.")
@click.option(
    "--empty-as-null/--keep-empty",
    default=None,
    help="Whether an empty value becomes a deletion; by default in a backup of schemas by Karapace.",
)
@manners
def command(file: Path, *, check: bool, empty_as_null: bool | None, config: str | None, **flags: Any) -> None:
    """Write all records of a backup to a log.

    They keep their order, and the log must be empty. FILE is a backup by Momus, or by Karapace: version 1, 2, or the
    folder of version 3; - is the standard input. It is checked as a whole before anything is written.
    """
    manner, place = manner_of(flags), place_of(config, flags)
    archive = read(file)
    click.echo(f"{file} is {archive.format}, of {archive.source}: {len(archive.records):,} records.", err=True)
    records = with_nulls(archive, asked=empty_as_null)
    if not check:
        write(fitting(records, manner), place, manner)


def read(file: Path) -> "Archive":
    from registry.archive import files

    with world_told(f"{file} cannot be used"):
        if str(file) == "-":
            return files.read_bytes(sys.stdin.buffer.read(), file)
        return files.read(file)


def with_nulls(archive: "Archive", *, asked: bool | None) -> "list[LogRecord]":
    """Karapace deletes by an empty value, and its newest backup has an empty value for none: both mean none."""
    from registry.archive.survey import is_of_schemas

    records = list(archive.records)
    empties = sum(record.value == b"" for record in records)
    if not empties or (asked is None and not archive.is_karapaces):
        return records
    becomes_null = is_of_schemas(records) if asked is None else asked
    kept = "become deletions (--keep-empty keeps them)" if becomes_null else "stay empty (--empty-as-null deletes)"
    click.echo(f"{empties:,} empty values {kept}.", err=True)
    return (
        [record._replace(value=None) if record.value == b"" else record for record in records]
        if becomes_null
        else records
    )
