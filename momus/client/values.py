"""What is sent to a registry and what it answers, as values: frozen, typed, and hashable whatever is in them.

Members are named as the API names them, in Python's spelling. What some registries leave out has a default here: a
schema type that is absent is AVRO; what else may be absent is None, or empty.
"""

from typing import Any, Literal

import msgspec

SchemaType = Literal["AVRO", "JSON", "PROTOBUF"]
Level = Literal["NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]
Selector = int | Literal["latest"]
NO_MORE = msgspec.UNSET

_stable = msgspec.json.Encoder(order="deterministic").encode


class Value(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One with dictionaries in it can be a key, too: equal values have equal hashes."""

    def __hash__(self) -> int:
        return hash(_stable(self))


# ----------------------------------------------------------------- schemas


class Reference(Value, frozen=True):
    """Another schema that a schema uses; `name` is how the text calls it."""

    name: str
    subject: str
    version: int


class Metadata(Value, frozen=True):
    """What is kept beside a schema: tags by paths, properties, and the names of properties that are secret."""

    tags: dict[str, tuple[str, ...]] = {}
    properties: dict[str, str] = {}
    sensitive: tuple[str, ...] = ()


class Rule(Value, frozen=True, omit_defaults=True):
    """A rule that clients run: a condition, or a change of messages, in writing, reading or migrating."""

    name: str = ""
    doc: str = ""
    kind: str = ""
    mode: str = ""
    type: str = ""
    tags: tuple[str, ...] = ()
    params: dict[str, str] = {}
    expr: str = ""
    on_success: str = ""
    on_failure: str = ""
    disabled: bool = False


class RuleSet(Value, frozen=True):
    """The rules of a schema, by when they run; `enable_at` says by whom."""

    migration_rules: tuple[Rule, ...] = ()
    domain_rules: tuple[Rule, ...] = ()
    encoding_rules: tuple[Rule, ...] = ()
    enable_at: str = ""

    def for_clients(self, *modes: str) -> tuple[Rule, ...]:
        """Those that a client is to run in these modes, as `READ` and `WRITEREAD` when it reads."""
        if self.enable_at not in ("", "ALL", "CLIENT"):
            return ()
        every = (*self.migration_rules, *self.domain_rules, *self.encoding_rules)
        return tuple(rule for rule in every if rule.mode in modes and not rule.disabled)


class SchemaEntity(Value, frozen=True):
    """A record or a field inside of a schema."""

    entity_path: str
    entity_type: Literal["sr_record", "sr_field"] = "sr_record"


class SchemaTags(Value, frozen=True):
    """The inline tags of a record or a field."""

    schema_entity: SchemaEntity
    tags: tuple[str, ...] = ()


class Schema(Value, frozen=True):
    """A schema and what belongs to it: what is registered, looked up and compared."""

    schema: str = ""
    schema_type: str = "AVRO"
    references: tuple[Reference, ...] = ()
    metadata: Metadata | None = None
    rule_set: RuleSet | None = None


class SchemaOfId(Schema, frozen=True, kw_only=True):
    """A schema found by id or GUID. Where the last three are told depends on the call and on the registry."""

    guid: str | None = None
    ts: int | None = None
    deleted: bool | None = None
    schema_tags: tuple[SchemaTags, ...] = ()
    max_id: int | None = None
    subject: str | None = None
    version: int | None = None
    id: int | None = None


class SubjectSchema(Schema, frozen=True, kw_only=True):
    """A version of a subject and its schema."""

    subject: str
    version: int
    id: int
    guid: str | None = None
    ts: int | None = None
    deleted: bool | None = None
    schema_tags: tuple[SchemaTags, ...] = ()


class RegisteredSchema(Schema, frozen=True, kw_only=True):
    """The answer to a registration. Confluent 7, Karapace, Redpanda and Apicurio tell the id and nothing else."""

    id: int
    version: int | None = None
    guid: str | None = None
    ts: int | None = None
    deleted: bool | None = None

    @property
    def is_whole(self) -> bool:
        """Did the registry tell what it stored, or the id alone?"""
        return bool(self.schema)


class SubjectVersion(Value, frozen=True):
    """A version of a subject."""

    subject: str
    version: int


class ContextId(Value, frozen=True):
    """An id in a context."""

    context: str
    id: int


# ----------------------------------------------------------- compatibility


class Witness(Value, frozen=True):
    """A message that the writer may write and the reader cannot read; `error` is what the reader said to it."""

    json: str
    hex: str
    error: str


class Difference(Value, frozen=True):
    """A reason why one side cannot read what the other writes. Only Momus tells them."""

    rule: str
    path: str
    message: str
    direction: str
    version: int
    reader: str
    writer: str
    docs: str = ""
    witness: Witness | None = None


class Compatibility(Value, frozen=True, rename=None):
    """The verdict on a schema; the reasons come with `verbose`."""

    is_compatible: bool
    messages: tuple[str, ...] = ()
    differences: tuple[Difference, ...] = ()
    unlisted_differences: int = 0
    warnings: tuple[Difference, ...] = ()
    decided_by: str = ""


# --------------------------------------------------------- config and mode


class Config(Value, frozen=True):
    """What is configured; None is "not set"."""

    compatibility_level: str | None = None
    compatibility_policy: str | None = None
    compatibility_group: str | None = None
    alias: str | None = None
    alias_for_deks: str | None = None
    normalize: bool | None = None
    validate_fields: bool | None = None
    validate_new_schemas: bool | None = None
    validate_rules: bool | None = None
    default_metadata: Metadata | None = None
    override_metadata: Metadata | None = None
    default_rule_set: RuleSet | None = None
    override_rule_set: RuleSet | None = None


class ConfigUpdate(Value, frozen=True):
    """What is to be configured: a member that is not given keeps its value, None clears it."""

    compatibility: str | msgspec.UnsetType | None = NO_MORE
    compatibility_policy: str | msgspec.UnsetType | None = NO_MORE
    compatibility_group: str | msgspec.UnsetType | None = NO_MORE
    alias: str | msgspec.UnsetType | None = NO_MORE
    alias_for_deks: str | msgspec.UnsetType | None = NO_MORE
    normalize: bool | msgspec.UnsetType | None = NO_MORE
    validate_fields: bool | msgspec.UnsetType | None = NO_MORE
    validate_new_schemas: bool | msgspec.UnsetType | None = NO_MORE
    validate_rules: bool | msgspec.UnsetType | None = NO_MORE
    default_metadata: Metadata | msgspec.UnsetType | None = NO_MORE
    override_metadata: Metadata | msgspec.UnsetType | None = NO_MORE
    default_rule_set: RuleSet | msgspec.UnsetType | None = NO_MORE
    override_rule_set: RuleSet | msgspec.UnsetType | None = NO_MORE


class Mode(Value, frozen=True):
    """None where a mode was cleared and none was set."""

    mode: str | None = None


# ------------------------------------------------------------ associations


class Association(Value, frozen=True):
    """A topic's tie to a subject, for its keys or its values."""

    subject: str
    guid: str = ""
    resource_name: str = ""
    resource_namespace: str = ""
    resource_id: str = ""
    resource_type: str = "topic"
    association_type: str = "value"
    lifecycle: str = ""
    frozen: bool = False
    create_ts: int | None = None
    update_ts: int | None = None


class AssociationItem(Value, frozen=True):
    """One association that is asked for. Without a lifecycle the registry chooses it."""

    subject: str = ""
    association_type: str = "value"
    lifecycle: str | None = None
    frozen: bool | None = None
    schema: Schema | None = None
    normalize: bool = False


class AssociationRequest(Value, frozen=True):
    """A resource and the associations it is to have."""

    resource_name: str
    resource_namespace: str
    resource_id: str
    associations: tuple[AssociationItem, ...]
    resource_type: str = "topic"


class AssociationOperation(AssociationItem, frozen=True, kw_only=True):
    """One change of a resource's associations."""

    op_type: Literal["CREATE", "UPSERT", "DELETE"]
    cascade_lifecycle: bool = False


class AssociationChange(Value, frozen=True):
    """A resource and what is to happen to its associations."""

    resource_name: str
    resource_namespace: str
    resource_id: str
    associations: tuple[AssociationOperation, ...]
    resource_type: str = "topic"


class AssociationQuery(Value, frozen=True):
    """A resource by its id, or by namespace and name."""

    resource_name: str = ""
    resource_namespace: str = ""
    resource_id: str = ""
    resource_type: str = "topic"
    association_types: tuple[str, ...] = ()
    lifecycle: str | None = None


class AssociationAnswer(Value, frozen=True):
    """One association in an answer."""

    subject: str
    association_type: str = "value"
    lifecycle: str = ""
    frozen: bool = False
    schema: SchemaOfId | None = None


class Associations(Value, frozen=True):
    """A resource and its associations."""

    resource_name: str = ""
    resource_namespace: str = ""
    resource_id: str = ""
    resource_type: str = "topic"
    associations: tuple[AssociationAnswer, ...] = ()


class RefusalBody(Value, frozen=True, rename=None):
    """A refusal inside an answer to several requests."""

    error_code: int
    message: str = ""
    differences: tuple[Difference, ...] = ()
    unlisted_differences: int = 0
    decided_by: str = ""


class AssociationResult(Value, frozen=True):
    """What came of one of several requests."""

    result: Associations | None = None
    error: RefusalBody | None = None


class AssociationResults(Value, frozen=True):
    """What came of several requests, in their order."""

    results: tuple[AssociationResult, ...] = ()


# ---------------------------------------------------------------- messages


class SchemaSelector(Value, frozen=True):
    """A schema of the registry: by `id` (and a `subject` that holds it), by `guid`, or by `subject` and `version`."""

    id: int | None = None
    guid: str | None = None
    subject: str | None = None
    version: Selector | None = None


class MessageWithHeader(Value, frozen=True):
    """A message and the value of the record's header that names its schema."""

    message: bytes
    header: bytes


class Fault(Value, frozen=True):
    """One thing that does not fit; `path` is empty for the whole."""

    path: str
    message: str


class EncodedMessage(Value, frozen=True):
    """A message, or what is wrong with its value."""

    message: bytes | None = None
    faults: tuple[Fault, ...] = ()


class EncodedMessages(Value, frozen=True):
    """Messages in the order of their values; `header` is what belongs into the record's, where that is the framing."""

    id: int
    guid: str
    schema_type: SchemaType
    messages: tuple[EncodedMessage, ...]
    header: bytes | None = None
    subject: str = ""
    version: int | None = None
    rules_not_run: tuple[str, ...] = ()


class DecodedMessage(Value, frozen=True):
    """What a message says, or why it cannot be read; and the schema it was written with."""

    value: Any = None
    faults: tuple[Fault, ...] = ()
    id: int | None = None
    guid: str = ""


class SchemaOfMessages(Value, frozen=True):
    """A schema that messages were written with, and the versions that carry it."""

    id: int
    guid: str
    schema_type: SchemaType
    subjects: tuple[SubjectVersion, ...] = ()
    rules_not_run: tuple[str, ...] = ()


class DecodedMessages(Value, frozen=True):
    """Values in the order of the messages, and the schemas that they name."""

    values: tuple[DecodedMessage, ...]
    schemas: tuple[SchemaOfMessages, ...] = ()


class ValidationResult(Value, frozen=True, rename=None):
    """Whether a value or a message fits, and every fault with its path."""

    is_valid: bool
    faults: tuple[Fault, ...] = ()


class Validation(Value, frozen=True, rename=None):
    """Whether all fits, and a result for each value or message."""

    is_valid: bool
    results: tuple[ValidationResult, ...] = ()


# -------------------------------------------------------------- the server


class ListedSchema(SchemaOfId, frozen=True, kw_only=True):
    """A version in the list of all schemas. Apicurio tells neither subject nor version nor id."""

    aliases: tuple[str, ...] = ()
    associations: tuple[Association, ...] = ()


class Scope(Value, frozen=True):
    path: tuple[str, ...] = ()
    clusters: dict[str, str] = {}


class ClusterId(Value, frozen=True):
    """The registry's cluster id."""

    id: str = ""
    scope: Scope = Scope()


class ServerVersion(Value, frozen=True):
    """The server's version."""

    version: str
    commit_id: str = ""


class Deployment(Value, frozen=True):
    """What the registry says of how it is run."""

    attributes: tuple[str, ...] = ()


class Unreadable(Value, frozen=True):
    count: int = 0
    first: tuple[dict[str, Any], ...] = ()


class Health(Value, frozen=True, rename=None):
    """How the server is. It answers so too when it is not well."""

    live: bool
    ready: bool
    role: str
    version: str = ""
    primary_url: str | None = None
    generation: int = 0
    epoch: int | None = None
    trouble: str | None = None
    warnings: tuple[str, ...] = ()
    position: int = 0
    end_at_start: int = 0
    lag: int = 0
    seconds_since_fetch: float | None = None
    fenced: int = 0
    in_doubt: int = 0
    forwarded: int = 0
    unreadable: Unreadable = Unreadable()
    conflicts: int = 0
    last_error: str | None = None
    last_error_at: str | None = None


class KarapaceHealth(Value, frozen=True, rename=None):
    """Karapace's health answer, which Momus gives too."""

    karapace_version: str = ""
    status: dict[str, Any] = {}
    healthy: bool = False
