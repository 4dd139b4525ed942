"""Messages on topics are anybody's bytes: whatever they are, there is a line of JSON for each, and no crash."""

import asyncio
import json
import re
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat import Source
from compat.framing import Indexes, header, prefix
from momus.topics.explain import Depth, Explained, Explainer
from momus.topics.lines import line_of, members_of
from momus.topics.reader import LOOK, SILENCE, _Silence
from momus.topics.schemas import AS_WRITTEN, Compiled, Known, compiled

NO_JSON = re.compile("has no JSON")
LIST = '{"type": "record", "name": "L", "fields": [{"name": "next", "type": ["null", "L"]}, %s]}'
AVRO = LIST % (
    '{"name": "m", "type": {"type": "map", "values": ["null", "double", "string"]}},'
    ' {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},'
    ' {"name": "t", "type": {"type": "long", "logicalType": "timestamp-millis"}}'
)
NULLS = '{"type": "array", "items": "null"}'
DEEP = '{"type": "array", "items": {"type": "array", "items": "int"}}'
JSON = '{"type": "object", "properties": {"a": {"type": "integer"}, "b": {"$ref": "#"}}}'
PROTOBUF = """syntax = "proto3";
import "google/protobuf/any.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/timestamp.proto";
message Tree { repeated Tree trees = 1; string name = 2; double weight = 3; google.protobuf.Timestamp at = 4;
  google.protobuf.Value any = 5; google.protobuf.Any other = 6; map<string, bytes> more = 7; }
"""


def known(kind: str, text: str) -> Compiled:
    made = compiled(Known(Source(kind, text), 1), AS_WRITTEN)
    assert isinstance(made, Compiled)
    return made


SCHEMAS = {kind: known(kind, text) for kind, text in (("AVRO", AVRO), ("JSON", JSON), ("PROTOBUF", PROTOBUF))}


def explained(given: Compiled, data: bytes, named: bytes | None = None, **how: object) -> Explained:
    """What is known of a message, after its line was written and read again."""
    found = asyncio.run(Explainer(given=given, **how).explain(data, named))  # type: ignore[arg-type]
    for verbose in (False, True):
        line = line_of(members_of(found, data, verbose=verbose))
        assert b"\n" not in line
        told = json.loads(line)
        assert ("fault" in told) == (found.trouble is not None)
    return found


@pytest.mark.parametrize("kind", SCHEMAS)
@given(
    data=st.binary(max_size=60),
    begin=st.sampled_from([b"", prefix(1), prefix(1) + b"\x00", prefix(1) + b"\x02\x00", b"\x01" + bytes(16)]),
    named=st.none() | st.binary(max_size=20) | st.just(header(UUID(int=7))),
    indexes=st.sampled_from(Indexes),
    framed=st.booleans(),
)
@settings(max_examples=100)
def test_any_bytes_have_a_line(
    kind: str, data: bytes, begin: bytes, named: bytes | None, indexes: Indexes, *, framed: bool
) -> None:
    """Random bytes, behind a frame or not, beside a header or not, in each format: a value, or what is wrong."""
    explained(SCHEMAS[kind], begin + data, named, indexes=indexes, framed=framed)


@pytest.mark.parametrize(
    ("schema", "payload"),
    [
        (SCHEMAS["AVRO"], b"\x02" * 100_000),
        (known("AVRO", NULLS), b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"),
        (known("AVRO", DEEP), b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00"),
        (SCHEMAS["JSON"], b'{"b":' * 50_000 + b"{}" + b"}" * 50_000),
        (SCHEMAS["JSON"], b"\xff\xfe{\x00}\x00"),
        (SCHEMAS["PROTOBUF"], b"\x00" + b"\x0a\x80\x01" * 200),
        (SCHEMAS["PROTOBUF"], b"\x00\x22\x07\x08\x80\x83\xd1\xff\xaf\x07"),
        (SCHEMAS["PROTOBUF"], b"\x00\x32\x05\x0a\x03x/y"),
        (SCHEMAS["PROTOBUF"], b"\x02\x7e"),
        (SCHEMAS["PROTOBUF"], b"\xff" * 10),
    ],
    ids=["deep-avro", "nulls", "many", "deep-json", "utf-16", "deep-tree", "year", "any", "no-message", "indexes"],
)
def test_hostile_messages_are_told(schema: Compiled, payload: bytes) -> None:
    """Nested without end, of more items than there are atoms, of no message: each is a fault with a sentence."""
    trouble = explained(schema, prefix(1) + payload).trouble
    assert trouble is not None
    assert trouble.why


def test_brokers_that_fall_silent_are_given_up() -> None:
    """Not before so many looks in a row without an answer; one answer, or one who follows, and it begins anew."""
    silence, looks = _Silence(), round(SILENCE / LOOK)
    assert not any(silence.lasts([5]) for _ in range(looks + 1))
    assert silence.lasts([5])
    assert not silence.lasts([6])
    assert not any(silence.lasts([6]) for _ in range(looks))
    assert not any(silence.lasts([]) for _ in range(3 * looks))


@pytest.mark.parametrize("kind", SCHEMAS)
@given(data=st.binary(max_size=40))
@settings(max_examples=100)
def test_audit_and_decoder_agree(kind: str, data: bytes) -> None:
    """What the fast check of an audit finds wrong, `decode` finds wrong; it lets pass only what has no JSON."""
    message = prefix(1) + (b"\x00" if kind == "PROTOBUF" else b"") + data
    shown, checked = (explained(SCHEMAS[kind], message, depth=depth) for depth in (Depth.VALUE, Depth.CHECK))
    if checked.trouble:
        assert shown.trouble == checked.trouble
    if shown.trouble and not checked.trouble:
        assert NO_JSON.search(shown.trouble.why)
