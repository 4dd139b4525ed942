# ruff: noqa: TRY004  (the kinds of errors are confluent-kafka's)
"""How subjects are named and how a message says what it was written with: confluent-kafka's functions and values.

The functions work as there, so that a program's own may call them. Those that are known here, of either package, are
not called for each message: what they do is compiled.
"""

from collections.abc import Callable
from enum import StrEnum
from io import BytesIO
from typing import Any, Final
from uuid import UUID

from compat.framing import FramingError, frame_of, header, header_name, header_of, path_at, prefix, written_path
from momus.confluent.error import SerializationError
from momus.serde.store import Store, finished
from momus.serde.subjects import (
    ClusterId,
    Naming,
    SubjectName,
    associated,
    record_name,
    subject_of,
    topic_name,
    topic_record_name,
)

KAFKA_CLUSTER_ID: Final = "subject.name.strategy.kafka.cluster.id"
FALLBACK_TYPE: Final = "subject.name.strategy.fallback.type"


class SubjectNameStrategyType(StrEnum):
    """How subjects are named, as `subject.name.strategy.type` and its fallback say it."""

    NONE = "NONE"
    TOPIC = "TOPIC"
    RECORD = "RECORD"
    TOPIC_RECORD = "TOPIC_RECORD"
    ASSOCIATED = "ASSOCIATED"


class ValidationRulesExecution(StrEnum):
    """Of these only DISABLED is accepted."""

    DISABLED = "DISABLED"
    BEFORE_DOMAIN_RULES = "BEFORE_DOMAIN_RULES"
    AFTER_DOMAIN_RULES = "AFTER_DOMAIN_RULES"


NAMED: Final[dict[str, SubjectName]] = {
    "TOPIC": topic_name,
    "RECORD": record_name,
    "TOPIC_RECORD": topic_record_name,
}


# ------------------------------------------------------------------------------------------------ subjects


def topic_subject_name_strategy(ctx: Any, record_name: str | None) -> str | None:  # noqa: ARG001
    """`orders-value`. Raises ValueError without a context."""
    if ctx is None:
        raise ValueError("SerializationContext is required for topic_subject_name_strategy.")
    return f"{ctx.topic}-{ctx.field!s}"


def record_subject_name_strategy(ctx: Any, record_name: str | None) -> str | None:  # noqa: ARG001
    """`shop.Order`."""
    return record_name


def topic_record_subject_name_strategy(ctx: Any, record_name: str | None) -> str | None:
    """`orders-shop.Order`. Raises ValueError without a context."""
    if ctx is None:
        raise ValueError("SerializationContext is required for topic_record_subject_name_strategy.")
    return f"{ctx.topic}-{record_name}" if record_name is not None else None


def reference_subject_name_strategy(ctx: Any, schema_ref: Any) -> str | None:  # noqa: ARG001
    """The name of the imported file."""
    return str(schema_ref.name) if schema_ref is not None else None


STRATEGY_TYPE_MAP: Final = {
    SubjectNameStrategyType.TOPIC: topic_subject_name_strategy,
    SubjectNameStrategyType.RECORD: record_subject_name_strategy,
    SubjectNameStrategyType.TOPIC_RECORD: topic_record_subject_name_strategy,
}


class AssociatedNameStrategy:
    """The subject that the registry ties to a topic, or what the configuration says where there is none."""

    def __init__(self, cache_capacity: int = 1000) -> None:
        """`cache_capacity` is of no use: a serializer asks once for each topic."""
        self.cache_capacity = cache_capacity
        self._cluster: ClusterId = "-"

    def set_cluster_id_resolver(self, resolver: Callable[[], Any]) -> None:
        """What gives the id of Kafka's cluster, where the configuration does not; plain, or awaited."""
        self._cluster = resolver

    set_async_cluster_id_resolver = set_cluster_id_resolver

    def clear_cache(self) -> None:
        """Nothing is remembered here."""

    def named(self, conf: dict[str, Any] | None) -> SubjectName:
        """The strategy for a configuration. Raises ValueError for what it does not know."""
        told = conf or {}
        fallback = str(told.get(FALLBACK_TYPE) or "TOPIC").upper()
        if fallback != "NONE" and fallback not in NAMED:
            raise ValueError(f"{FALLBACK_TYPE} {fallback} is none of TOPIC, RECORD, TOPIC_RECORD, NONE")
        cluster: ClusterId = told.get(KAFKA_CLUSTER_ID) or self._resolved
        return associated(cluster=cluster, fallback=NAMED.get(fallback))

    def _resolved(self) -> Any:
        return self._cluster() if callable(self._cluster) else self._cluster

    def __call__(
        self, ctx: Any, record_name: str | None, schema_registry_client: Any, conf: dict[str, Any] | None = None
    ) -> str:
        """The subject, asked for now."""
        if ctx is None:
            raise ValueError("SerializationContext is required for AssociatedNameStrategy.")
        about = Naming(ctx.topic, ctx.field == "key", record_name or "")
        return finished(subject_of(self.named(conf), about, Store(schema_registry_client.registry)))


class AsyncAssociatedNameStrategy(AssociatedNameStrategy):
    """The same, awaited."""

    async def __call__(  # type: ignore[override]
        self, ctx: Any, record_name: str | None, schema_registry_client: Any, conf: dict[str, Any] | None = None
    ) -> str:
        if ctx is None:
            raise ValueError("SerializationContext is required for AssociatedNameStrategy.")
        about = Naming(ctx.topic, ctx.field == "key", record_name or "")
        return await subject_of(self.named(conf), about, Store(schema_registry_client.registry))


def strategy_of(function: Any) -> AssociatedNameStrategy | None:
    """Of the strategy by associations, ours or confluent-kafka's own, this one; None of any other function."""
    if isinstance(function, AssociatedNameStrategy):
        return function
    kind = type(function)
    if not kind.__module__.startswith("confluent_kafka.") or not kind.__name__.endswith("AssociatedNameStrategy"):
        return None
    own = AssociatedNameStrategy()
    resolver = getattr(function, "_cluster_id_resolver", None)
    if resolver is not None:
        own.set_cluster_id_resolver(resolver)
    return own


# ------------------------------------------------------------------------------------------------ frames


class SchemaId:
    """What a message was written with, for functions that frame messages in a way of their own."""

    __slots__ = ("guid", "id", "message_indexes", "schema_type")

    def __init__(
        self,
        schema_type: str,
        schema_id: int | None = None,
        guid: str | None = None,
        message_indexes: list[int] | None = None,
    ) -> None:
        self.schema_type = schema_type
        self.id = schema_id
        self.guid = UUID(guid) if guid is not None else None
        self.message_indexes = message_indexes

    def from_bytes(self, payload: BytesIO) -> BytesIO:
        """Read id or GUID, and Protobuf's indexes; what follows them is left. Raises SerializationError."""
        data = payload.read()
        try:
            frame = frame_of(data)
            end = frame.end
            if self.schema_type == "PROTOBUF":
                path, end = path_at(data, end)
                self.message_indexes = list(path)
        except ValueError as error:
            raise SerializationError(str(error)) from error
        self.id, self.guid = frame.id, frame.guid
        return BytesIO(data[end:])

    def id_to_bytes(self) -> bytes:
        """The prefix of a message. Raises SerializationError where there is no id, or one that none may be."""
        if self.id is None:
            raise SerializationError("Schema ID is not set")
        try:
            return prefix(self.id) + self._path()
        except FramingError as error:
            raise SerializationError(str(error)) from error

    def guid_to_bytes(self) -> bytes:
        """The value of a message's header. Raises SerializationError where there is no GUID."""
        if self.guid is None:
            raise SerializationError("Schema GUID is not set")
        return header(self.guid) + self._path()

    def _path(self) -> bytes:
        return b"" if self.message_indexes is None else written_path(tuple(self.message_indexes))


def prefix_schema_id_serializer(payload: bytes, ctx: Any, schema_id: Any) -> bytes:  # noqa: ARG001
    """The message with its schema's id before it."""
    framed: bytes = schema_id.id_to_bytes() + payload
    return framed


def header_schema_id_serializer(payload: bytes, ctx: Any, schema_id: Any) -> bytes:
    """The message alone; its schema's GUID is added to the context's headers."""
    add_header(ctx, (header_name(is_key=ctx is not None and ctx.field == "key"), schema_id.guid_to_bytes()))
    return payload


def prefix_schema_id_deserializer(payload: bytes, ctx: Any, schema_id: Any) -> Any:  # noqa: ARG001
    """The message without its prefix; headers are overlooked."""
    return schema_id.from_bytes(BytesIO(payload))


def dual_schema_id_deserializer(payload: bytes, ctx: Any, schema_id: Any) -> Any:
    """The message, what it was written with taken from a header, or from its prefix where there is none."""
    named = None if ctx is None else header_of(ctx.headers, header_name(is_key=ctx.field == "key"))
    if named is None:
        return schema_id.from_bytes(BytesIO(payload))
    schema_id.from_bytes(BytesIO(named))
    return BytesIO(payload)


def add_header(ctx: Any, pair: tuple[str, bytes]) -> None:
    if ctx is None or ctx.headers is None:
        raise SerializationError("the schema id goes into a header, and the SerializationContext has no headers")
    if isinstance(ctx.headers, dict):
        ctx.headers.update((pair,))
    elif isinstance(ctx.headers, list):
        ctx.headers.append(pair)
    else:
        raise SerializationError(f"headers are a list or a dict, not {type(ctx.headers).__name__}")


_FRAMINGS: Final = {
    "prefix_schema_id_serializer": "prefix",
    "header_schema_id_serializer": "header",
    "dual_schema_id_deserializer": "dual",
    "prefix_schema_id_deserializer": "prefix",
}


def framing_of(function: Any, key: str, default: str) -> str:
    """What a function of the configuration does: `prefix`, `header`, `dual`; or `own`, for one that must be called."""
    if function is None:
        return default
    if not callable(function):
        raise ValueError(f"{key} must be callable")
    if getattr(function, "__module__", "") in (__name__, "confluent_kafka.schema_registry"):
        return _FRAMINGS.get(function.__name__, "own")
    return "own"


__all__ = [
    "FALLBACK_TYPE",
    "KAFKA_CLUSTER_ID",
    "STRATEGY_TYPE_MAP",
    "AssociatedNameStrategy",
    "AsyncAssociatedNameStrategy",
    "SchemaId",
    "SubjectNameStrategyType",
    "ValidationRulesExecution",
]
