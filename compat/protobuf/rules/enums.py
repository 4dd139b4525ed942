"""Rules about enums as such: names, and numbers that are given up. What a field cannot read is in `fields.py`."""

from collections.abc import Iterator
from typing import Final

from compat.protobuf.model import Enum, Message
from compat.protobuf.rules.rule import Fault, Harm, Rule, Rung
from compat.protobuf.walk import Walk

ENUM_REMOVED: Final = Rule(
    "ENUM_REMOVED",
    "An enum is kept: code names it.",
    "Deprecate it.",
    Harm.NONE,
    Rung.SOURCE,
    "ENUM_REMOVED",
    template="The {reader} schema is missing an ENUM type at path '{path}' in the {writer} schema",
)
ENUM_VALUE_REMOVED: Final = Rule(
    "ENUM_VALUE_REMOVED",
    "A value of an enum is kept: JSON writes its name, which a reader without it refuses.",
    "Deprecate it; or reserve its number and its name, when no reader needs them any more.",
    Harm.NONE,
    Rung.JSON,
    "ENUM_CONST_REMOVED",
    template="The {reader} schema is missing a value of an enum at path '{path}' in the {writer} schema",
)
ENUM_VALUE_RENAMED: Final = Rule(
    "ENUM_VALUE_RENAMED",
    "A value of an enum keeps its name: another may be another meaning, and JSON knows values by names.",
    "Add the new name as an alias of the same number (allow_alias), or take a new number.",
    Harm.MEANING,
    Rung.JSON,
    "ENUM_CONST_CHANGED",
    template="The enum value at path '{path}' in the {reader} schema has another name than in the {writer} schema",
)
ENUM_VALUE_NOT_RESERVED: Final = Rule(
    "ENUM_VALUE_NOT_RESERVED",
    "A number that an enum gives up is reserved, so that nobody gives it another meaning.",
    "Reserve the number and the name.",
    Harm.NONE,
    Rung.SOURCE,
    "ENUM_CONST_REMOVED",
    template="The {reader} schema does not reserve the number of an enum at path '{path}' in the {writer} schema",
    logical=True,
)
ENUM_CLOSEDNESS_CHANGED: Final = Rule(
    "ENUM_CLOSEDNESS_CHANGED",
    "An enum stays open or closed.",
    "Keep the syntax of its file, or the feature enum_type.",
    Harm.NONE,
    Rung.SOURCE,
    "ENUM_TYPE_CHANGED",
    template="The enum at path '{path}' is open in one of the {reader} and {writer} schemas and closed in the other",
)


def judge(walk: Walk) -> Iterator[Fault]:
    """The enums of the schemas' own files, by name, level by level."""
    yield from _level("#", walk.writer.root.enums, walk.reader.root.enums)
    waiting = [("#", walk.writer.root.messages, walk.reader.root.messages)]
    while waiting:
        path, writer, reader = waiting.pop()
        for name in writer.keys() & reader.keys():
            yield from _level(f"{path}/{name}", writer[name].enums, reader[name].enums)
            waiting.append((f"{path}/{name}", writer[name].nested, reader[name].nested))


def _level(path: str, writer: dict[str, Enum], reader: dict[str, Enum]) -> Iterator[Fault]:
    for name, enum in writer.items():
        if name in reader:
            yield from _pair(f"{path}/{name}", enum, reader[name])
        else:
            yield _fault(ENUM_REMOVED, f"{path}/{name}", enum, None)


def _pair(path: str, writer: Enum, reader: Enum) -> Iterator[Fault]:
    if writer.is_as(reader):
        return
    if writer.closed != reader.closed:
        yield _fault(ENUM_CLOSEDNESS_CHANGED, path, writer, reader)
    for number, name in writer.values.items():
        here = f"{path}/{number}"
        if number in reader.values:
            if reader.names.get(name) != number:
                info = f"{name} to {reader.values[number]}"
                yield _fault(ENUM_VALUE_RENAMED, here, writer, reader, info)
            continue
        yield _fault(ENUM_VALUE_REMOVED, here, writer, reader, name)
        if not any(one.start <= number <= one.end for one in reader.proto.reserved_range):  # here ends are inclusive
            yield _fault(ENUM_VALUE_NOT_RESERVED, here, writer, reader, name)


def _fault(rule: Rule, path: str, writer: Enum | Message, reader: Enum | Message | None, info: str = "") -> Fault:
    return Fault(rule, None, path, rule.confluent, info=info, writer=writer, reader=reader)
