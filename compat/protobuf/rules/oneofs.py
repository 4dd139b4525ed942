"""Rules about oneofs. They are not on the wire: what counts is which fields may have been written together."""

from collections.abc import Iterator
from typing import Final

from compat.protobuf.rules import fields
from compat.protobuf.rules.rule import Effect, Fault, Harm, Rule, Rung
from compat.protobuf.walk import Pair, Walk, both

FIELDS_JOINED_IN_ONEOF: Final = Rule(
    "FIELDS_JOINED_IN_ONEOF",
    "Fields that may have been written together are no members of one oneof: the last one read drives out the others.",
    "Let only new fields join a oneof, or at most one that stood alone.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "FIELD_MOVED_TO_EXISTING_ONEOF",
    frozenset((Effect.REPLACED, Effect.LOST, Effect.MISREAD)),
)
ONEOF_CHOICE_LOST: Final = Rule(
    "ONEOF_CHOICE_LOST",
    "A member of a oneof goes on knowing that it was chosen, though its value be zero.",
    "Declare it `optional` outside the oneof.",
    Harm.MEANING,
    Rung.SOURCE,
    "ONEOF_FIELD_MOVED_TO_TOP_LEVEL",
    frozenset((Effect.FORGOTTEN,)),
    "The field at path '{path}' in the {reader} schema is no member of a oneof, as in the {writer} schema",
)
ONEOF_FIELD_REMOVED: Final = Rule(
    "ONEOF_FIELD_REMOVED",
    "A member of a oneof is kept: of those who chose it a reader sees that nothing was chosen.",
    "Deprecate it.",
    Harm.DROP,
    Rung.SOURCE,
    "ONEOF_FIELD_REMOVED",
    frozenset((Effect.DROPPED,)),
)
ONEOF_CHANGED: Final = Rule(
    "ONEOF_CHANGED",
    "A field stays in its oneof, or outside: code that was made of the oneof goes by it.",
    "Nothing has to be done for the bytes; code must be changed.",
    Harm.NONE,
    Rung.SOURCE,
    "ONEOF_REMOVED",
    template="The field at path '{path}' is in another oneof in the {reader} schema than in the {writer} schema",
)


def judge(pair: Pair, walk: Walk) -> Iterator[Fault]:
    yield from _joined(pair)
    yield from _left(pair, walk)
    yield from _removed(pair)


def _joined(pair: Pair) -> Iterator[Fault]:
    """By where the members come from: one oneof of the writer, or one field, or they may be there together."""
    written = pair.writer.slots
    for name, members in pair.reader.oneofs.items():
        origins = [written[one.number] for one in members if one.number in written]
        plain = [one for one in origins if not one.oneof]
        firsts = {one.oneof: one for one in reversed(origins) if one.oneof}
        together = [*plain, *firsts.values()]
        if len(together) > 1:
            yield Fault(
                FIELDS_JOINED_IN_ONEOF,
                pair,
                f"{pair.path}/{name}",
                "MULTIPLE_FIELDS_MOVED_TO_ONEOF" if len(plain) > 1 else "FIELD_MOVED_TO_EXISTING_ONEOF",
                info=", ".join(one.name for one in together),
                writer=pair.writer,
                reader=pair.reader,
                setting=tuple(sorted(one.number for one in together)[:2]),
            )


def _left(pair: Pair, walk: Walk) -> Iterator[Fault]:
    for slot in both(pair):
        writer, reader = slot.writer, slot.reader
        if writer.oneof == reader.oneof or pair.is_entry:
            continue
        forgets = (
            writer.oneof and not reader.explicit and not reader.repeated and not writer.is_composite
        )  # EMPTY_MESSAGE_LOST
        forgets = forgets and fields.reading(slot, walk) not in fields.UNREADABLE
        rules = [ONEOF_CHOICE_LOST, ONEOF_CHANGED] if forgets else [ONEOF_CHANGED]
        for rule in rules:
            yield Fault(
                rule,
                pair,
                slot.path,
                rule.confluent,
                slot.number,
                f"{writer.oneof or 'none'} to {reader.oneof or 'none'}",
                writer,
                reader,
                (slot.number,),
            )


def _removed(pair: Pair) -> Iterator[Fault]:
    for members in pair.writer.oneofs.values():
        for one in members:
            if one.number not in pair.reader.slots and not pair.reader.is_entry:
                path = f"{pair.path}/{one.oneof}/{one.number}"
                rule = ONEOF_FIELD_REMOVED
                yield Fault(rule, pair, path, rule.confluent, one.number, "", one, None, (one.number,))
