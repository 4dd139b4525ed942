"""Any schema, any value, any bytes, any change: what the serializers promise, tried on what nobody thought of.

The schemas and their changes are those of the comparison's own properties, made of a seed. A few, always the same; with
MOMUS_EXPLORE=N N times as many, new ones each time.
"""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from compat import InvalidSchema, Source, compare, parse
from compat.avro.codec import encode
from compat.avro.compiled import AvroCodec
from compat.avro.natural import value_of
from compat.avro.reader import read
from compat.avro.smallest import Smallest
from compat.faults import CodecError
from compat.framing import FramingError
from compat.json import JsonSchema
from compat.json.codec import JsonCodec
from compat.json.generate import Atoms, documents
from compat.policy import Policy, TooMuch
from compat.protobuf import ProtobufSchema
from compat.protobuf.codec import ProtobufCodec, class_of, encoder
from compat.protobuf.codec import value_of as plain_of
from compat.protobuf.dynamic import Side
from compat.protobuf.library import Library
from compat.protobuf.parse import Files
from compat.protobuf.protoc import ROOT
from momus.client import NotFound, RegistryClient
from momus.serde import (
    BlockingAvroSerde,
    BlockingJsonSerde,
    BlockingProtobufSerde,
    ById,
    Framing,
    Indexes,
    ReadOnly,
    SerdeError,
)
from tests.compat.avro import pairs as avro
from tests.compat.json import random_pairs as json_
from tests.compat.protobuf import random_pairs as protobuf
from tests.compat.protobuf.pairs import of_files
from tests.serde.messages import Order, Second
from tests.serde.test_serde import TEXT, Plain
from tests.state.explore import examples

SEEDS = st.integers(0, 2**40)
COMPAT = Path(__file__).parent.parent / "compat"


# ------------------------------------------------------------------------------------------------ there and back


@given(SEEDS)
@examples(100)
def test_avro_comes_back(seed: int) -> None:
    """decode(encode(x)) == x with every kind of type, names that meet again, and types that hold themselves."""
    random = Random(seed)
    root = avro_schema(random)
    smallest = Smallest(root)
    if not smallest.exists(root):
        return
    codec = AvroCodec(root, named=True)
    datum = avro.random_datum(random, smallest, root)
    value = value_of(root, datum, named=True)
    again = codec.decoder(5)(codec.encoder(b"frame")(value))
    assert same(again, value)


def avro_schema(random: Random) -> Any:
    while True:
        try:
            return avro.schema_of(avro.Maker(random).schema(4)).root
        except InvalidSchema:
            continue


def same(one: Any, other: Any) -> bool:
    return one == other or repr(one) == repr(other)


@given(SEEDS)
@examples(60)
def test_protobuf_comes_back(seed: int) -> None:
    """Messages of random descriptors, as messages and as plain values, at every path of the file."""
    random = Random(seed)
    file, codec, side = protobuf_schema(random)
    for message in protobuf_messages(random, file, side):
        made = class_of(codec.named(message.DESCRIPTOR.full_name))
        parsed = made.FromString(message.SerializeToString())
        path = codec.path(codec.named(message.DESCRIPTOR.full_name))
        decode = codec.decoder(5, path)
        assert settled(decode(encoder(made, b"frame")(parsed))) == settled(parsed)
        plain = plain_of(parsed)
        assert same(plain_of(decode(encoder(made, b"frame")(plain))), plain)


def settled(message: Message) -> bytes:
    """With the entries of maps in one order; by bytes, since no NaN is equal to another."""
    return bytes(message.SerializePartialToString(deterministic=True))


def protobuf_schema(random: Random) -> tuple[Any, ProtobufCodec, Side]:
    while True:
        file = protobuf.schema(random)
        if not protobuf.is_valid(file):
            continue
        return file, ProtobufCodec(protobuf_of(file)), Side(files_of(file))


def files_of(file: Any) -> Any:
    return FileDescriptorSet(file=[file])


def protobuf_of(file: Any) -> ProtobufSchema:
    """As parsed, without the moment that protoc takes."""
    own = FileDescriptorProto.FromString(file.SerializeToString())
    own.name = ROOT
    library = Library()
    return ProtobufSchema(Source("PROTOBUF", ""), Files(own, library.needed(()), library), is_new=False)


def protobuf_messages(random: Random, file: Any, side: Side) -> Iterator[Message]:
    for one in file.message_type:
        message = protobuf.random_message(random, side, f"{protobuf.prefix(file)}{one.name}")
        if message is not None:
            yield message


@given(SEEDS)
@examples(60)
def test_json_comes_back(seed: int) -> None:
    """What a random schema of any draft accepts comes back; what it refuses is refused in both directions."""
    random = Random(seed)
    tree, _ = json_.pair(random)
    schema = json_schema(tree)
    if schema is None:
        return
    codec = JsonCodec(schema.document)
    write, decode = codec.encoder(b"frame"), codec.decoder(5)
    for document in islice(plain_documents(random, tree), 40):
        try:
            data = write(document)
        except CodecError:
            with pytest.raises(CodecError):
                decode(b"frame" + json.dumps(document).encode())
            continue
        assert same(decode(data), document)


def json_schema(tree: Any) -> JsonSchema | None:
    """None for what no validator takes."""
    try:
        parsed = parse(Source("JSON", json.dumps(tree)), strict=False)
        assert isinstance(parsed, JsonSchema)
        JsonCodec(parsed.document)
    except (InvalidSchema, CodecError):
        return None
    return parsed


def plain_documents(random: Random, *trees: Any) -> Iterator[Any]:
    """As Python reads them: the generator's decimals are floats."""
    for document in documents(Atoms.of(trees), random.getrandbits(30), 200):
        yield json.loads(json.dumps(document, default=float))


# ------------------------------------------------------------------------------------------------ old data, new readers


@given(SEEDS)
@examples(120)
def test_avro_s_compatible_readers_read(seed: int) -> None:
    """Whatever small datum the writer may write, a reader that is called compatible reads through the compiled way."""
    reader, writer = avro.pair(Random(seed))
    if not compare(reader, writer).is_compatible:
        return
    project = AvroCodec(writer.root).decoder(5, reader=reader.root)
    for datum in avro.small_data(writer.root, 40):
        data = encode(writer.root, datum)
        message = datum if getattr(writer.root, "kind", "") == "bytes" else data  # which alone has no length
        assert same(project(b"frame" + message), value_of(reader.root, read(reader.root, writer.root, data)))


@given(SEEDS)
@examples(40)
def test_json_s_compatible_readers_read(seed: int) -> None:
    """Every document that the old schema accepts is accepted by a new one that is called compatible."""
    random = Random(seed)
    old, new = (json_schema(tree) for tree in json_.pair(random))
    if old is None or new is None or not is_compatible(new, old):
        return
    writer, reader = JsonCodec(old.document), JsonCodec(new.document)
    for document in plain_documents(random, old.document.root, new.document.root):
        if fits(writer, document):
            assert same(reader.decoder(5)(writer.encoder(b"frame")(document)), document)


def is_compatible(reader: Any, writer: Any) -> bool:
    try:
        return compare(reader, writer, budget=20_000).is_compatible
    except TooMuch:
        return False


def fits(codec: JsonCodec, document: Any) -> bool:
    try:
        codec.encoder()(document)
    except CodecError:
        return False
    return True


@given(SEEDS)
@examples(60)
def test_protobuf_s_compatible_readers_read(seed: int) -> None:
    """Of a pair that is called compatible the reader parses what the writer wrote, and makes plain values of it."""
    random = Random(seed)
    reader, writer = protobuf.pair(random)
    new, old = (protobuf_of(side.files.file[0]) for side in (reader, writer))
    report = compare(new, old, Policy("WIRE"))
    if not report.is_compatible or report.warnings:  # as that a text may be no UTF-8
        return
    known = {message.name for message in reader.files.file[0].message_type}
    codec = ProtobufCodec(new)
    for message in protobuf_messages(random, writer.files.file[0], Side(writer.files)):
        if message.DESCRIPTOR.name in known:
            path = codec.path(codec.named(full_name(reader, message)))
            found = codec.decoder(5, path)(b"frame" + message.SerializeToString())
            assert plain_of(found) is not None


def full_name(side: protobuf.Compiled, message: Message) -> str:
    return f"{protobuf.prefix(side.files.file[0])}{message.DESCRIPTOR.name}"


JSON_ROWS = map(json.loads, (COMPAT / "json" / "vectors.jsonl").read_text(encoding="utf-8").splitlines())
JSON_PAIRS = [pytest.param(row["old"], row["new"], id=row["id"]) for row in JSON_ROWS if row["true"] == "C"]


@pytest.mark.parametrize(("old", "new"), JSON_PAIRS)
def test_json_s_vectors_are_read(old: Any, new: Any) -> None:
    """For every pair of the vectors that is truly compatible, what the old schema takes the new one does."""
    before, after = json_schema(old), json_schema(new)
    assert before is not None
    assert after is not None
    writer, reader = JsonCodec(before.document), JsonCodec(after.document).decoder()
    for document in plain_documents(Random(1), old, new):
        if fits(writer, document):
            assert same(reader(writer.encoder()(document)), document)


PROTOBUF_ROWS = map(json.loads, (COMPAT / "protobuf" / "vectors.jsonl").read_text(encoding="utf-8").splitlines())
PROTOBUF_PAIRS = [pytest.param(row["old"], row["new"], id=row["id"]) for row in PROTOBUF_ROWS if row["wire"] == "OK"]


@pytest.mark.parametrize(("old", "new"), PROTOBUF_PAIRS)
def test_protobuf_s_vectors_are_read(old: Any, new: Any) -> None:
    """For every pair of the vectors that is safe on the wire, the new one's reader parses what the old one wrote."""
    before, after = of_files(old), of_files(new)
    writer, reader, side = ProtobufCodec(before), ProtobufCodec(after), Side(before.files)
    random = Random(1)
    for message in before.file.message_type:
        name = f"{protobuf.prefix(before.file)}{message.name}"
        path = writer.path(writer.named(name))
        made = [random_message for _ in range(5) if (random_message := protobuf.random_message(random, side, name))]
        for one in made:
            assert reader.decoder(0, path)(one.SerializeToString()).DESCRIPTOR.full_name == name


# ------------------------------------------------------------------------------------------------ any bytes


@given(SEEDS, st.binary(max_size=60))
@examples(40)
def test_any_bytes_are_a_message_of_any_schema_or_a_refusal(seed: int, data: bytes) -> None:
    """Random schemas of all formats, with a reader's schema and without: only our errors are raised."""
    random = Random(seed)
    reader, writer = avro.pair(random)
    _, codec, _ = protobuf_schema(random)
    schema = json_schema(json_.pair(random)[0])
    decoders = [AvroCodec(writer.root).decoder(), AvroCodec(writer.root).decoder(reader=reader.root)]
    decoders += [codec.decoder(0, None, form=form) for form in Indexes]
    decoders += [JsonCodec(schema.document).decoder()] if schema is not None else []
    for decode in decoders:
        try:
            decode(data)
        except (CodecError, FramingError):
            continue


@cache
def channels(url: str) -> list[Any]:
    """All framings and forms, with values of one's own types."""
    client = OPEN.enter_context(RegistryClient(url))
    made = [
        kind(client, what, framing=framing).prepare(f"{name}-{framing.value}")
        for framing in Framing
        for name, kind, what in (
            ("any-avro", BlockingAvroSerde, TEXT),
            ("any-json", BlockingJsonSerde, '{"type":"object"}'),
            ("any-protobuf", BlockingProtobufSerde, Order),
        )
    ]
    made += [BlockingProtobufSerde(client, Second, indexes=form).prepare(f"any-{form.value}") for form in FORMS]
    made += [kind(client, type=Plain).prepare(f"any-{kind.kind}") for kind in (OfAvro, OfJson)]
    made.append(BlockingAvroSerde(client, reader=TEXT, write=ReadOnly()).prepare("any-reader"))
    made.append(
        BlockingAvroSerde(client, write=ById(made[0].schema_id or 0), framing=Framing.NONE).prepare("any-by-id")
    )
    return made


FORMS = (Indexes.ZIGZAG, Indexes.UNSIGNED)
OPEN = ExitStack()


class OfAvro(BlockingAvroSerde):
    kind = "avro-type"


class OfJson(BlockingJsonSerde):
    kind = "json-type"


@pytest.fixture(autouse=True, scope="module")
def registry(url: str) -> Iterator[None]:
    with OPEN:
        URL.append(url)
        yield
    channels.cache_clear()


URL: list[str] = []


@given(st.data(), st.binary(max_size=40))
@examples(50)
def test_any_record_is_a_message_or_a_refusal(data: st.DataObject, payload: bytes) -> None:
    """Whatever a record holds, a channel of any framing raises SerdeError, or NotFound for a schema that nobody has."""
    every = channels(URL[-1])
    known = [channel.headers[0][1] for channel in every if channel.headers]
    ids = [b"\0" + channel.schema_id.to_bytes(4, "big") for channel in every if channel.schema_id]
    frame = data.draw(st.sampled_from([b"", *ids, *known]))
    named = data.draw(st.none() | st.sampled_from(known) | st.binary(max_size=20))
    for channel in every:
        try:
            channel.decode(frame + payload, None if named is None else [("__value_schema_id", named)])
        except (SerdeError, NotFound):
            continue
