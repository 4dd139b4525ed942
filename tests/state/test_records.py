"""Bytes ⇄ records: byte for byte what Confluent writes, all that others have written, and never an exception.

The bytes are in `records/`: `confluent.txt` (read and written again as they are), `others.txt` (read, and which key
Confluent would have given them), `unreadable.txt` (kept, with a reason).
"""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from registry.names import Place, Version, is_qualified, subject_of
from registry.state import guid
from registry.state.jackson import jackson as as_jackson
from registry.state.records import (
    OUR_FORMAT,
    AssociationRecord,
    ClaimRecord,
    ConfigRecord,
    ContextRecord,
    FormatRecord,
    HighestId,
    ModeRecord,
    Nothing,
    Record,
    SchemaRecord,
    SchemaTombstone,
    SubjectDeleted,
    Unreadable,
    Write,
    association_key_of,
    association_write,
    canonical_key,
    claim_write,
    config_key,
    config_write,
    context_write,
    format_write,
    highest_id_write,
    mode_write,
    read,
    schema_key,
    schema_write,
    subject_cleared_write,
    subject_deleted_write,
    tombstones,
)
from registry.state.values import Config, Metadata, ReferenceValue, Rule, RuleSet
from tests.state.blocks import Block, blocks
from tests.state.explore import examples
from tests.state.lines import line
from tests.state.strange import STRANGE_RECORDS


def written(record: Record) -> Write:
    """The write that makes this record again."""
    match record:
        case SchemaRecord():
            return schema_write(record)
        case ConfigRecord(subject=subject, config=Config() as config):
            return config_write(subject, config)
        case ModeRecord(subject=subject, mode=str(mode)):
            return mode_write(subject, mode)
        case SubjectDeleted(subject=subject, version=int(version)):
            return subject_deleted_write(subject, version)
        case ContextRecord(context=context, exists=True):
            return context_write(context)
        case AssociationRecord(association=association) if association is not None:
            return association_write(association)
        case HighestId(context=context, highest=highest):
            return highest_id_write(context, highest)
        case FormatRecord():
            return format_write()
        case ClaimRecord():
            return claim_write(record.epoch, record.node, record.url, record.generation, record.log)
        case _:
            return tombstones([canonical_key(record)])[0]


def named(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("block", blocks(name), ids=lambda block: block.sentence)


@named("confluent.txt")
def test_what_confluent_writes_is_read_and_written_byte_for_byte(block: Block) -> None:
    """A record of Confluent's says what it says, and written again has the very bytes of key and value."""
    record = read(block.key, block.value, 0, 0)
    assert line(record) == block.text_of("reads")
    assert record.key == block.key == canonical_key(record)
    assert written(record) == (block.key, block.value)


@named("others.txt")
def test_what_others_write_is_read(block: Block) -> None:
    """Karapace's, Redpanda's and odd records say what they say, and have the key that Confluent would give them."""
    record = read(block.key, block.value, 0, 0, sequenced="sequenced" in block.lines)
    assert line(record) == block.text_of("reads")
    assert record.key == block.key
    assert canonical_key(record) == block.lines.get("canonical", block.key)


@named("unreadable.txt")
def test_what_cannot_be_read_says_why(block: Block) -> None:
    """Bytes that are no record of any kind are an unreadable record with a reason."""
    record = read(block.key, block.value, 3, 5)
    assert isinstance(record, Unreadable)
    assert block.text_of("because") in record.reason
    assert (record.offset, record.timestamp, record.key) == (3, 5, block.key or b"")


# character, as Jackson (Confluent) has it in a key, and as orjson and ujson (Karapace) have it
ESCAPES = [
    ("é", "é", "é", r"\u00e9"),
    ("\u2028", "\u2028", "\u2028", r"\u2028"),
    ("/", "/", "/", r"\/"),
    ("\x1f", r"\u001F", r"\u001f", r"\u001f"),
    ("\x00", r"\u0000", r"\u0000", r"\u0000"),
    ("\n", r"\n", r"\n", r"\n"),
    ("\t\r\b\f", r"\t\r\b\f", r"\t\r\b\f", r"\t\r\b\f"),
    ("\x7f", "\x7f", "\x7f", "\x7f"),
    ("😀", r"\uD83D\uDE00", "😀", r"\ud83d\ude00"),
    ("\U0010ffff", r"\uDBFF\uDFFF", "\U0010ffff", r"\udbff\udfff"),
    ("\ufffd\uffff", "\ufffd\uffff", "\ufffd\uffff", r"\ufffd\uffff"),
    (r"\u001f", r"\\u001f", r"\\u001f", r"\\u001f"),
    ('\\"', r"\\\"", r"\\\"", r"\\\""),
    ("\\😀\\", r"\\\uD83D\uDE00\\", r"\\😀\\", r"\\\ud83d\ude00\\"),
]


@pytest.mark.parametrize(("character", "jackson", "orjson", "ujson"), ESCAPES, ids=ascii)
def test_keys_are_escaped_as_jackson_escapes(character: str, jackson: str, orjson: str, ujson: str) -> None:
    """A key has Confluent's bytes whatever is in the subject, and every other spelling of it is the same key."""
    key = f'{{"keytype":"CONFIG","subject":"{jackson}","magic":0}}'.encode()
    assert config_key(subject_of(character)) == key
    for spelling in (jackson, orjson, ujson):
        record = read(key.replace(jackson.encode(), spelling.encode(), 1), b"{}", 0, 0)
        assert isinstance(record, ConfigRecord)
        assert str(record.subject) == character
        assert canonical_key(record) == key


@examples(100)
@given(st.text())
def test_every_key_is_json_for_its_subject(text: str) -> None:
    """Whatever the subject is called, its key is JSON that says so and is read back as that subject."""
    subject = subject_of(text)
    key = schema_key(Place(subject, Version(1)))
    record = read(key, None, 0, 0)
    spelled = {"subject": str(subject)} if str(subject) else {}
    assert key == as_jackson({"keytype": "SCHEMA", **spelled, "version": 1, "magic": 1})
    assert json.loads(key).get("subject", "") == str(subject)
    assert isinstance(record, SchemaTombstone)
    assert (record.subject, canonical_key(record)) == (subject, key)


@examples(100)
@example(":.::.a:b", ".")
@given(st.text(alphabet=":.*ab"), st.sampled_from([".", ".a", ".b.c"]))
def test_a_subject_is_spelled_as_it_is_read(text: str, context: str) -> None:
    """The spelling of a subject leads back to it from everywhere: two subjects never share one."""
    subject = subject_of(text, context)
    assert subject_of(str(subject)) == subject
    assert subject_of(str(subject), ".other") == (subject if is_qualified(str(subject)) else (".other", subject.name))


def test_the_marker_of_a_cleared_subject_is_confluents() -> None:
    """CLEAR_SUBJECT has Confluent's bytes, with the empty name left out."""
    assert subject_cleared_write(subject_of(":.c:")) == (
        b'{"keytype":"CLEAR_SUBJECT","subject":":.c:","magic":0}',
        b'{"subject":":.c:"}',
    )
    assert subject_cleared_write(subject_of("")) == (b'{"keytype":"CLEAR_SUBJECT","magic":0}', b"{}")


def test_a_rewrite_keeps_what_others_have_added() -> None:
    """A soft delete of a foreign version keeps the bytes of its unknown members, but not offset and ts."""
    key = b'{"subject":"s","version":1,"magic":1,"keytype":"SCHEMA"}'
    value = b'{"id":1,"schema":"1","x":{"b":1.0,"a":[ 1E2 ]},"deleted":false,"offset":9,"ts":9,"owner":"\\u00e9"}'
    record = read(key, value, 0, 0)
    assert isinstance(record, SchemaRecord)
    assert schema_write(msgspec.structs.replace(record, deleted=True)) == (
        b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
        (
            b'{"subject":"s","version":1,"id":1,"schemaType":"AVRO","schema":"1","deleted":true,'
            b'"x":{"b":1.0,"a":[ 1E2 ]},"owner":"\\u00e9"}'
        ),
    )


GUIDS: list[tuple[str, dict[str, Any], str]] = [
    ('"string"', {}, "095d71cf-1255-6b9d-5e33-0ad575b3df5d"),
    ('"string"', {"references": (ReferenceValue("a.B", "subj", 1),)}, "5cc87744-b23e-ad3c-3ba9-3c090a2cd541"),
    ('"string"', {"metadata": Metadata(properties={"k": "v"})}, "27593e84-e584-f2c4-de4b-bc8cccc28a51"),
    ('"string"', {"metadata": Metadata()}, "cecc02e2-232b-87f1-1b0c-aa0e70dbb74d"),
    ('"string"', {"rules": RuleSet()}, "cecc02e2-232b-87f1-1b0c-aa0e70dbb74d"),
    (
        '{"type":"record","name":"myrecord","fields":[{"name":"f1","type":"string"}]}',
        {},
        "a3d8f88a-9756-7b65-8ee2-5c9472fa6c7d",
    ),
    # These are what `Schema.updateHash` of Confluent's own client 7.9.5 made of them.
    (
        '"string"',
        {"metadata": Metadata({"b": ("z", "a"), "a": ("x",)}, {"k": "v", "a": "é"}, ("k", "a"))},
        "9f13eeac-f13e-c1ea-6bd3-a298d305d1b5",
    ),
    (
        '"string"',
        {"references": (ReferenceValue("b", "t", 2**31 - 1), ReferenceValue("a", "é", 300))},
        "6f742a0f-bdae-0d2d-a93d-5fb7b2b59b46",
    ),
    ('"string"', {"rules": RuleSet(domainRules=(Rule("r", type="CEL"),))}, "dc96e2f4-9342-e730-e039-77dacc470482"),
    (
        '"string"',
        {
            "rules": RuleSet(
                migrationRules=(
                    Rule(
                        "up",
                        "d",
                        "TRANSFORM",
                        "UPGRADE",
                        "JSONATA",
                        ("b", "a"),
                        {"z": "1", "a": "2"},
                        "e",
                        "S",
                        "F",
                        disabled=True,
                    ),
                ),
                domainRules=(Rule("c", kind="CONDITION", mode="WRITE", type="CEL", expr="true"),),
            )
        },
        "51937071-211d-86e8-f060-d87819a4f3a7",
    ),
    (
        "é",
        {
            "metadata": Metadata(properties={"": ""}),
            "references": (ReferenceValue("a.B", "s", 1),),
            "rules": RuleSet(domainRules=(Rule("r", type="CEL", disabled=False),)),
        },
        "37f8b8ff-0656-01fe-b2c3-7ec23a9f09bd",
    ),
]


@pytest.mark.parametrize(("text", "parts", "expected"), GUIDS)
def test_guid_is_confluents(text: str, parts: dict[str, Any], expected: str) -> None:
    """The GUID is Confluent's hash of text, references, metadata and rules."""
    hashed = guid.guid_of(text, parts.get("references", ()), parts.get("metadata"), parts.get("rules"))
    assert guid.spelled(hashed) == expected
    assert guid.guid_from(expected) == guid.guid_from(expected.replace("-", "")) == hashed


def test_text_that_is_no_guid_is_none() -> None:
    """Only the two spellings of a GUID are one."""
    for text in ("", "x" * 32, "x" * 36, "095d71cf", "{095d71cf-1255-6b9d-5e33-0ad575b3df}"):
        assert guid.guid_from(text) is None


def nested(depth: int) -> Iterator[tuple[bytes, bytes]]:
    deep = b"[" * depth + b"]" * depth
    yield deep, b"{}"
    yield b'{"keytype":"CONFIG","later":%s}' % deep, b"{}"
    yield b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', b'{"id":1,"schema":"1","later":%s}' % deep
    yield b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', b'{"id":1,"schema":%s}' % deep
    yield b'{"keytype":"CONFIG","magic":0}', b'{"defaultMetadata":%s}' % deep


@pytest.mark.parametrize("depth", [100, 10_000, 200_000])
def test_deep_nesting_is_read_or_unreadable(depth: int) -> None:
    """However deep a record nests, reading ends, and what was read can be written again."""
    for key, value in nested(depth):
        record = read(key, value, 0, 0)
        if isinstance(record, SchemaRecord):
            assert schema_write(record).value is not None
        assert isinstance(record, SchemaRecord | ConfigRecord | Unreadable)


@examples(200)
@given(st.none() | st.binary(), st.none() | st.binary(), st.booleans())
def test_any_bytes_are_a_record(key: bytes | None, value: bytes | None, sequenced: bool) -> None:  # noqa: FBT001
    """No bytes raise anything."""
    assert line(read(key, value, 0, 0, sequenced=sequenced))


@examples(400)
@given(STRANGE_RECORDS, st.booleans())
def test_almost_right_bytes_are_a_record(pair: tuple[bytes | None, bytes | None], sequenced: bool) -> None:  # noqa: FBT001
    """Nor do bytes that are nearly records; and what was read says the same when it is written and read again."""
    record = read(*pair, 7, 11, sequenced=sequenced)
    assert record.offset == 7
    if isinstance(record, Nothing | Unreadable) or (isinstance(record, SubjectDeleted) and record.version is None):
        return
    if isinstance(record, AssociationRecord) and record.association:
        assume(record.name == association_key_of(record.association))  # only the value of this one is written again
    assume(not isinstance(record, FormatRecord) or record.format == OUR_FORMAT)  # nobody writes another one
    again = read(*written(record), 7, 11)
    assert line(again) == line(record)
    assert canonical_key(again) == again.key == canonical_key(record)


def test_every_kind_of_record_has_its_golden_bytes() -> None:
    """No kind of record is forgotten in the data files."""
    golden = [*blocks("confluent.txt"), *blocks("others.txt")]
    seen = {type(read(block.key, block.value, 0, 0)) for block in golden}
    assert seen | {Unreadable} == set(_kinds(Record))


def _kinds(kind: type[Record]) -> Iterator[type[Record]]:
    sub: type[Record]
    for sub in kind.__subclasses__():
        yield sub
        yield from _kinds(sub)
