"""The values and functions of confluent-kafka's API. Its own are understood wherever these are, by their shape."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from momus.client import Reference, Refusal
from momus.client import Schema as OurSchema
from momus.serde.errors import SerdeError

SerializationError = SerdeError


class SchemaRegistryError(Exception):
    """The registry said no."""

    def __init__(self, http_status_code: int, error_code: int, error_message: str) -> None:
        super().__init__(http_status_code, error_code, error_message)
        self.http_status_code = http_status_code
        self.error_code = error_code
        self.error_message = error_message

    def __str__(self) -> str:
        return f"{self.error_message} (HTTP status code {self.http_status_code}, SR code {self.error_code})"


@contextmanager
def told_as_theirs() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise SchemaRegistryError(refusal.status, refusal.error_code, str(refusal.message)) from refusal


class MessageField(StrEnum):
    NONE = "none"
    KEY = "key"
    VALUE = "value"


@dataclass(slots=True)
class SerializationContext:
    topic: str
    field: MessageField
    headers: Any = None


@dataclass(frozen=True, slots=True)
class SchemaReference:
    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Schema:
    schema_str: str | None
    schema_type: str = "AVRO"
    references: list[SchemaReference] = field(default_factory=list)
    metadata: Any = None
    rule_set: Any = None


@dataclass(frozen=True, slots=True)
class RegisteredSchema:
    subject: str | None
    version: int | None
    schema_id: int | None
    guid: str | None
    schema: Schema


def ours(schema: Any, kind: str) -> OurSchema | None:
    """A schema as the client takes it: of a text, of the class above, or of confluent-kafka's."""
    if schema is None or isinstance(schema, OurSchema):
        return schema
    if isinstance(schema, str):
        return OurSchema(schema, kind)
    if schema.metadata is not None or schema.rule_set is not None:
        raise ValueError(
            "metadata and rules are registered with momus.client, or `momus apply`, not by serializers here"
        )
    references = tuple(Reference(one.name, one.subject, one.version) for one in schema.references or ())
    return OurSchema(schema.schema_str or "", schema.schema_type or kind, references)


def theirs(schema: OurSchema) -> Schema:
    references = [SchemaReference(one.name, one.subject, one.version) for one in schema.references]
    return Schema(schema.schema, schema.schema_type or "AVRO", references, schema.metadata, schema.rule_set)


# ------------------------------------------------------------------------------------------------ functions


def topic_subject_name_strategy(ctx: Any, record_name: str | None) -> str | None:  # noqa: ARG001
    if ctx is None:
        raise ValueError("SerializationContext is required for topic_subject_name_strategy.")
    return f"{ctx.topic}-{ctx.field!s}"


def record_subject_name_strategy(ctx: Any, record_name: str | None) -> str | None:  # noqa: ARG001
    return record_name


def topic_record_subject_name_strategy(ctx: Any, record_name: str | None) -> str | None:
    if ctx is None:
        raise ValueError("SerializationContext is required for topic_record_subject_name_strategy.")
    return f"{ctx.topic}-{record_name}" if record_name is not None else None


def reference_subject_name_strategy(ctx: Any, schema_ref: Any) -> str:  # noqa: ARG001
    return str(schema_ref.name)


FRAMINGS: Final = {
    "prefix_schema_id_serializer": "prefix",
    "header_schema_id_serializer": "header",
    "dual_schema_id_deserializer": "dual",
    "prefix_schema_id_deserializer": "dual",
}


def _only_a_name(*_: Any) -> Any:
    raise TypeError("this function is only a value for the configuration: it is not called")


def prefix_schema_id_serializer(payload: bytes, ctx: Any, schema_id: Any) -> bytes:
    return bytes(_only_a_name(payload, ctx, schema_id))


def header_schema_id_serializer(payload: bytes, ctx: Any, schema_id: Any) -> bytes:
    return bytes(_only_a_name(payload, ctx, schema_id))


def dual_schema_id_deserializer(payload: bytes, ctx: Any, schema_id: Any) -> Any:
    return _only_a_name(payload, ctx, schema_id)


def prefix_schema_id_deserializer(payload: bytes, ctx: Any, schema_id: Any) -> Any:
    return _only_a_name(payload, ctx, schema_id)
