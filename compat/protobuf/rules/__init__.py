"""The rules of the comparison, by family, and all of them in one table. Each family judges what it is given."""

from collections.abc import Iterator
from typing import Final

from compat.protobuf.model import Declarations
from compat.protobuf.rules import enums, fields, files, messages, oneofs
from compat.protobuf.rules.rule import Effect, Fault, Harm, Rule, Rung
from compat.protobuf.walk import Pair, Walk, links, slots

__all__ = ["RULES", "Effect", "Fault", "Harm", "Rule", "Rung", "faults"]

FAMILIES: Final = (files, messages, enums, fields, oneofs)
RULES: Final = {
    rule.name: rule for family in FAMILIES for rule in tuple(vars(family).values()) if isinstance(rule, Rule)
}


def faults(walk: Walk) -> Iterator[Fault]:
    """Every rule that is broken, wherever it is, in the order in which the messages are met.

    A message that requires itself cannot be written, so nothing of it is ever misread.
    """
    for fault in _all(walk):
        if fault.rule.is_about_names or fault.pair is None or _can_be_written(fault, fault.pair, walk.writer):
            yield fault


def _can_be_written(fault: Fault, pair: Pair, writer: Declarations) -> bool:
    return writer.exists(pair.writer) and (not fault.setting or writer.exists(fault.writer))


def _all(walk: Walk) -> Iterator[Fault]:
    yield from files.judge(walk)
    yield from messages.removed(walk)
    yield from enums.judge(walk)
    for pair in walk.pairs():
        if pair.writer.is_as(pair.reader):
            for link in links(pair):
                yield from fields.judge_type(link, walk)
            continue
        yield from oneofs.judge(pair, walk)
        found = [fault for slot in slots(pair) for fault in fields.judge(slot, walk)]
        yield from _without_the_unseen(found) if pair.writer.is_entry and pair.reader.is_entry else found
        yield from messages.judge(pair, walk)


def _without_the_unseen(found: list[Fault]) -> list[Fault]:
    """Of an entry of a map whose key or value is lost nothing is seen, so nothing else of it is misread."""
    if all(fault.rule.harm is not Harm.BREAK for fault in found):
        return found
    return [fault for fault in found if fault.rule.harm is not Harm.VALUE]
