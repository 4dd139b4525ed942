"""`momus audit TOPIC`: which schemas a topic's messages were written with, and which messages no schema explains."""

import sys
import time
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Final

import click

from momus.commands.messages import (
    CODES,
    INTERRUPTED,
    brokers_of,
    indexes_option,
    kafka_options,
    place,
    put,
    registry_of,
    registry_options,
    stopping,
    stretch_of,
)
from momus.commands.shared.ending import told

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable, Mapping, Sequence

    from momus.client import AsyncRegistryClient, SubjectVersion
    from momus.topics.audit import Audit, Subjects
    from momus.topics.explain import Explainer
    from momus.topics.reader import Topic

STRATEGIES: Final = ("topic", "record", "topic-record", "any")
REASONS: Final = ("no-frame", "unknown-schema", "unusable-schema", "undecodable", "foreign-subject")
PROGRESS_EVERY: Final = 0.5  # seconds


def _reasons(_context: click.Context, _option: click.Parameter, value: str) -> frozenset[str]:
    if value in {"any", "never"}:
        return frozenset(REASONS if value == "any" else ())
    reasons = frozenset(each.strip() for each in value.split(","))
    if wrong := sorted(reasons - set(REASONS)):
        raise click.BadParameter(f"{wrong[0]!r} is no reason: any, never, or of {', '.join(REASONS)}")
    return reasons


@click.command("audit", epilog=CODES)
@click.argument("name", metavar="TOPIC")
@kafka_options
@registry_options
@click.option(
    "--from",
    "--since",
    "begin",
    callback=place,
    metavar="PLACE",
    help="beginning, end, an offset, -N for the last N of each partition, a time, or a while ago, as 2h or "
    "7d.  [beginning]",
)
@click.option("--to", "--until", "end", callback=place, metavar="PLACE", help="The same for the end.  [end]")
@click.option("-p", "--partition", "partitions", type=click.IntRange(0), multiple=True, help="May be repeated.  [all]")
@click.option(
    "--sample",
    type=click.IntRange(1),
    metavar="N",
    help="Read only about N messages of each partition, spread over all of it.",
)
@click.option("--decode/--no-decode", default=True, help="Whether values are decoded, or only their frames looked at.")
@click.option(
    "--strategy",
    type=click.Choice(STRATEGIES),
    default="topic",
    show_default=True,
    help="How the topic's subjects are named. Those that the registry ties to it count, too.",
)
@click.option(
    "--subject",
    "of_values",
    multiple=True,
    metavar="PATTERN",
    help="Subjects of the values, instead; * is any text. May be repeated.",
)
@click.option("--key-subject", "of_keys", multiple=True, metavar="PATTERN", help="The same for the keys.")
@click.option(
    "--keys",
    type=click.Choice(("auto", "held", "free")),
    default="auto",
    show_default=True,
    help="Whether keys must have a schema, too: auto if there is a subject for them.",
)
@indexes_option
@click.option("--output", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option(
    "--fail-on",
    default="any",
    callback=_reasons,
    metavar="REASON,...",
    help=f"End with 1 for these: any, never, or of {', '.join(REASONS)}.  [any]",
)
def command(name: str, **flags: Any) -> None:
    """Read a topic and say which schema ids, subjects and versions are in use, and since when.

    Messages that no schema explains are told by reason, with examples: those that name no schema, or one that the
    registry does not have, or whose bytes are not what it says, or whose schema is registered for something else.
    """
    import asyncio

    with told():
        raise SystemExit(asyncio.run(_audited(name, flags)))


async def _audited(name: str, flags: dict[str, Any]) -> int:
    from momus.topics.findings import lines_of, value_of
    from momus.topics.lines import line_of
    from momus.topics.reader import opened

    async with registry_of(flags) as client, opened(brokers_of(flags), name) as topic:
        audit = await _empty(client, name, flags)
        with stopping() as stop:
            await _fill(audit, topic, _explainers(client, name, flags), await topic.plan(stretch_of(flags)), stop)
        for side in (audit.keys, audit.values):
            side.leave(await _versions(client, sorted(side.subjects_known())))
        audit.lost = sum(lost.end - lost.first for lost in topic.lost)
    if flags["output"] == "json":
        put(line_of(value_of(audit, name)) + b"\n")
    else:
        put("".join(f"{line}\n" for line in lines_of(audit, name)).encode(errors="backslashreplace"))
    if stop.is_set():
        click.echo("momus: interrupted: this is what was read so far", err=True)
        return INTERRUPTED
    return int(any(reason in flags["fail_on"] for reason in audit.unexplained()))


# What belongs to the topic


async def _empty(client: "AsyncRegistryClient", name: str, flags: dict[str, Any]) -> "Audit":
    from momus.topics.audit import Audit, Side

    values = await _subjects(client, name, flags, is_key=False)
    keys = await _subjects(client, name, flags, is_key=True)
    held = flags["keys"] == "held" or (flags["keys"] == "auto" and await _any_registered(client, keys))
    return Audit(Side(keys, held=held), Side(values))


async def _subjects(client: "AsyncRegistryClient", name: str, flags: dict[str, Any], *, is_key: bool) -> "Subjects":
    from glob import escape

    from momus.serde.store import Store
    from momus.topics.audit import Subjects

    if given := flags["of_keys" if is_key else "of_values"]:
        return Subjects(given)
    part = "key" if is_key else "value"
    own = {
        "topic": f"{escape(name)}-{part}", "record": "{name}", "topic-record": f"{escape(name)}-{{name}}", "any": "*",
    }[flags["strategy"]]  # fmt: skip
    tied = await Store(client).associated(name, is_key=is_key, cluster="-")
    return Subjects((own, *(escape(each) for each in tied if each != f"{name}-{part}")))


async def _any_registered(client: "AsyncRegistryClient", subjects: "Subjects") -> bool:
    """Has any of them a version? Where they are not all known by name, nobody asked for schemas."""
    return bool(await _versions(client, [each for each in subjects.patterns if "*" not in each and "{" not in each]))


async def _versions(client: "AsyncRegistryClient", subjects: "Iterable[str]") -> "list[SubjectVersion]":
    from momus.client import NotFound, SubjectVersion

    found = []
    for subject in subjects:
        with suppress(NotFound):
            found += [SubjectVersion(subject, number) for number in sorted(await client.list_versions(subject))]
    return found


def _explainers(client: "AsyncRegistryClient", name: str, flags: dict[str, Any]) -> "dict[bool, Explainer]":
    """By whether it is for keys."""
    from compat.framing import Indexes
    from momus.topics.catalogue import Catalogue
    from momus.topics.explain import Depth, Explainer

    return {
        is_key: Explainer(
            Catalogue(client, subject=f"{name}-{'key' if is_key else 'value'}", tells_versions=True),
            indexes=Indexes(flags["indexes"]),
            depth=Depth.CHECK if flags["decode"] else Depth.FRAME,
        )
        for is_key in (False, True)
    }


# Reading


async def _fill(
    audit: "Audit",
    topic: "Topic",
    explainers: "Mapping[bool, Explainer]",
    plan: "Mapping[int, Sequence[range]]",
    stop: "asyncio.Event",
) -> None:
    from momus.topics.show import explained_of

    progress = _Progress(sum(len(each) for ranges in plan.values() for each in ranges))
    async with aclosing(topic.read(plan, stop)) as reading:
        async for records in reading:
            for record in records:
                audit.all.add(record)
                for side, is_key in ((audit.values, False), (audit.keys, True)):
                    data = record.key if is_key else record.value
                    if data is None:
                        side.add_absent()
                    else:
                        side.add(record, data, await explained_of(explainers[is_key], record, is_key=is_key))
            progress.tell(audit.all.count)
    progress.end()


class _Progress:
    """A line that is written over, if somebody sees it. Compacted topics have fewer messages than offsets."""

    def __init__(self, offsets: int) -> None:
        self._offsets = offsets
        self._shows = sys.stderr.isatty()
        self._told_at = time.monotonic()

    def tell(self, messages: int) -> None:
        if self._shows and time.monotonic() > self._told_at + PROGRESS_EVERY:
            self._told_at = time.monotonic()
            click.echo(f"\r{messages:,} messages of {self._offsets:,} offsets\x1b[K", err=True, nl=False)

    def end(self) -> None:
        if self._shows:
            click.echo("\r\x1b[K", err=True, nl=False)
