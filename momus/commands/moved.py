"""What of the records of one log belongs into another, and the way of every command that writes them there."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from momus.commands.places import Place, opened, world_told

if TYPE_CHECKING:
    from registry.log.log import LogRecord


class Manner(NamedTuple):
    """What the user asked for, by flags of these names."""

    append: bool
    resume: bool
    sequenced: bool
    skip_keyless: bool


def manners(command: Callable[..., None]) -> Callable[..., None]:
    """The flags of `Manner`, for a command."""
    for name, sentence in (
        ("--skip-keyless", "Leave out records without a key, which a compacted topic refuses and no registry reads."),
        (
            "--sequenced",
            "Leave out what Redpanda wrote in vain. Only for a topic that Redpanda's own registry has filled.",
        ),
        ("--resume", "Go on where an earlier run was stopped: what is there must be the first of these records."),
        ("--append", "Write behind the records that are there already, if any."),
    ):
        command = click.option(name, is_flag=True, help=sentence)(command)
    return command


def manner_of(flags: dict[str, Any]) -> Manner:
    manner = Manner(*(flags[name] for name in Manner._fields))
    if manner.append and manner.resume:
        raise click.UsageError("--append and --resume exclude each other: --resume never writes a record twice.")
    return manner


def fitting(records: "Sequence[LogRecord]", manner: Manner) -> "list[LogRecord]":
    """Those to be written; what is left out, and why, is told."""
    left = list(records)
    if manner.sequenced:
        from registry.doctor import is_void

        left = [record for record in left if not is_void(record)]
        _say(f"{len(records) - len(left):,} records are left out: Redpanda wrote them in vain.")
    if manner.skip_keyless and (keyless := sum(record.key is None for record in left)):
        left = [record for record in left if record.key is not None]
        _say(f"{keyless:,} records are left out: they have no key.")
    if manner.append:
        left, dropped = _without_claims(left)
        if dropped:
            _say(f"{dropped:,} records are left out: primaries of a cluster wrote them about the log they come from.")
    return left


def _without_claims(records: "Sequence[LogRecord]") -> "tuple[list[LogRecord], int]":
    """Behind other records, claims of primaries and their epochs have no meaning; what was void by them is left out."""
    from registry.state.records import EPOCH_HEADER, ClaimRecord, ClaimTombstone, epoch_of, read
    from registry.state.state import State

    state, kept = State(), []
    for each in records:
        record, epoch = read(each.key, each.value, each.offset, each.timestamp), epoch_of(each.headers)
        is_claim = isinstance(record, ClaimRecord | ClaimTombstone)
        if not is_claim and not state.is_void(epoch):
            kept.append(each._replace(headers=tuple(pair for pair in each.headers if pair[0] != EPOCH_HEADER)))
        if is_claim:
            state.apply(record, epoch)
    return kept, len(records) - len(kept)


def write(records: "Sequence[LogRecord]", target: Place, manner: Manner) -> None:
    """Into the log at `target`, in their order; what was written is told, and how to go on if it was not."""
    import asyncio

    from registry.archive.moving import NotEmpty, OtherRecords, Stopped, Unfit
    from registry.log.log import InDoubt

    hints: dict[type[Exception], str] = {
        NotEmpty: "--append writes behind them, --resume goes on where an earlier run was stopped",
        OtherRecords: "begin anew in a log that is empty",
        Stopped: "run the same command with --resume to go on",
        Unfit: "--skip-keyless leaves out records without a key" if target.is_kafka else "",
        InDoubt: "run the same command with --resume, which looks what is there",
    }
    with world_told(f"{target} was not filled", hints):
        written = asyncio.run(_write(records, target, manner))
    click.echo(f"{written:,} records were written to {target}, and read back.")


async def _write(records: "Sequence[LogRecord]", target: Place, manner: Manner) -> int:
    from registry.archive.moving import move

    async with opened(target, makes_topic=True) as log:
        return await move(records, log, append=manner.append, resume=manner.resume, told=_progress)


def _progress(done: int, total: int) -> None:
    if done < total:
        _say(f"{done:,} of {total:,} records are written")


def _say(line: str) -> None:
    click.echo(line, err=True)
