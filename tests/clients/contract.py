"""What Momus promises to confluent-kafka's registry client: every public method, with every argument of it.

One class; the plain and the asyncio client's own test files inherit it and say how a client is made (`connect`).
A client remembers what it was told, so `connect()` makes one that has to ask.
"""

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import pytest
from confluent_kafka.schema_registry import (
    AssociationCreateOrUpdateInfo,
    AssociationCreateOrUpdateRequest,
    ConfigCompatibilityLevel,
    Metadata,
    MetadataProperties,
    RegisteredSchema,
    RuleSet,
    Schema,
    SchemaReference,
    SchemaRegistryClient,
    SchemaRegistryError,
    ServerConfig,
)
from confluent_kafka.schema_registry.common.schema_registry_client import SchemaVersion

from tests.clients.schemas import (
    CHECK,
    FIRST,
    LONG,
    NORMAL,
    ORDER,
    ORDER_IN_ONE_PIECE,
    OWNED,
    RULES,
    SECOND,
    SPELLED,
    STRING,
    STRING_GUID,
    TAGGED,
    THIRD,
    USER,
    field,
    record,
)


class Connect(Protocol):
    """A new client of the test's registry, which was empty when the test began."""

    def __call__(self, **more: Any) -> SchemaRegistryClient: ...


def configuration(url: str, context: str | None = None, **more: Any) -> dict[str, object]:
    """For a client that never asks twice, so that no test passes at the second attempt; pinned to a context, or not."""
    quick = {"ssl.ca.location": False}  # reading all certificates takes longer than the test
    within = "" if context is None else f"/contexts/{context}"
    urls = ",".join(each + within for each in url.split(","))
    return {"url": urls, "max.retries": 0, "timeout": 30} | quick | more


def public(kind: type) -> dict[str, tuple[str, ...]]:
    """The public methods of a class and the names of their arguments."""
    methods = {name: method for name, method in inspect.getmembers(kind, callable) if not name.startswith("_")}
    return {
        name: tuple(argument for argument in inspect.signature(method).parameters if argument != "self")
        for name, method in methods.items()
    }


def grow(client: SchemaRegistryClient, subject: str) -> None:
    """Three versions, the second of them soft-deleted."""
    for schema in (FIRST, SECOND, THIRD):
        client.register_schema(subject, schema)
    client.delete_version(subject, 2)


class Refused(NamedTuple):
    """A call that is refused, and what the client raises then."""

    ask: Callable[[SchemaRegistryClient], object]
    status: int
    code: int
    message: str


# fmt: off
REFUSED = {  # of a registry with what `test_refusals` puts there
    "unknown subject": Refused(
        lambda client: client.get_latest_version("nobody"), 404, 40401, "Subject 'nobody' not found."),
    "unknown version": Refused(
        lambda client: client.get_version("user", 9), 404, 40402, "Version 9 not found."),
    "unknown id": Refused(
        lambda client: client.get_schema(9), 404, 40403, "Schema 9 not found"),
    "unknown GUID": Refused(
        lambda client: client.get_schema_by_guid("no-guid"), 404, 40403, "Schema no-guid not found"),
    "unknown schema": Refused(
        lambda client: client.lookup_schema("user", LONG), 404, 40403, "Schema not found"),
    "unknown metadata": Refused(
        lambda client: client.get_latest_with_metadata("user", {"a": "b"}), 404, 40403, "Schema not found"),
    "subject deleted again": Refused(
        lambda client: client.delete_subject("gone"), 404, 40404,
        "Subject 'gone' was soft deleted.Set permanent=true to delete permanently"),
    "live subject deleted for good": Refused(
        lambda client: client.delete_subject("order", permanent=True), 404, 40405,
        "Subject 'order' was not deleted first before being permanently deleted"),
    "version deleted again": Refused(
        lambda client: client.delete_version("gone", 1), 404, 40406,
        "Subject 'gone' Version 1 was soft deleted.Set permanent=true to delete permanently"),
    "live version deleted for good": Refused(
        lambda client: client.delete_version("order", 1, permanent=True), 404, 40407,
        "Subject 'order' Version 1 was not deleted first before being permanently deleted"),
    "no level": Refused(
        lambda client: client.get_compatibility("user"), 404, 40408,
        "Subject 'user' does not have subject-level compatibility configured"),
    "no config": Refused(
        lambda client: client.get_config("user"), 404, 40408,
        "Subject 'user' does not have subject-level compatibility configured"),
    "no config to delete": Refused(
        lambda client: client.delete_config("user"), 404, 40401, "Subject 'user' not found."),
    "no mode": Refused(
        lambda client: client.get_mode("user"), 404, 40409,
        "Subject 'user' does not have subject-level mode configured"),
    "no mode to delete": Refused(
        lambda client: client.delete_mode("user"), 404, 40401, "Subject 'user' not found."),
    "no association to delete": Refused(
        lambda client: client.delete_associations("id-9"), 404, 40410, "Association for 'id-9' not found."),
    "version that is none": Refused(
        lambda client: client.get_version("user", 0), 422, 42202,
        "The specified version '0' is not a valid version id. "
        'Allowed values are between [1, 2^31-1] and the string "latest"'),
    "level that is none": Refused(
        lambda client: client.set_compatibility("user", "sideways"), 422, 42203,
        "Invalid compatibility level. Valid values are none, backward, forward, full, backward_transitive, "
        "forward_transitive, and full_transitive"),
    "mode that is none": Refused(
        lambda client: client.update_mode("user", "WRITEONLY"), 422, 42204,
        "Invalid mode. Valid values are READWRITE, READONLY, IMPORT and FORWARD."),
    "writing to what is read only": Refused(
        lambda client: client.register_schema("kept", Schema('"bytes"')), 422, 42205,
        "Subject kept in context  is in read-only mode"),
    "importing among live schemas": Refused(
        lambda client: client.update_mode("user", "IMPORT"), 422, 42205, "Cannot import since found existing subjects"),
    "importing among live schemas anywhere": Refused(
        lambda client: client.update_global_mode("IMPORT"), 422, 42205, "Cannot import since found existing subjects"),
    "deleting what is referred to": Refused(
        lambda client: client.delete_subject("user"), 422, 42206,
        "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=user,version=1}."),
    "subject that is none": Refused(
        lambda client: client.register_schema("__GLOBAL", STRING), 422, 42208,
        "The specified subject '__GLOBAL' is not a valid."),
    "rules that are none": Refused(
        lambda client: client.register_schema("new", Schema(FIRST.schema_str, rule_set=RuleSet([CHECK], []))),
        422, 42210, "Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN"),
    "association without a version": Refused(
        lambda client: client.create_association(AssociationCreateOrUpdateRequest(
            "topic", "lkc1", "id-1", "topic", [AssociationCreateOrUpdateInfo("nobody", "value", "WEAK")])),
        409, 40907, "No active (non-deleted) version exists for subject 'nobody'"),
}
# fmt: on


class ClientContract:
    @pytest.fixture
    def client(self, connect: Connect) -> SchemaRegistryClient:
        return connect()

    # Registering

    def test_a_registration_is_told_whole(self, connect: Connect) -> None:
        """A registration has id, version, GUID and text, and the same again gives the same."""
        told = RegisteredSchema(subject="s", version=1, schema_id=1, guid=STRING_GUID, schema=STRING)
        assert connect().register_schema_full_response("s", STRING) == told
        assert connect().register_schema_full_response("s", STRING) == told
        assert connect().register_schema("another", STRING) == 1
        assert connect().register_schema("another", Schema('"bytes"')) == 2

    def test_register_normalizes_when_asked(self, connect: Connect) -> None:
        """With `normalize_schemas` two spellings are one schema, without it two."""
        told = connect().register_schema_full_response("s", SPELLED, normalize_schemas=True)
        assert (told.schema_id, told.schema.schema_str) == (1, NORMAL)
        assert connect().register_schema("t", Schema(NORMAL), normalize_schemas=False) == 1
        assert connect().register_schema("u", SPELLED, normalize_schemas=True) == 1
        assert connect().register_schema("v", SPELLED) == 2

    def test_a_schema_comes_back_with_all_it_had(self, connect: Connect) -> None:
        """References, metadata and rule sets are stored, returned, and part of what the schema is."""
        client = connect()
        client.register_schema("user", USER)
        whole = Schema(ORDER.schema_str, "AVRO", ORDER.references, OWNED, RULES)
        assert client.register_schema("plain", ORDER) == 2
        assert client.register_schema("whole", whole) == 3
        assert client.register_schema("owned", Schema(ORDER.schema_str, "AVRO", ORDER.references, OWNED)) == 4
        assert connect().get_schema(3) == whole
        assert connect().get_version("whole", 1).schema == whole

    # Reading by id and by GUID

    def test_schema_by_id(self, connect: Connect) -> None:
        """A schema is found by its id, also when a subject is named that never had it."""
        connect().register_schema("s", STRING)
        assert connect().get_schema(1) == STRING
        assert connect().get_schema(1, subject_name="s") == STRING
        assert connect().get_schema(1, subject_name="mirrored") == STRING

    def test_schema_in_one_piece(self, connect: Connect) -> None:
        """`fmt="resolved"` gives a schema with its references inside, wherever it is read."""
        client = connect()
        client.register_schema("user", USER)
        guid = client.register_schema_full_response("order", ORDER).guid
        assert guid is not None
        assert connect().get_schema(2, fmt="resolved").schema_str == ORDER_IN_ONE_PIECE
        assert connect().get_schema_by_guid(guid, fmt="resolved").schema_str == ORDER_IN_ONE_PIECE
        assert connect().get_version("order", 1, fmt="resolved").schema.schema_str == ORDER_IN_ONE_PIECE
        assert connect().get_latest_version("order", fmt="resolved").schema.schema_str == ORDER_IN_ONE_PIECE
        assert connect().lookup_schema("order", ORDER, fmt="resolved").guid == guid
        assert connect().get_schema(2).schema_str == ORDER.schema_str

    def test_references_by_their_full_names(self, connect: Connect) -> None:
        """`reference_format="qualified"` names the context of the subjects that a schema refers to."""
        connect().register_schema(":.ctx:user", USER)
        connect().register_schema(":.ctx:order", ORDER)
        assert connect().get_schema(2, ":.ctx:order").references == ORDER.references
        assert connect().get_schema(2, ":.ctx:order", reference_format="qualified").references == [
            SchemaReference("com.acme.User", ":.ctx:user", 1)
        ]

    def test_schema_by_guid(self, connect: Connect) -> None:
        """A schema is found by its GUID, the same one in every context."""
        connect().register_schema("s", LONG)
        assert connect().register_schema_full_response(":.ctx:s", STRING).guid == STRING_GUID
        assert connect().get_schema_by_guid(STRING_GUID) == STRING

    def test_subjects_and_versions_of_an_id(self, connect: Connect) -> None:
        """Who holds an id in a context is told in pages, with the deleted ones when they are asked for."""
        client = connect()
        for subject in ("a", "b", "c", "d", ":.ctx:e"):
            client.register_schema(subject, STRING)
        client.delete_subject("b")
        assert client.get_subjects_by_schema_id(1) == ["a", "c", "d"]
        assert client.get_subjects_by_schema_id(1, deleted=True) == ["a", "b", "c", "d"]
        assert client.get_subjects_by_schema_id(1, deleted=True, offset=1, limit=2) == ["b", "c"]
        assert client.get_subjects_by_schema_id(1, subject_name=":.ctx:") == [":.ctx:e"]
        assert client.get_schema_versions(1) == [SchemaVersion(subject, 1) for subject in ("a", "c", "d")]
        assert client.get_schema_versions(1, deleted=True, offset=1, limit=1) == [SchemaVersion("b", 1)]
        assert client.get_schema_versions(1, subject_name=":.ctx:") == [SchemaVersion(":.ctx:e", 1)]

    # Reading by subject

    def test_look_up_by_content(self, connect: Connect) -> None:
        """A schema is looked up by what it says, as it is spelled or normalized, live or deleted too."""
        client = connect()
        client.register_schema("s", Schema(NORMAL))
        found = connect().lookup_schema("s", Schema(NORMAL))
        assert (found.subject, found.version, found.schema_id) == ("s", 1, 1)
        assert connect().lookup_schema("s", SPELLED, normalize_schemas=True).version == 1
        client.delete_subject("s")
        assert connect().lookup_schema("s", Schema(NORMAL), deleted=True).version == 1

    def test_subjects(self, connect: Connect) -> None:
        """Subjects are listed in pages, by prefix, with deleted ones or only those."""
        client = connect()
        for subject in ("a-key", "a-value", "b-value", ":.ctx:a-value"):
            client.register_schema(subject, STRING)
        client.delete_subject("a-value")
        assert client.get_subjects() == [":.ctx:a-value", "a-key", "b-value"]
        assert client.get_subjects(deleted=True) == [":.ctx:a-value", "a-key", "a-value", "b-value"]
        assert client.get_subjects(deleted=True, offset=1, limit=2) == ["a-key", "a-value"]
        assert client.get_subjects(subject_prefix="a-", deleted=True) == ["a-key", "a-value"]
        assert client.get_subjects(subject_prefix=":.ctx:") == [":.ctx:a-value"]
        assert client.get_subjects(deleted_only=True) == ["a-value"]

    def test_versions(self, connect: Connect) -> None:
        """Versions are listed in pages, with deleted ones or only those."""
        client = connect()
        grow(client, "s")
        assert client.get_versions("s") == [1, 3]
        assert client.get_versions("s", deleted=True) == [1, 2, 3]
        assert client.get_versions("s", deleted=True, offset=1, limit=1) == [2]
        assert client.get_versions("s", deleted_only=True) == [2]

    def test_one_version(self, connect: Connect) -> None:
        """A version is read by its number or as the latest, a deleted one when it is asked for."""
        grow(connect(), "s")
        assert connect().get_version("s", 1).schema == FIRST
        assert connect().get_version("s", 2, deleted=True).schema == SECOND
        assert connect().get_version("s").version == 3
        assert connect().get_version("s", "latest", deleted=True).version == 3
        assert connect().get_latest_version("s").schema == THIRD

    def test_latest_with_metadata(self, connect: Connect) -> None:
        """The newest version with these properties is found, odd letters included, deleted ones when asked for."""
        client = connect()
        client.register_schema("s", Schema(FIRST.schema_str, metadata=OWNED))
        client.register_schema("s", Schema(SECOND.schema_str, metadata=OWNED))
        client.register_schema("s", Schema(THIRD.schema_str, metadata=Metadata(None, MetadataProperties({}), [])))
        odd = {"owner": "a team", "stage/1": "50 % + x"}
        assert connect().get_latest_with_metadata("s", odd).version == 2
        assert connect().get_latest_with_metadata("s", odd, fmt="resolved").schema.schema_str == SECOND.schema_str
        client.delete_version("s", 2)
        assert connect().get_latest_with_metadata("s", odd).version == 1
        assert connect().get_latest_with_metadata("s", odd, deleted=True).version == 2

    def test_referenced_by(self, client: SchemaRegistryClient) -> None:
        """Who refers to a version is told by ids, in pages."""
        client.register_schema("user", USER)
        for subject, name in (("a", "A"), ("b", "B"), ("c", "C")):
            text = record(name, field("user", "com.acme.User"))
            client.register_schema(subject, Schema(text, references=ORDER.references))
        assert client.get_referenced_by("user") == [2, 3, 4]
        assert client.get_referenced_by("user", 1, offset=1, limit=1) == [3]
        assert client.get_referenced_by("a", "latest") == []

    # Deleting

    def test_delete_a_version(self, client: SchemaRegistryClient) -> None:
        """A version is deleted softly, then for good; each time its number is the answer."""
        grow(client, "s")
        assert client.delete_version("s", 3) == 3
        assert client.delete_version("s", 3, permanent=True) == 3
        assert client.get_versions("s", deleted=True) == [1, 2]

    def test_delete_a_subject(self, connect: Connect) -> None:
        """A subject is deleted softly, then for good; each time its versions are the answer."""
        client = connect()
        grow(client, "s")
        assert client.delete_subject("s") == [1, 3]
        assert connect().get_schema(1) == FIRST
        assert client.delete_subject("s", permanent=True) == [1, 2, 3]
        assert client.get_subjects(deleted=True) == []

    # Config and compatibility

    def test_compatibility_levels(self, client: SchemaRegistryClient) -> None:
        """The level is set and read for all subjects and for one."""
        assert client.get_compatibility() == "BACKWARD"
        told: list[object] = [client.set_compatibility(level="full"), client.set_compatibility("s", "none")]
        assert told == [{"compatibility": "FULL"}, {"compatibility": "NONE"}]
        assert (client.get_compatibility(), client.get_compatibility("s")) == ("FULL", "NONE")

    def test_config(self, client: SchemaRegistryClient) -> None:
        """Every setting that the client knows is stored, returned, and told once more when it is deleted."""
        whole = ServerConfig(
            compatibility=ConfigCompatibilityLevel.FORWARD,
            compatibility_group="major",
            default_metadata=OWNED,
            override_metadata=TAGGED,
            default_rule_set=RULES,
            override_rule_set=RULES,
        )
        assert ServerConfig.from_dict(client.set_config("s", whole)) == whole  # type: ignore[arg-type]  # it gives a dict
        whole.compatibility, whole.compatibility_level = None, whole.compatibility
        assert client.get_config("s") == whole
        assert client.delete_config("s") == whole
        client.set_config(config=ServerConfig(compatibility=ConfigCompatibilityLevel.NONE))
        assert client.get_config().compatibility_level == "NONE"
        assert client.delete_config().compatibility_level == "NONE"
        assert client.get_config().compatibility_level == "BACKWARD"

    def test_compatibility_with_one_version(self, client: SchemaRegistryClient) -> None:
        """A schema is tried against one version, the latest without a number, without registering it."""
        client.set_compatibility("s", "NONE")
        client.register_schema("s", STRING)
        client.register_schema("s", LONG)
        client.set_compatibility("s", "BACKWARD")
        assert client.test_compatibility("s", LONG)
        assert not client.test_compatibility("s", STRING)
        assert client.test_compatibility("s", STRING, 1, verbose=True)
        assert not client.test_compatibility("s", LONG, version=1, verbose=True)
        assert client.test_compatibility("s", Schema('"double"'), normalize=True)
        assert client.get_versions("s") == [1, 2]

    def test_compatibility_with_all_versions(self, client: SchemaRegistryClient) -> None:
        """A schema is tried against all versions that its level names."""
        client.set_compatibility("s", "NONE")
        client.register_schema("s", STRING)
        client.register_schema("s", LONG)
        client.set_compatibility("s", "BACKWARD")
        assert client.test_compatibility_all_versions("s", LONG)
        client.set_compatibility("s", "BACKWARD_TRANSITIVE")
        assert not client.test_compatibility_all_versions("s", LONG, normalize=True, verbose=True)
        assert client.test_compatibility_all_versions("unknown", LONG)

    # Modes

    def test_modes(self, client: SchemaRegistryClient) -> None:
        """The mode is set and read for all subjects and for one, and forced where schemas stand against it."""
        client.register_schema("s", STRING)
        assert client.get_global_mode() == "READWRITE"
        assert client.update_mode("s", "READONLY") == "READONLY"
        assert client.get_mode("s") == "READONLY"
        assert client.update_mode("s", "IMPORT", force=True) == "IMPORT"
        assert client.delete_mode("s") == "IMPORT"
        assert client.update_global_mode("IMPORT", force=True) == "IMPORT"
        assert client.update_global_mode("READWRITE") == "READWRITE"
        assert client.get_global_mode() == "READWRITE"

    # Contexts, names, other

    def test_contexts(self, connect: Connect) -> None:
        """Contexts are listed in pages; a client whose URL names one lives in it."""
        for context in ("a", "b", "c"):
            connect().register_schema(f":.{context}:s", STRING)
        connect().register_schema("s", LONG)
        assert connect().get_contexts() == [".", ".a", ".b", ".c"]
        assert connect().get_contexts(offset=1, limit=2) == [".a", ".b"]
        pinned = connect(context="a")
        assert (pinned.get_schema(1), pinned.get_subjects()) == (STRING, [":.a:s"])
        pinned.set_compatibility(level="FULL")
        assert (pinned.get_compatibility(), connect().get_compatibility()) == ("FULL", "BACKWARD")

    @pytest.mark.parametrize("subject", ["a/b c-key", "100%", "a+b?c=d&e#f", "größe", "com.acme.User$1", "a:b"])
    def test_names_of_all_kinds(self, connect: Connect, subject: str) -> None:
        """A subject is the same one in every place of a URL, whatever letters it has."""
        client = connect()
        client.register_schema(subject, STRING)
        client.set_compatibility(subject, "FULL")
        client.update_mode(subject, "READONLY")
        assert client.get_subjects(subject_prefix=subject) == [subject]
        assert connect().get_schema(1, subject_name=subject) == STRING
        assert connect().get_version(subject, 1).subject == subject
        assert (client.get_compatibility(subject), client.get_mode(subject)) == ("FULL", "READONLY")

    def test_schema_types(self, client: SchemaRegistryClient) -> None:
        """Avro is among the formats."""
        assert "AVRO" in client.get_schema_types()

    @pytest.mark.parametrize(
        "credentials",
        [
            {"basic.auth.user.info": "alice:secret"},
            {
                "bearer.auth.credentials.source": "STATIC_TOKEN",
                "bearer.auth.token": "token",
                "bearer.auth.logical.cluster": "lsrc-1",
                "bearer.auth.identity.pool.id": "pool-1",
            },
        ],
        ids=["basic", "bearer"],
    )
    def test_credentials_do_no_harm(self, connect: Connect, credentials: dict[str, object]) -> None:
        """A client that is set up to log in is served, though there is nobody to log in to."""
        assert connect(**credentials).register_schema("s", STRING) == 1

    def test_a_client_forgets_and_closes(self, connect: Connect) -> None:
        """What a client remembers it can forget; then it sees what others did meanwhile."""
        client = connect()
        client.register_schema("s", FIRST)
        assert client.get_latest_version("s").version == 1
        connect().register_schema("s", SECOND)
        assert client.get_latest_version("s").version == 1
        client.clear_latest_caches()  # type: ignore[no-untyped-call]
        assert client.get_latest_version("s").version == 2
        client.clear_caches()  # type: ignore[no-untyped-call]
        assert client.get_schema(1) == FIRST
        again = client.new_client(client.config())  # type: ignore[no-untyped-call]
        assert again.get_schema(1) == FIRST
        again.close()
        again.close()

    # Associations

    def test_associations(self, client: SchemaRegistryClient) -> None:
        """A topic is tied to subjects, asked by its name or through the wildcard, and untied."""
        client.register_schema("shared", STRING)
        client.register_schema("keys", STRING)
        told = client.create_association(
            AssociationCreateOrUpdateRequest(
                resource_name="orders",
                resource_namespace="lkc1",
                resource_id="id-1",
                resource_type="topic",
                associations=[
                    AssociationCreateOrUpdateInfo("shared", "value", "WEAK"),
                    AssociationCreateOrUpdateInfo("keys", "key", "WEAK", frozen=False, normalize=True),
                ],
            )
        )
        assert (told.resource_id, [each.subject for each in told.associations or []]) == ("id-1", ["shared", "keys"])
        found = client.get_associations_by_resource_name("orders", "-", "topic", ["value"])
        assert [(each.subject, each.association_type, each.resource_namespace) for each in found] == [
            ("shared", "value", "lkc1")
        ]
        both = client.get_associations_by_resource_name("orders", "lkc1")
        assert sorted(each.subject or "" for each in both) == ["keys", "shared"]
        page = client.get_associations_by_resource_name("orders", "lkc1", offset=1, limit=1)
        assert page == both[1:]
        client.delete_associations("id-1", "topic", ["key"])
        assert [each.subject for each in client.get_associations_by_resource_name("orders", "lkc1")] == ["shared"]
        client.delete_associations("id-1")
        assert client.get_associations_by_resource_name("orders", "-") == []

    def test_a_topic_may_own_its_subject(self, client: SchemaRegistryClient) -> None:
        """A schema in an association is registered with it, and goes with it when the deletion cascades."""
        owned = AssociationCreateOrUpdateInfo(association_type="value", lifecycle="STRONG", schema=USER)
        request = AssociationCreateOrUpdateRequest("orders", "lkc1", "id-1", "topic", [owned])
        told = client.create_association(request)
        assert [(each.subject, each.frozen, each.schema) for each in told.associations or []] == [
            (":.lkc1:orders-value", True, USER)
        ]
        assert client.get_subjects() == [":.lkc1:orders-value"]
        client.delete_associations("id-1", cascade_lifecycle=True)
        assert client.get_subjects(deleted=True) == []

    # Refusals

    def test_refusals(self, client: SchemaRegistryClient) -> None:
        """Each refusal reaches the client as Confluent's: HTTP status, error code and sentence."""
        client.register_schema("user", USER)
        client.register_schema("order", ORDER)
        client.register_schema("gone", STRING)
        client.register_schema("kept", STRING)
        client.delete_subject("gone")
        client.update_mode("kept", "READONLY")
        assert {name: refusal(client, row.ask) for name, row in REFUSED.items()} == {
            name: (row.status, row.code, row.message) for name, row in REFUSED.items()
        }


def refusal(client: SchemaRegistryClient, ask: Callable[[SchemaRegistryClient], object]) -> tuple[int, int, str]:
    with pytest.raises(SchemaRegistryError) as raised:
        ask(client)
    return raised.value.http_status_code, raised.value.error_code, raised.value.error_message
