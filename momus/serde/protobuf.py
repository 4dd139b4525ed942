"""Serializers for Protobuf: generated classes, dynamic messages, and dicts."""

import base64
from collections.abc import Callable
from typing import Any, Final, Unpack

from google.protobuf.descriptor import FileDescriptor
from google.protobuf.message import DecodeError, Message

from compat import Source, parse
from compat.faults import CodecError
from compat.framing import Indexes, path_at, written_path
from compat.protobuf import ProtobufSchema
from compat.protobuf.codec import MessageType, ProtobufCodec, class_of, encoder, value_of
from momus.client import Reference, Schema
from momus.serde.errors import SerdeError
from momus.serde.serde import Awaited, BlockingChannel, C, Channel, Decode, Encode, Options, Serde, Waiting, schema_of
from momus.serde.store import AnyClient
from momus.serde.writing import Known, Register

KNOWN_FOLDERS: Final = ("google/protobuf/", "google/type/", "confluent/")  # every registry has what is in them
ReferenceName = Callable[[FileDescriptor], str]


class _Compiled:
    def __init__(self, codec: ProtobufCodec, format_: "_Format") -> None:
        self._codec = codec
        self._format = format_

    @property
    def name(self) -> str:
        return str(self._codec.named(self._format.message).full_name)

    @property
    def tail(self) -> bytes:
        return written_path(self._codec.path(self._codec.named(self._format.message)), self._format.form)

    def encoder(self, frame: bytes) -> Encode:
        return encoder(self._format.type or class_of(self._codec.named(self._format.message)), frame)

    def decoder(self, start: int, tail: bytes | None) -> Decode:
        form = self._format.form
        path, end = (None, 0) if tail is None else path_at(tail, 0, form)
        if tail is not None and end != len(tail):
            raise CodecError(f"{len(tail) - end} bytes are left over after the indexes of the Protobuf message")
        return self._codec.decoder(start, path, into=self._format.type, name=self._format.message, form=form)


class _Format:
    kind = "PROTOBUF"

    def __init__(self, message: MessageType | str | None, form: Indexes) -> None:
        if not (message is None or isinstance(message, str) or hasattr(message, "DESCRIPTOR")):
            raise TypeError(f"a message is a generated class or a full name, not {message!r}")
        self.type = None if message is None or isinstance(message, str) else message
        self.message = message if isinstance(message, str) else self.type.DESCRIPTOR.full_name if self.type else ""
        self.form = form

    def codec(self, source: Source) -> _Compiled:
        parsed = parse(source, strict=False)
        assert isinstance(parsed, ProtobufSchema)
        return _Compiled(ProtobufCodec(parsed), self)


class _Protobuf(Serde[C]):
    def __init__(
        self,
        client: AnyClient,
        message: type[Message] | str | None = None,
        *,
        schema: Schema | str | None = None,
        references: tuple[Reference, ...] = (),
        indexes: Indexes = Indexes.ZIGZAG,
        skip_known_types: bool = True,
        reference_name: ReferenceName | None = None,
        as_dict: bool = False,
        **more: Unpack[Options],
    ) -> None:
        """Nothing is asked yet.

        message: a generated class; or the full name of a message of the schema; or nothing, for the schema's first in
            writing and whatever a message says in reading. A generated class brings its schema.
        schema, references: what is written with, where there is no generated class.
        indexes: how paths to messages are spelled; other than the usual only for topics of old or odd writers.
        skip_known_types: do not register imports that every registry has.
        reference_name: the subject of an imported file; the file's name unless told otherwise.
        as_dict: decode to plain values rather than to messages.
        write, subject, framing, plain, build, run_no_rules: as of `Options`.
        """
        self._protobuf = _Format(message, indexes)
        more.setdefault("build", value_of if as_dict else None)
        super().__init__(client, self._protobuf, schema_of("PROTOBUF", schema, references), **more)
        self._skips_known = skip_known_types
        self._reference_name = reference_name or _file_name

    async def schema(self) -> Schema | None:
        if self._schema is None and self._protobuf.type is not None:
            self._schema = await self._with_imports(self._protobuf.type.DESCRIPTOR.file)
        return self._schema

    async def _record(self) -> str:
        return self._protobuf.message or await super()._record()

    async def _with_imports(self, file: Any) -> Schema:
        """A file's schema, after the files that it imports were registered, or looked up."""
        references = []
        for imported in file.dependencies:
            if self._skips_known and imported.name.startswith(KNOWN_FOLDERS):
                continue
            schema, subject = await self._with_imports(imported), self._reference_name(imported)
            references.append(Reference(imported.name, subject, await self._version(subject, schema)))
        return Schema(base64.standard_b64encode(file.serialized_pb).decode(), "PROTOBUF", tuple(references))

    async def _version(self, subject: str, schema: Schema) -> int:
        normalize = self._write.normalize if isinstance(self._write, Register | Known) else False
        version = None
        if isinstance(self._write, Register):
            version = (await self.store.register(subject, schema, normalize=normalize)).version
        if version is None:
            version = (await self.store.known(subject, schema, normalize=normalize)).version
        if version is None:
            raise SerdeError(f"{subject}: the registry does not tell the version of an imported file")
        return version


def message_reader(message: MessageType) -> Decode:
    """A function from bytes without a frame to a message of the class, whatever they were written with."""

    def decode(data: bytes) -> Message:
        try:
            return message.FromString(data)
        except DecodeError as error:
            raise CodecError(f"the bytes are no {message.DESCRIPTOR.full_name}: {error}") from None

    return decode


def _file_name(file: FileDescriptor) -> str:
    return str(file.name)


class ProtobufSerde(Awaited, _Protobuf[Channel]):
    """Protobuf, for asyncio: `orders = await serde.prepare("orders")`, then `orders.encode(order)`."""


class BlockingProtobufSerde(Waiting, _Protobuf[BlockingChannel]):
    """Protobuf, over a client that waits."""
