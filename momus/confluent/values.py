"""The values of confluent-kafka's API: what is sent to a registry and what it answers, in its names and its order.

Its own values are understood wherever these are: both tell what they are by `to_dict`, in the API's JSON.
"""

import types
from collections.abc import Callable
from enum import Enum, StrEnum
from functools import cache
from typing import Any, ClassVar, Self, Union, get_args, get_origin, get_type_hints

import msgspec

from momus.client import Schema as OurSchema

_SPELLED = {"schema_str": "schema", "schema_id": "id"}
_EMPTY = ("migration_rules", "domain_rules", "encoding_rules", "sensitive")  # rather than None, where JSON has none


def _in_json(name: str) -> str:
    head, *rest = name.split("_")
    return _SPELLED.get(name) or head + "".join(word.capitalize() for word in rest)


class Told:
    """What goes to JSON and back."""

    __slots__ = ()
    __struct_fields__: ClassVar[tuple[str, ...]]
    __struct_defaults__: ClassVar[tuple[Any, ...]]

    def to_dict(self) -> dict[str, Any]:
        """The API's JSON, without what is not given."""
        pairs = ((name, getattr(self, name)) for name in self.__struct_fields__)
        return {_in_json(name): _plain(value) for name, value in pairs if value is not None}

    @classmethod
    def from_dict(cls, src_dict: dict[str, Any]) -> Self:
        """Of the API's JSON. What is null is not given; what has no name here is overlooked."""
        given = ((name, kind, src_dict.get(_in_json(name))) for name, kind in _kinds(cls).items())
        made = {name: _made(kind, value) for name, kind, value in given if value is not None}
        return cls(**(_nothing(cls) | made))


class Value(Told, msgspec.Struct, frozen=True, rename=_in_json):
    """A value that does not change, and so can be a key, whatever is in it."""

    def __hash__(self) -> int:
        return hash(msgspec.json.encode(self.to_dict(), order="deterministic"))


class _Wrapped(Value, frozen=True):
    """A value that is nothing but a dictionary, also in JSON."""

    def to_dict(self) -> dict[str, Any]:
        """The dictionary."""
        return dict(getattr(self, self.__struct_fields__[0]))

    @classmethod
    def from_dict(cls, src_dict: dict[str, Any]) -> Self:
        """Of a dictionary."""
        return cls(dict(src_dict))


def _nothing(kind: type[Told]) -> dict[str, Any]:
    """What fields are that must be given and are not, as there."""
    names = kind.__struct_fields__
    required = names[: len(names) - len(kind.__struct_defaults__)]
    return dict.fromkeys(required) | {name: [] for name in names if name in _EMPTY}


def _kinds(kind: type[Told]) -> dict[str, Any]:
    return {name: hint for name, hint in _hints(kind).items() if name in kind.__struct_fields__}


_hints: Callable[[Any], dict[str, Any]] = cache(get_type_hints)


def _plain(value: Any) -> Any:
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.value if isinstance(value, Enum) else value


def _made(kind: Any, value: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(each for each in get_args(kind) if each is not type(None))
    if get_origin(kind) is list:
        return [_made(get_args(kind)[0], each) for each in value]
    if isinstance(kind, type) and issubclass(kind, Told):
        return kind.from_dict(value)
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value


class ConfigCompatibilityLevel(StrEnum):
    """The seven levels."""

    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"
    NONE = "NONE"


class RuleKind(StrEnum):
    """Does a rule judge a message, or change it?"""

    CONDITION = "CONDITION"
    TRANSFORM = "TRANSFORM"


class RuleMode(StrEnum):
    """When a rule runs."""

    UPGRADE = "UPGRADE"
    DOWNGRADE = "DOWNGRADE"
    UPDOWN = "UPDOWN"
    READ = "READ"
    WRITE = "WRITE"
    WRITEREAD = "WRITEREAD"


class RulePhase(StrEnum):
    """Which list of a rule set a rule is in."""

    MIGRATION = "MIGRATION"
    DOMAIN = "DOMAIN"
    ENCODING = "ENCODING"


class RuleParams(_Wrapped, frozen=True):
    """A rule's parameters."""

    params: dict[str, str] = {}


class Rule(Value, frozen=True):
    """A rule. It is registered and compared; here it is not run."""

    name: str | None
    doc: str | None
    kind: RuleKind | None
    mode: RuleMode | None
    type: str | None
    tags: list[str] | None
    params: RuleParams | None
    expr: str | None
    on_success: str | None
    on_failure: str | None
    disabled: bool | None


class RuleSet(Value, frozen=True):
    """The rules of a schema."""

    migration_rules: list[Rule] | None
    domain_rules: list[Rule] | None
    encoding_rules: list[Rule] | None = None
    enable_at: str | None = None


class MetadataTags(_Wrapped, frozen=True):
    """Tags, by the paths of what they are on."""

    tags: dict[str, list[str]] = {}


class MetadataProperties(_Wrapped, frozen=True):
    """Properties, by name."""

    properties: dict[str, str] = {}


class Metadata(Value, frozen=True):
    """What is kept beside a schema; `sensitive` names properties that are secret."""

    tags: MetadataTags | None
    properties: MetadataProperties | None
    sensitive: list[str] | None


class SchemaVersion(Value, frozen=True):
    """A version of a subject."""

    subject: str | None
    version: int | None


class SchemaReference(Value, frozen=True):
    """Another schema that a schema uses; `name` is how the text calls it."""

    name: str | None
    subject: str | None
    version: int | None


class Schema(Value, frozen=True):
    """A schema and what belongs to it."""

    schema_str: str | None
    schema_type: str | None = "AVRO"
    references: list[SchemaReference] | None = []
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None


class RegisteredSchema(Value, frozen=True):
    """A version of a subject. In JSON the schema's members stand beside those of the version."""

    subject: str | None
    version: int | None
    schema_id: int | None
    guid: str | None
    schema: Schema

    def to_dict(self) -> dict[str, Any]:
        """The API's JSON."""
        beside = super().to_dict()
        return beside.pop("schema") | beside  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, src_dict: dict[str, Any]) -> Self:
        """Of the API's JSON."""
        subject, version, schema_id, guid = (src_dict.get(name) for name in ("subject", "version", "id", "guid"))
        return cls(subject, version, schema_id, guid, Schema.from_dict(src_dict))


class ServerConfig(Told, msgspec.Struct, rename=_in_json):
    """What is configured, for all subjects or one. In answers the level is `compatibility_level`."""

    compatibility: ConfigCompatibilityLevel | None = None
    compatibility_level: ConfigCompatibilityLevel | None = None
    compatibility_group: str | None = None
    default_metadata: Metadata | None = None
    override_metadata: Metadata | None = None
    default_rule_set: RuleSet | None = None
    override_rule_set: RuleSet | None = None


class Association(Value, frozen=True):
    """A topic's tie to a subject."""

    subject: str | None
    guid: str | None
    resource_name: str | None
    resource_namespace: str | None
    resource_id: str | None
    resource_type: str | None
    association_type: str | None
    frozen: bool = False


class AssociationInfo(Value, frozen=True):
    """An association in an answer."""

    subject: str | None = None
    association_type: str | None = None
    lifecycle: str | None = None
    frozen: bool = False
    schema: Schema | None = None


class AssociationCreateOrUpdateInfo(Value, frozen=True):
    """An association that is asked for."""

    subject: str | None = None
    association_type: str | None = None
    lifecycle: str | None = None
    frozen: bool | None = None
    schema: Schema | None = None
    normalize: bool | None = None


class AssociationCreateOrUpdateRequest(Value, frozen=True):
    """A resource and the associations it is to have."""

    resource_name: str | None = None
    resource_namespace: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None
    associations: list[AssociationCreateOrUpdateInfo] | None = None


class AssociationResponse(Value, frozen=True):
    """A resource and the associations it has."""

    resource_name: str | None = None
    resource_namespace: str | None = None
    resource_id: str | None = None
    resource_type: str | None = None
    associations: list[AssociationInfo] | None = None


# ------------------------------------------------------------------------------------------------ ours and theirs


def ours(schema: Any, kind: str) -> OurSchema | None:
    """A schema as the client takes it: of a text, of the class above, or of confluent-kafka's."""
    if schema is None or isinstance(schema, OurSchema):
        return schema
    if isinstance(schema, str):
        return OurSchema(schema, kind)
    if not hasattr(schema, "to_dict"):
        raise TypeError(f"a schema is a text or a Schema, not {schema!r}"[:200])
    return msgspec.convert({"schemaType": kind, **schema.to_dict()}, OurSchema)


def theirs(schema: OurSchema) -> Schema:
    return Schema.from_dict(in_json(schema))


def in_json(value: msgspec.Struct) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))
