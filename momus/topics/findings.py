"""An audit as people and programs read it: text, and a value for JSON. No Kafka here."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any, Final

from momus.client import SubjectVersion
from momus.topics.audit import Audit, Group, Seen, Side, Spread, Usage
from momus.topics.explain import SENTENCES, Reason
from momus.topics.lines import versions_of
from momus.topics.schemas import Known
from momus.topics.times import time_of

MOST_PARTITIONS: Final = 12  # that the text shows of each
MOST_GROUPS: Final = 10  # that the text shows of each reason


def value_of(audit: Audit, topic: str) -> dict[str, Any]:
    """Everything that was found."""
    return {
        "topic": topic,
        "messages": audit.all.count,
        "partitions": _partitions(audit.all),
        "deleted_unread": audit.lost,
        "unexplained": dict(audit.unexplained()),
        "values": _side(audit.values, "tombstones"),
        "keys": _side(audit.keys, "absent"),
    }


def _side(side: Side, absent: str) -> dict[str, Any]:
    return {
        "messages": side.all.count,
        absent: side.absent,
        "held": side.held,
        "plain": side.plain,
        "subjects": list(side.subjects.patterns),
        "schemas": [_usage(usage) for usage in _by_count(side)],
        "unused": versions_of(side.unused),
        "unexplained": [_group(group) for group in side.groups.values()],
        "unexplained_others": dict(side.others),
        "timeline": [
            {"from": _time(begin), "seconds": side.timeline.width // 1000, "explained": well, "unexplained": ill}
            for begin, (well, ill) in sorted(side.timeline.steps.items())
        ],
    }


def _by_count(side: Side) -> list[Usage]:
    return sorted(side.usages.values(), key=lambda usage: -usage.spread.count)


def _usage(usage: Usage) -> dict[str, Any]:
    known = usage.known
    return {
        "id": known.id,
        "guid": str(known.guid) if known.guid else None,
        "format": known.kind,
        "name": usage.name or None,
        "versions": versions_of(known.versions, known.deleted),
        "rules_not_run": list(known.rules("READ", "WRITEREAD")),
        "messages": usage.spread.count,
        "named_by": dict(usage.named_by),
        "partitions": _partitions(usage.spread),
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "reason": group.trouble.reason.value,
        "id": group.id,
        "guid": group.guid,
        "like": group.like or None,
        "path": group.trouble.path,
        "message": group.trouble.why,
        "messages": group.spread.count,
        "examples": [{"partition": partition, "offset": offset} for partition, offset in group.examples],
        "partitions": _partitions(group.spread),
    }


def _partitions(spread: Spread) -> list[dict[str, Any]]:
    return [
        {
            "partition": number,
            "messages": seen.count,
            "first_offset": seen.first,
            "last_offset": seen.last,
            "first_time": _time(seen.since),
            "last_time": _time(seen.until),
        }
        for number, seen in sorted(spread.partitions.items())
    ]


def _time(milliseconds: int | None) -> str | None:
    return None if milliseconds is None else time_of(milliseconds, lambda time: time.isoformat(timespec="milliseconds"))


# For people


def lines_of(audit: Audit, topic: str) -> Iterator[str]:
    when = _between(audit.all.since, audit.all.until)
    yield f"{topic}: {_number(audit.all.count, 'message')} in {_number(len(audit.all.partitions), 'partition')}{when}"
    if audit.lost:
        yield f"  {audit.lost:,} offsets were deleted before they could be read"
    yield from _part(audit.values, "values", f"{_number(audit.values.absent, 'tombstone')}")
    yield from _part(audit.keys, "keys", f"{_number(audit.keys.absent, 'message')} without a key")
    found = audit.unexplained()
    yield ""
    if found:
        yield f"no schema explains {found.total():,}: " + ", ".join(f"{n:,} {reason}" for reason, n in found.items())
    else:
        yield "every message is explained by its schema"


def _part(side: Side, what: str, absent: str) -> Iterator[str]:
    yield ""
    yield f"{what}: {side.all.count:,}, and {absent}"
    for usage in _by_count(side):
        yield f"  {usage.spread.count:>9,}  {_told(usage.known, usage.name)}{_ways(usage)}"
        yield from _rows(usage.spread)
    if side.unused:
        yield f"             no message has {', '.join(_versions(side.unused))}"
    if side.plain:
        yield f"  {side.plain:>9,}  without a schema that explains them: they are not held to one"
    for reason in Reason:
        groups = [group for group in side.groups.values() if group.trouble.reason is reason]
        if groups:
            yield from _faults(reason, groups, side.others[reason])
    if side.groups and len(side.timeline.steps) > 1:
        yield "  explained and not, by time:"
        for begin, (well, ill) in sorted(side.timeline.steps.items()):
            yield f"    {_short(begin)}  {well:>9,}  {ill:>9,}"


def _versions(versions: Iterable[SubjectVersion]) -> Iterator[str]:
    """`orders-value 1, 2`, subject by subject."""
    for subject, each in groupby(versions, key=lambda version: version.subject):
        yield f"{subject} {', '.join(str(one.version) for one in each)}"


def _told(known: Known, name: str) -> str:
    gone = set(known.deleted)
    where = ", ".join(
        f"{each.subject} version {each.version}{' (deleted)' if each in gone else ''}" for each in known.versions
    )
    named = f"id {known.id}" if known.id is not None else f"GUID {known.guid}"
    rules = known.rules("READ", "WRITEREAD")
    more = f"; its rules are not run here: {', '.join(rules)}" if rules else ""
    return f"{named}, {known.kind}{name and ' '}{name}, {where or 'under no subject that the registry tells'}{more}"


def _ways(usage: Usage) -> str:
    """How the messages name it, where that is not the usual way."""
    ways = {"header": "by GUID in a header", "guid": "by GUID"}
    if set(usage.named_by) == {"id"}:
        return ""
    told = [f"{count:,} {ways[way]}" for way, count in usage.named_by.items() if way != "id"]
    return f"; {', '.join(told)}"


def _rows(spread: Spread) -> Iterator[str]:
    shown = sorted(spread.partitions.items())
    for number, seen in shown[:MOST_PARTITIONS]:
        yield f"             partition {number}: {seen.count:,}, {_offsets(seen)}{_between(seen.since, seen.until)}"
    if len(shown) > MOST_PARTITIONS:
        yield f"             and {_number(len(shown) - MOST_PARTITIONS, 'more partition')}"


def _faults(reason: Reason, groups: list[Group], others: int) -> Iterator[str]:
    yield f"  {reason.value}: {SENTENCES[reason]}"
    groups.sort(key=lambda group: -group.spread.count)
    for group in groups[:MOST_GROUPS]:
        yield f"  {group.spread.count:>9,}  {_what(group)}"
        yield from _rows(group.spread)
        yield f"             as at {', '.join(f'{partition}:{offset}' for partition, offset in group.examples)}"
    left = sum(group.spread.count for group in groups[MOST_GROUPS:]) + others
    if left:
        yield f"  {left:>9,}  others"


def _what(group: Group) -> str:
    if group.like:
        return f"look like {group.like}: {group.trouble}"
    named = group.trouble.reason is Reason.UNDECODABLE and group.id is not None
    return f"id {group.id}: {group.trouble}" if named else str(group.trouble)


def _offsets(seen: Seen) -> str:
    return f"offset {seen.first}" if seen.first == seen.last else f"offsets {seen.first} to {seen.last}"


def _between(since: int | None, until: int | None) -> str:
    if since is None or until is None:
        return ""
    if _short(since) == _short(until):
        return f", {_short(since)}"
    return f", {_short(since)} to {_short(until)}"


def _short(milliseconds: int) -> str:
    return time_of(milliseconds, lambda time: time.strftime("%Y-%m-%d %H:%M:%S"))


def _number(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
