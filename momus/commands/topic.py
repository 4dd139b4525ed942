"""`momus topic`: what is in a schema log, what is wrong in it, and its way from a folder to Kafka and back."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from momus.commands.moved import fitting, manner_of, manners, write
from momus.commands.places import (
    EPILOG,
    Place,
    folder_and_topic,
    options,
    place_of,
    records_in,
    tell_server,
    world_told,
)

if TYPE_CHECKING:
    from registry.archive.survey import Survey
    from registry.doctor import Diagnosis, Mend
    from registry.log.log import LogRecord

LARGEST = 10  # subjects that `inspect` shows
PLANNED = 20  # records that `doctor --plan` shows


@click.group("topic")
def command() -> None:
    """Look into a log, mend it, and move it between a folder and Kafka."""


@command.command("export", params=options(), epilog=EPILOG)
@manners
def export(config: str | None, **flags: Any) -> None:
    """Copy the log in --data to the topic on --kafka.

    The same bytes, in the same order. The topic is made if it is not there, and must be empty. Stop the server first,
    or what it writes later stays behind.
    """
    manner, (folder, topic) = manner_of(flags), folder_and_topic(config, flags)
    _copy(folder, topic, manner)
    tell_server(folder)


@command.command("import", params=options(), epilog=EPILOG)
@manners
def import_(config: str | None, **flags: Any) -> None:
    """Copy the topic on --kafka to the log in --data.

    The same bytes, in the same order. The folder must hold no records, and no server may run on it.
    """
    manner, (folder, topic) = manner_of(flags), folder_and_topic(config, flags)
    _copy(topic, folder, manner)


def _copy(source: Place, target: Place, manner: Any) -> None:
    with world_told(f"{source} cannot be read"):
        records = list(records_in(source))
    write(fitting(records, manner), target, manner)


# inspect


@command.command("inspect", params=options(), epilog=EPILOG)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--sequenced", is_flag=True, help="Pass over what Redpanda wrote in vain: its own topic, never copied.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def inspect(file: Path | None, *, sequenced: bool, as_json: bool, config: str | None, **flags: Any) -> None:
    """Say what is in a log or a backup.

    Kinds of records, spellings of keys, kinds of deletions, ids, subjects by size; then the doctor's findings. Only
    reads, and may run beside a server.
    """
    import msgspec

    from registry.archive.survey import survey
    from registry.doctor import diagnose

    where, records = _looked_at(file, config, flags)
    surveyed, diagnosis = survey(records), diagnose(records, sequenced=sequenced)
    if as_json:
        click.echo(msgspec.json.encode(_object(where, surveyed, diagnosis)))
    else:
        _tell(where, surveyed, diagnosis, sequenced=sequenced)


def _looked_at(file: Path | None, config: str | None, flags: dict[str, Any]) -> "tuple[str, list[LogRecord]]":
    if file is not None:
        from momus.commands.restore import read

        return str(file), list(read(file).records)
    place = place_of(config, flags)
    with world_told(f"{place} cannot be read"):
        return str(place), list(records_in(place))


def _object(where: str, surveyed: "Survey", diagnosis: "Diagnosis") -> dict[str, Any]:
    from momus.commands.doctor import object_of

    return {
        "of": where,
        "bytes": surveyed.bytes,
        "offsets": surveyed.offsets,
        "times": surveyed.times,
        "keys": dict(surveyed.keys),
        "in_several_spellings": diagnosis.variants,
        "deletions": dict(surveyed.deletions),
        "headers": dict(surveyed.headers),
        "sequenced": surveyed.sequenced,
        "misplaced": surveyed.misplaced,
        "ids": [mark._asdict() for mark in diagnosis.marks],
        "subjects": dict(surveyed.subjects.most_common()),
    } | object_of(diagnosis)


def _tell(where: str, surveyed: "Survey", diagnosis: "Diagnosis", *, sequenced: bool) -> None:
    from momus.commands.doctor import tell_findings

    click.echo(f"{where}: {surveyed.records:,} records, {surveyed.bytes:,} bytes of keys and values")
    if surveyed.offsets is not None:
        click.echo(f"offsets {surveyed.offsets[0]:,} to {surveyed.offsets[1]:,}")
    if surveyed.times is not None:
        click.echo(f"written {_time(surveyed.times[0])} to {_time(surveyed.times[1])}")
    _table("kinds", diagnosis.kinds)
    _table("keys", dict(surveyed.keys.most_common()))
    if diagnosis.variants:
        click.echo(f"  {diagnosis.variants:>9,}  things have keys in several spellings")
    _table("deletions, by their value", dict(surveyed.deletions))
    _table("records with the header", dict(surveyed.headers))
    if surveyed.sequenced:
        click.echo(
            f"\n{surveyed.misplaced:,} of {surveyed.sequenced:,} records by Redpanda "
            "are not at the offset in their key."
        )
        if surveyed.misplaced and not sequenced:
            click.echo(
                "  If Redpanda itself filled this topic, they are void: look again with --sequenced. In a copy no"
            )
            click.echo("  offset is right, and nothing is wrong.")
    if diagnosis.marks:
        click.echo("\nids, by context: the highest issued, the highest held, the highest that a record remembers")
        for mark in diagnosis.marks:
            click.echo(f"  {mark.context}: {mark.issued}, {mark.held}, {mark.told or 'none'}")
    _table("bytes of subjects", dict(surveyed.subjects.most_common(LARGEST)))
    if len(surveyed.subjects) > LARGEST:
        click.echo(f"             and {len(surveyed.subjects) - LARGEST:,} more")
    tell_findings(diagnosis)
    if diagnosis.mends:
        click.echo("\n`momus topic doctor` shows how to mend what can be mended.")


def _table(title: str, rows: dict[str, int]) -> None:
    if rows:
        click.echo(f"\n{title}")
    for name, number in rows.items():
        click.echo(f"  {number:>9,}  {name}")


def _time(milliseconds: int) -> str:
    from momus.topics.times import time_of

    return time_of(milliseconds, lambda time: time.isoformat(sep=" ", timespec="seconds"))


# doctor


@command.command("doctor", params=options(), epilog=EPILOG)
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--plan/--apply", "plan", default=True, help="Show the records that would mend it, or write them.  [--plan]"
)
@click.option("--sequenced", is_flag=True, help="Delete what Redpanda wrote in vain, in its own topic, never copied.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(file: Path | None, *, plan: bool, sequenced: bool, as_json: bool, config: str | None, **flags: Any) -> None:
    """Say what is wrong in a log or a backup, and mend a log.

    What can be mended without changing an answer is: keys become Confluent's, empty values deletions, and the highest
    id is remembered. All of it is written at once or not at all. Ends with 1 when an error is left.
    """
    import asyncio

    import msgspec

    from momus.commands.doctor import object_of, tell
    from momus.commands.mending import mended
    from registry.doctor import diagnose

    if file is not None and not plan:
        raise click.UsageError("A backup is not changed: restore it, and mend the log.")
    written = 0
    if not plan:
        place = place_of(config, flags)
        with world_told(f"{place} was not mended", _doubt()):
            written = asyncio.run(mended(place, sequenced=sequenced))
    _, records = _looked_at(file, config, flags)
    diagnosis = diagnose(records, sequenced=sequenced)
    if as_json:
        planned = [{"key": mend.key, "value": mend.value} for mend in map(_text, diagnosis.mends)]
        click.echo(msgspec.json.encode(object_of(diagnosis, written) | {"plan": planned}))
    else:
        tell(diagnosis, written, how="--apply" if file is None else "--apply on the restored log")
        for mend in diagnosis.mends[:PLANNED]:
            click.echo(_line(mend))
        if len(diagnosis.mends) > PLANNED:
            click.echo(f"  and {len(diagnosis.mends) - PLANNED:,} more; --json shows all")
    if not diagnosis.is_sound:
        raise SystemExit(1)


def _doubt() -> dict[type[Exception], str]:
    from registry.log.log import InDoubt

    return {InDoubt: "look with --plan whether it was"}


def _text(mend: "Mend") -> Any:
    return mend._replace(
        key=mend.key.decode("utf-8", "replace"),  # type: ignore[arg-type]
        value=None if mend.value is None else mend.value.decode("utf-8", "replace"),  # type: ignore[arg-type]
    )


def _line(mend: "Mend") -> str:
    key = mend.key.decode("utf-8", "backslashreplace")
    return f"  delete {key}" if mend.value is None else f"  write  {key} ({len(mend.value):,} bytes)"
