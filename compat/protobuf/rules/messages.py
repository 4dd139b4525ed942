"""Rules about messages: that they are there, what they are called, which numbers they keep from use."""

from collections.abc import Iterator
from typing import Any, Final

from compat.protobuf.rules.rule import Fault, Harm, Rule, Rung
from compat.protobuf.walk import Pair, Walk, both

MESSAGE_REMOVED: Final = Rule(
    "MESSAGE_REMOVED",
    "A message keeps its name and its place: readers look it up by them.",
    "Keep the message, and add another beside it.",
    Harm.NAME,
    Rung.JSON,
    "MESSAGE_REMOVED",
)
MESSAGE_TYPE_RENAMED: Final = Rule(
    "MESSAGE_TYPE_RENAMED",
    "The message in a field keeps its name, though the bytes do not say it.",
    "Nothing has to be done for the bytes; code, and messages in `Any`, go by the name.",
    Harm.NAME,
    Rung.SOURCE,
    "FIELD_NAMED_TYPE_CHANGED",
)
NUMBER_NOT_RESERVED: Final = Rule(
    "NUMBER_NOT_RESERVED",
    "A number that is given up is reserved, so that nobody gives it another meaning.",
    "Write `reserved` with the number and the name.",
    Harm.NONE,
    Rung.JSON,
    "FIELD_REMOVED",
    template="The {reader} schema does not reserve the number of a field at path '{path}' in the {writer} schema",
    logical=True,
)
RESERVATION_REMOVED: Final = Rule(
    "RESERVATION_REMOVED",
    "A reserved number stays so: messages may be around in which it means something else.",
    "Take a number that was never used.",
    Harm.MEANING,
    Rung.JSON,
    "RESERVATION_REMOVED",
    template="The message at path '{path}' in the {reader} schema does not reserve what the {writer} schema's reserves",
    logical=True,
)
EXTENSION_RANGE_REMOVED: Final = Rule(
    "EXTENSION_RANGE_REMOVED",
    "Numbers that are left to extensions stay so.",
    "Keep the range.",
    Harm.NONE,
    Rung.SOURCE,
    "EXTENSION_RANGE_REMOVED",
    template="The message at path '{path}' has fewer extension ranges in the {reader} than in the {writer} schema",
)


def judge(pair: Pair, walk: Walk) -> Iterator[Fault]:
    yield from _types(pair, walk)
    if pair.is_entry:
        return
    yield from _given_up(pair)
    writer, reader = pair.writer.proto, pair.reader.proto
    if freed := _outside(writer.reserved_range, reader.reserved_range):
        yield _fault(RESERVATION_REMOVED, pair, freed)
    elif names := set(writer.reserved_name) - set(reader.reserved_name):
        yield _fault(RESERVATION_REMOVED, pair, ", ".join(sorted(names)))
    if closed := _outside(writer.extension_range, reader.extension_range):
        yield _fault(EXTENSION_RANGE_REMOVED, pair, closed)


def removed(walk: Walk) -> Iterator[Fault]:
    for message, path in walk.removed:
        yield Fault(MESSAGE_REMOVED, None, path, MESSAGE_REMOVED.confluent, writer=message)


def _types(pair: Pair, walk: Walk) -> Iterator[Fault]:
    for slot in both(pair):
        inner = walk.inner(slot)
        if inner is None or inner.is_entry or inner.writer.local_name == inner.reader.local_name:
            continue
        info = f"{inner.writer.full_name} to {inner.reader.full_name}"
        rule = MESSAGE_TYPE_RENAMED
        yield Fault(rule, pair, slot.path, rule.confluent, slot.number, info, slot.writer, slot.reader)


def _given_up(pair: Pair) -> Iterator[Fault]:
    for number, one in pair.writer.fields.items():
        if number not in pair.reader.slots and not pair.reader.reserves(number):
            rule = NUMBER_NOT_RESERVED
            yield Fault(rule, pair, f"{pair.path}/{number}", rule.confluent, number, one.name, one)


def _outside(ranges: Any, others: Any) -> str:
    """The first range, of those whose ends are exclusive, that is not covered by others."""
    covering = sorted((one.start, one.end) for one in others)
    for one in ranges:
        start = one.start
        for low, high in covering:
            if low <= start < high:
                start = high
        if start < one.end:
            return f"{start} to {one.end - 1}" if one.end - 1 > start else str(start)
    return ""


def _fault(rule: Rule, pair: Pair, info: str) -> Fault:
    return Fault(rule, pair, pair.path, rule.confluent, info=info, writer=pair.writer, reader=pair.reader)
