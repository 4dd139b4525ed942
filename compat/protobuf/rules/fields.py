"""Rules about one field: its bytes, how often it is there, whether it must be, what it is when it is not, its names."""

import codecs
from collections.abc import Iterator
from typing import Final

from compat.protobuf import wire
from compat.protobuf.model import Declarations, Field
from compat.protobuf.rules.rule import Effect, Fault, Harm, Rule, Rung
from compat.protobuf.walk import Both, Slot, Walk
from compat.protobuf.wire import Kind, Reading

UNREAD: Final = frozenset((Effect.MISREAD, Effect.LOST, Effect.REFUSED))
IN_JSON: Final = frozenset((Effect.JSON,))

FIELD_WIRE_TYPE_CHANGED: Final = Rule(
    "FIELD_WIRE_TYPE_CHANGED",
    "A field keeps its wire type: a reader that meets another one does not see the value at all.",
    "Add a field with the new type and a new number, and reserve the old one once nobody needs it.",
    Harm.BREAK,
    Rung.WIRE,
    "FIELD_KIND_CHANGED",
    UNREAD,
)
FIELD_ENCODING_CHANGED: Final = Rule(
    "FIELD_ENCODING_CHANGED",
    "The same bytes mean the same value: sint is no int, a float no fixed32, a packed list no string.",
    "Add a field with the new type and a new number.",
    Harm.BREAK,
    Rung.WIRE,
    "FIELD_SCALAR_KIND_CHANGED",
    UNREAD,
)
MESSAGE_ENCODING_CHANGED: Final = Rule(
    "MESSAGE_ENCODING_CHANGED",
    "A message in a field stays length-prefixed, or stays delimited (a group): the two have different wire types.",
    "Keep the group, or the feature message_encoding; or add a field with a new number.",
    Harm.BREAK,
    Rung.WIRE,
    "FIELD_KIND_CHANGED",
    UNREAD,
)
BYTES_READ_AS_MESSAGE: Final = Rule(
    "BYTES_READ_AS_MESSAGE",
    "Strings and bytes do not become a message: they are no encoding of one.",
    "Add a field of the message type with a new number.",
    Harm.BREAK,
    Rung.WIRE,
    "FIELD_KIND_CHANGED",
    UNREAD,
)
MESSAGE_READ_AS_STRING: Final = Rule(
    "MESSAGE_READ_AS_STRING",
    "A message does not become a string: its encoding is not text.",
    "Add a string field with a new number; bytes would at least keep the encoding.",
    Harm.BREAK,
    Rung.WIRE,
    "FIELD_KIND_CHANGED",
    UNREAD,
)
MESSAGE_READ_AS_BYTES: Final = Rule(
    "MESSAGE_READ_AS_BYTES",
    "A message stays one, though bytes would hold its encoding unharmed.",
    "Nothing has to be done for the bytes; keep the message for the sake of those who read names.",
    Harm.NONE,
    Rung.JSON,
    "FIELD_KIND_CHANGED",
)
FIELD_NARROWED: Final = Rule(
    "FIELD_NARROWED",
    "A number keeps its room: of values that do not fit only the low bits are read.",
    "Keep the wider type, or add a field with a new number.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "FIELD_SCALAR_KIND_CHANGED",
    frozenset((Effect.MISREAD,)),
    "The SCALAR field at path '{path}' in the {reader} schema does not hold all values of the {writer} schema's",
)
FIELD_SIGN_CHANGED: Final = Rule(
    "FIELD_SIGN_CHANGED",
    "A number stays signed or unsigned: values below zero, or in the upper half, are read as others.",
    "Keep the type, or move to int64, which holds what int32 and uint32 hold.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "FIELD_SCALAR_KIND_CHANGED",
    frozenset((Effect.MISREAD,)),
    "The field at path '{path}' in the {reader} schema reads some values of the {writer} schema with another sign",
)
BYTES_READ_AS_STRING: Final = Rule(
    "BYTES_READ_AS_STRING",
    "Bytes that are read as a string should be UTF-8, and nothing makes them so: others make the parser fail.",
    "Keep bytes, or add a string field with a new number.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "FIELD_SCALAR_KIND_CHANGED",
    UNREAD,
    "The {reader} schema reads bytes of the {writer} schema as a string at path '{path}'",
)
REPEATED_PACKED_READ_AS_SINGULAR: Final = Rule(
    "REPEATED_PACKED_READ_AS_SINGULAR",
    "A packed list does not become a single number: it is one block of bytes, which such a reader does not see.",
    "Keep the field repeated and use its last element.",
    Harm.BREAK,
    Rung.WIRE,
    "FIELD_NUMERIC_LABEL_CHANGED",
    UNREAD,
)
REPEATED_READ_AS_SINGULAR: Final = Rule(
    "REPEATED_READ_AS_SINGULAR",
    "A list stays one: of several values a single field keeps the last, and messages are merged into one.",
    "Keep the field repeated and use its last element.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "FIELD_NUMERIC_LABEL_CHANGED",
    frozenset((Effect.MISREAD, Effect.LOST)),
    "The repeated field at path '{path}' in the {writer} schema is a single one in the {reader} schema",
)
SINGULAR_READ_AS_REPEATED: Final = Rule(
    "SINGULAR_READ_AS_REPEATED",
    "A field keeps its label, though a single value can be read as a list of one.",
    "Nothing has to be done for the bytes; JSON and generated code change.",
    Harm.NONE,
    Rung.JSON,
    "FIELD_NUMERIC_LABEL_CHANGED",
)
REPEATED_READ_AS_MAP: Final = Rule(
    "REPEATED_READ_AS_MAP",
    "A list of messages does not become a map: of entries with the same key one is left, and the order is gone.",
    "Add a map field with a new number.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "FIELD_KIND_CHANGED",
    frozenset((Effect.MISREAD, Effect.LOST)),
    "The messages of a field at path '{path}' in the {writer} schema are entries of a map in the {reader} schema",
)
MAP_ENTRY_WITH_MORE_FIELDS: Final = Rule(
    "MAP_ENTRY_WITH_MORE_FIELDS",
    "What is read as an entry of a map has a key and a value only: some readers do not see an entry with more in it.",
    "Add a map field with a new number.",
    Harm.BREAK,
    Rung.WIRE,
    "FIELD_KIND_CHANGED",
    frozenset((Effect.MISREAD, Effect.LOST, Effect.DROPPED)),
)
MAP_READ_AS_REPEATED: Final = Rule(
    "MAP_READ_AS_REPEATED",
    "A map stays one, though its entries can be read as messages with a key and a value.",
    "Nothing has to be done for the bytes; JSON and generated code change.",
    Harm.NONE,
    Rung.JSON,
    "FIELD_KIND_CHANGED",
)
ENUM_VALUE_UNKNOWN: Final = Rule(
    "ENUM_VALUE_UNKNOWN",
    "A closed enum has every number that may be written: a reader does not see the others, nor a map's entry with one.",
    "Keep the values (they can be deprecated), or make the enum an open one first.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "ENUM_CONST_REMOVED",
    frozenset((Effect.MISREAD, Effect.LOST)),
    "The closed enum at path '{path}' in the {reader} schema does not have all numbers of the {writer} schema",
)
REQUIRED_FIELD_ADDED: Final = Rule(
    "REQUIRED_FIELD_ADDED",
    "No field becomes required: messages without it, which may have been written, cannot be parsed.",
    "Make it optional, and check for it in code.",
    Harm.BREAK,
    Rung.WIRE,
    "REQUIRED_FIELD_ADDED",
    frozenset((Effect.MISSING,)),
)
REQUIRED_FIELD_REMOVED: Final = Rule(
    "REQUIRED_FIELD_REMOVED",
    "A required field is not removed: readers drop it, and those that require it cannot read what is written without.",
    "Make it optional first, and remove it when no reader requires it any more.",
    Harm.DROP,
    Rung.SOURCE,
    "REQUIRED_FIELD_REMOVED",
    frozenset((Effect.DROPPED,)),
)
REQUIRED_RELAXED: Final = Rule(
    "REQUIRED_RELAXED",
    "A required field stays one, though whoever does not require it can read all that was written.",
    "Move all readers first: those that require it cannot read what is written without.",
    Harm.NONE,
    Rung.SOURCE,
    "FIELD_NUMERIC_LABEL_CHANGED",
)
FIELD_REMOVED: Final = Rule(
    "FIELD_REMOVED",
    "A field is kept: what was written under its number is among the unknown fields of those who do not know it.",
    "Deprecate it; or reserve its number and its name, so that nobody gives them another meaning.",
    Harm.DROP,
    Rung.SOURCE,
    "FIELD_REMOVED",
    frozenset((Effect.DROPPED,)),
    "The {reader} schema is missing a field at path '{path}' in the {writer} schema",
)
PRESENCE_LOST: Final = Rule(
    "PRESENCE_LOST",
    "A field that knows whether it was set goes on knowing: an explicit zero would be as good as none.",
    "Keep `optional`.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "FIELD_NUMERIC_LABEL_CHANGED",
    frozenset((Effect.FORGOTTEN,)),
    "The field at path '{path}' in the {reader} schema does not tell zero from unset, as the {writer} schema does",
)
EMPTY_MESSAGE_LOST: Final = Rule(
    "EMPTY_MESSAGE_LOST",
    "An empty message that is there can be told from none, where bytes that hold one cannot.",
    "Declare the bytes `optional`.",
    Harm.MEANING,
    Rung.SOURCE,
    "FIELD_KIND_CHANGED",
    frozenset((Effect.FORGOTTEN,)),
    "The field at path '{path}' in the {reader} schema does not tell an empty message from none",
)
ZERO_READ_AS_DEFAULT: Final = Rule(
    "ZERO_READ_AS_DEFAULT",
    "Where zero is not written it is what an unset field is read as, and not another default.",
    "Take the default away, or let the enum begin with zero.",
    Harm.VALUE,
    Rung.WIRE_SAFE,
    "DEFAULT_CHANGED",
    frozenset((Effect.MISREAD,)),
    "The field at path '{path}' in the {reader} schema reads the zero of the {writer} schema as its default",
)
DEFAULT_CHANGED: Final = Rule(
    "DEFAULT_CHANGED",
    "A default stays what it is: it is what an unset field is read as, and the first value is that of an enum.",
    "Keep the default, and set the field where another value is meant.",
    Harm.MEANING,
    Rung.JSON,
    "DEFAULT_CHANGED",
    frozenset((Effect.DEFAULTED,)),
    "The default of the field at path '{path}' in the {reader} schema is not that of the {writer} schema",
)
FIELD_RENAMED: Final = Rule(
    "FIELD_RENAMED",
    "A number keeps its name: another name may be another meaning, and JSON knows fields by names only.",
    "For a new meaning take a new number, and reserve the old one.",
    Harm.MEANING,
    Rung.JSON,
    "FIELD_NAME_CHANGED",
    IN_JSON,
    "The field at path '{path}' in the {reader} schema has another name than in the {writer} schema",
)
JSON_NAME_CHANGED: Final = Rule(
    "JSON_NAME_CHANGED",
    "A field keeps its name in JSON.",
    "Keep json_name.",
    Harm.MEANING,
    Rung.JSON,
    "FIELD_JSON_NAME_CHANGED",
    IN_JSON,
    "The field at path '{path}' in the {reader} schema has another name in JSON than in the {writer} schema",
)
FIELD_ENUM_CHANGED: Final = Rule(
    "FIELD_ENUM_CHANGED",
    "The numbers of a field keep their names: those of another enum may mean something else.",
    "Add a field of the other enum with a new number.",
    Harm.MEANING,
    Rung.JSON,
    "FIELD_TYPE_CHANGED",
    IN_JSON,
    "The enum at path '{path}' in the {reader} schema names numbers otherwise than in the {writer} schema",
)
FIELD_JSON_FORM_CHANGED: Final = Rule(
    "FIELD_JSON_FORM_CHANGED",
    "A field keeps its form in JSON, where bytes are base64, enums are names, and true is no number.",
    "Add a field with the new type and a new number.",
    Harm.NONE,
    Rung.JSON,
    "FIELD_SCALAR_KIND_CHANGED",
    IN_JSON,
    "The field at path '{path}' in the {reader} schema has another form in JSON than in the {writer} schema",
)
FIELD_DECLARATION_CHANGED: Final = Rule(
    "FIELD_DECLARATION_CHANGED",
    "A field keeps its declared type and label: code that was made of them goes by them.",
    "Nothing has to be done for the bytes; code must be changed.",
    Harm.NONE,
    Rung.SOURCE,
    "FIELD_TYPE_CHANGED",
    template="The declaration of the field at path '{path}' in the {reader} schema is not that of the {writer} schema",
)

_OF_READING: Final = {
    Reading.MISMATCHED: FIELD_WIRE_TYPE_CHANGED,
    Reading.RECODED: FIELD_ENCODING_CHANGED,
    Reading.NARROWED: FIELD_NARROWED,
    Reading.SIGN: FIELD_SIGN_CHANGED,
    Reading.UTF8: BYTES_READ_AS_STRING,
    Reading.TEXT_OF_MESSAGE: MESSAGE_READ_AS_STRING,
    Reading.PARSED: BYTES_READ_AS_MESSAGE,
    Reading.RAW: MESSAGE_READ_AS_BYTES,
}
FORMS: Final = {kind: kind for kind in ("bool", "string", "bytes", "enum", "message", "group")}
REFORMED: Final = frozenset(
    (("string", "bytes"), ("bytes", "string"), ("enum", "number"), ("bool", "number"), ("bool", "enum"))
)
UNREADABLE: Final = (Reading.MISMATCHED, Reading.RECODED, Reading.TEXT_OF_MESSAGE, Reading.PARSED)


def judge(slot: Slot, walk: Walk) -> Iterator[Fault]:
    """All that is to be said of one number of a pair."""
    match slot.writer, slot.reader:
        case Field() as writer, Field() as reader:
            yield from _of_both(Both(slot.pair, slot.number, writer, reader), walk)
        case Field() as writer, None:
            yield from _removed(slot, writer)
        case None, Field(required=True) if not slot.pair.writer.is_entry:
            yield _fault(REQUIRED_FIELD_ADDED, slot, setting=())
        case _:
            pass


def judge_type(slot: Both, walk: Walk) -> Iterator[Fault]:
    """The same of a field that is declared as it was: what its type has become. Messages are looked at themselves."""
    ours, theirs = walk.reader.enum_of(slot.reader), walk.writer.enum_of(slot.writer)
    if slot.writer.kind != slot.reader.kind or (ours and theirs and not ours.is_as(theirs)):
        yield from _of_both(slot, walk)


def _of_both(slot: Both, walk: Walk) -> Iterator[Fault]:
    told = reading(slot, walk)
    yield from _bytes(slot, told, walk)
    if told not in UNREADABLE and not _is_block(slot):
        yield from _cardinality(slot, walk)
        yield from _enum(slot, walk)
        yield from _enum_names(slot, walk)
        yield from _form(slot)
        yield from _presence(slot)
        yield from _defaults(slot, walk)
    yield from _required(slot)
    if not slot.pair.is_entry:
        yield from _names(slot)
        if _declaration(slot.writer) != _declaration(slot.reader):
            yield _fault(FIELD_DECLARATION_CHANGED, slot)


def reading(slot: Both, walk: Walk) -> Reading:
    """What becomes of the values, as far as it does not matter how many they are."""
    writer, reader = kind_of(slot.writer, walk.writer), kind_of(slot.reader, walk.reader)
    if not slot.writer.packed or slot.reader.is_numeric:
        return wire.reading(writer, reader)
    return Reading.MISMATCHED if reader.name == "group" else Reading.RECODED


def _is_block(slot: Both) -> bool:
    """Is it a packed list, which a field that is no list does not see?"""
    return slot.writer.packed and slot.reader.is_numeric and not slot.reader.repeated


def kind_of(one: Field, declared: Declarations) -> Kind:
    if one.kind == "enum":
        enum = declared.enum_of(one)
        if enum is not None and enum.closed and enum.values:
            return Kind("enum", min(enum.values), max(enum.values))
    low, high = wire.RANGES.get(one.kind, (0, 0))
    return Kind(one.kind, low, high, one.checked)


def _bytes(slot: Both, told: Reading, walk: Walk) -> Iterator[Fault]:
    if told not in UNREADABLE and _is_block(slot):
        yield _fault(REPEATED_PACKED_READ_AS_SINGULAR, slot)
        return
    if told is Reading.SAME:
        return
    rule = _OF_READING[told]
    if told is Reading.MISMATCHED and slot.writer.is_composite and slot.reader.is_composite:
        rule = MESSAGE_ENCODING_CHANGED
    enum = walk.reader.enum_of(slot.reader)
    if rule.harm is Harm.VALUE and enum is not None and enum.closed:
        return  # it does not see what it does not know, and reads no other value
    scalars = not slot.writer.is_composite and not slot.reader.is_composite
    yield _fault(rule, slot, confluent="FIELD_SCALAR_KIND_CHANGED" if scalars else "FIELD_KIND_CHANGED", info=told)


def _cardinality(slot: Both, walk: Walk) -> Iterator[Fault]:
    writer, reader = slot.writer, slot.reader
    ours, theirs = walk.reader.entry_of(reader), walk.writer.entry_of(writer)
    if writer.repeated and not reader.repeated:
        kind = "FIELD_NUMERIC_LABEL_CHANGED" if theirs is None else "FIELD_KIND_CHANGED"
        yield _fault(REPEATED_READ_AS_SINGULAR, slot, confluent=kind)
    elif reader.repeated and not writer.repeated:
        yield _fault(
            SINGULAR_READ_AS_REPEATED, slot, confluent="FIELD_KIND_CHANGED" if ours else "FIELD_NUMERIC_LABEL_CHANGED"
        )
    if ours is not None and theirs is None and writer.kind == "message":
        message = walk.writer.message_of(writer)
        more = message is not None and message.slots.keys() - ours.fields.keys()
        yield _fault(MAP_ENTRY_WITH_MORE_FIELDS if more else REPEATED_READ_AS_MAP, slot)
    elif theirs is not None and ours is None and reader.kind == "message":
        yield _fault(MAP_READ_AS_REPEATED, slot)


def _enum(slot: Both, walk: Walk) -> Iterator[Fault]:
    enum = walk.reader.enum_of(slot.reader)
    if enum is None or not enum.closed or slot.writer.kind not in wire.VARINT:
        return
    source = walk.writer.enum_of(slot.writer)
    written: set[int] | range
    if source is not None and source.closed:
        written = set(source.values)
    elif slot.writer.kind == "bool":
        written = {0, 1}
    else:
        yield _fault(ENUM_VALUE_UNKNOWN, slot, info="any number may have been written")
        return
    missing = sorted(written - enum.values.keys())
    if missing:
        yield _fault(ENUM_VALUE_UNKNOWN, slot, info=", ".join(map(str, missing[:20])), telling=tuple(missing[:3]))


def _enum_names(slot: Both, walk: Walk) -> Iterator[Fault]:
    """Numbers that another enum names otherwise. Changes within an enum of the schema's own are the enum's matter."""
    ours, theirs = walk.reader.enum_of(slot.reader), walk.writer.enum_of(slot.writer)
    if ours is None or theirs is None:
        return
    own = ours.file is walk.reader.root and theirs.file is walk.writer.root
    if own and ours.local_name == theirs.local_name:
        return
    spelled = {number: name for number, name in theirs.values.items() if number or slot.writer.explicit}
    if changed := [name for number, name in spelled.items() if ours.names.get(name) != number]:
        yield _fault(FIELD_ENUM_CHANGED, slot, info=", ".join(changed[:20]))


def _form(slot: Both) -> Iterator[Fault]:
    if (FORMS.get(slot.writer.kind), FORMS.get(slot.reader.kind, "number")) in REFORMED:
        yield _fault(FIELD_JSON_FORM_CHANGED, slot, info=f"{slot.writer.kind} to {slot.reader.kind}")


def _presence(slot: Both) -> Iterator[Fault]:
    writer, reader = slot.writer, slot.reader
    if not writer.explicit or reader.explicit or reader.repeated or writer.required or slot.pair.is_entry:
        return
    if writer.is_composite:
        yield _fault(EMPTY_MESSAGE_LOST, slot)
    elif not writer.oneof:
        yield _fault(PRESENCE_LOST, slot)


def _defaults(slot: Both, walk: Walk) -> Iterator[Fault]:
    writer, reader = slot.writer, slot.reader
    if writer.repeated or reader.repeated or writer.is_composite or reader.is_composite or slot.pair.is_entry:
        return
    ours, theirs = default_of(reader, walk.reader), default_of(writer, walk.writer)
    if ours == theirs or writer.required:
        return
    info = f"{_spelled(theirs)} to {_spelled(ours)}"
    yield _fault(DEFAULT_CHANGED if writer.explicit else ZERO_READ_AS_DEFAULT, slot, info=info, setting=())


def default_of(one: Field, declared: Declarations) -> float | bytes:
    """What an unset field is read as: text as its bytes, an enum's value as its number."""
    if one.kind in ("string", "bytes"):
        text = (one.default or "").encode()
        unescaped: bytes = codecs.escape_decode(text)[0]
        return unescaped if one.kind == "bytes" else text
    enum = declared.enum_of(one)
    if one.kind == "enum":
        return 0 if enum is None else enum.names.get(one.default or "", enum.first)
    if one.kind == "bool":
        return one.default == "true"
    if one.kind in ("float", "double"):
        return float(one.default or 0)
    return int(one.default or 0)


def _spelled(default: float | bytes) -> str:
    return repr(default.decode(errors="replace")) if isinstance(default, bytes) else str(default)


def _required(slot: Both) -> Iterator[Fault]:
    if slot.reader.required and not slot.writer.required and not slot.pair.writer.is_entry:
        yield _fault(REQUIRED_FIELD_ADDED, slot, setting=())
    if slot.writer.required and not slot.reader.required and not slot.reader.repeated:
        yield _fault(REQUIRED_RELAXED, slot)


def _removed(slot: Slot, writer: Field) -> Iterator[Fault]:
    if slot.pair.reader.is_entry or writer.oneof:
        return  # MAP_ENTRY_WITH_MORE_FIELDS, ONEOF_FIELD_REMOVED
    yield _fault(REQUIRED_FIELD_REMOVED if writer.required else FIELD_REMOVED, slot)


def _names(slot: Both) -> Iterator[Fault]:
    writer, reader = slot.writer, slot.reader
    if writer.is_extension or reader.is_extension:
        return
    if writer.name != reader.name:
        yield _fault(FIELD_RENAMED, slot, info=f"{writer.name} to {reader.name}")
    elif writer.json_name != reader.json_name:
        yield _fault(JSON_NAME_CHANGED, slot, info=f"{writer.json_name} to {reader.json_name}")


def _declaration(one: Field) -> tuple[object, ...]:
    return one.kind, one.type, one.repeated, one.required, one.explicit


def _fault(
    rule: Rule,
    slot: Slot | Both,
    *,
    confluent: str = "",
    info: str = "",
    setting: tuple[int, ...] | None = None,
    telling: tuple[int, ...] = (),
) -> Fault:
    return Fault(
        rule,
        slot.pair,
        slot.path,
        confluent or rule.confluent,
        slot.number,
        info,
        slot.writer,
        slot.reader,
        (slot.number,) if setting is None else setting,
        telling,
    )
