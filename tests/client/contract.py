"""What the client promises of a real registry: every operation, with what it answers and what it refuses.

One class; the two clients' test files inherit it. A client remembers, so `connect()` makes one that has to ask.
"""

from uuid import UUID

import pytest

from momus.client import (
    AssociationChange,
    AssociationItem,
    AssociationOperation,
    AssociationQuery,
    AssociationRequest,
    Config,
    ConfigUpdate,
    ContextId,
    Fault,
    Incompatible,
    MessageWithHeader,
    Metadata,
    Mode,
    NotFound,
    Reference,
    Refusal,
    RegistryClient,
    Rule,
    RuleSet,
    Schema,
    SchemaEntity,
    SchemaOfMessages,
    SchemaSelector,
    SchemaTags,
    SubjectVersion,
)
from tests.client.twins import Connect

STRING = '"string"'
STRING_GUID = "095d71cf-1255-6b9d-5e33-0ad575b3df5d"  # Confluent's, for the six letters and their quotes
USER = '{"type":"record","name":"User","namespace":"a","fields":[{"name":"name","type":"string"}]}'
ORDER = Schema(
    '{"type":"record","name":"Order","namespace":"s","fields":[{"name":"user","type":"a.User"}]}',
    references=(Reference("a.User", "user", 1),),
)
OWNED = Metadata(
    properties={"owner": "a team", "stage/1": "50 % + x"}, tags={"**.name": ("PII",)}, sensitive=("owner",)
)
RULES = RuleSet(domain_rules=(Rule(name="named", kind="CONDITION", mode="WRITE", type="CEL", expr="true"),))
SPELLED = '{"type":"record","name":"P","fields":[{"name":"x","type":"double","default":1}]}'
NORMAL = '{"type":"record","name":"P","fields":[{"name":"x","type":"double","default":1.0}]}'
PII = SchemaTags(SchemaEntity("a.User.name", "sr_field"), ("PII",))


def grown(*names: str) -> str:
    fields = ",".join(f'{{"name":"{name}","type":"int","default":0}}' for name in names)
    return f'{{"type":"record","name":"Grown","fields":[{fields}]}}'


class ClientContract:
    @pytest.fixture
    def client(self, connect: Connect) -> RegistryClient:
        return connect()

    def test_a_registration_is_told_whole(self, client: RegistryClient) -> None:
        """A registration has id, version, GUID and text; the same again is the same."""
        told = client.register_schema("s", STRING)
        assert (told.id, told.version, told.guid, told.schema, told.is_whole) == (1, 1, STRING_GUID, STRING, True)
        client.forget()
        assert client.register_schema("s", Schema(STRING)).id == 1
        assert client.register_schema("t", STRING).id == 1
        assert client.register_schema("t", Schema('"bytes"'), force=True).id == 2

    def test_all_that_a_schema_has_comes_back(self, connect: Connect) -> None:
        """References, metadata, also with tags, and rules are stored and returned; what came can be sent again."""
        client = connect()
        client.register_schema("user", USER)
        whole = Schema(ORDER.schema, "AVRO", ORDER.references, OWNED, RULES)
        told = client.register_schema("whole", whole)
        for found in (connect().get_schema(told.id), connect().get_version("whole", 1), connect().get_latest("whole")):
            assert (found.schema, found.references, found.metadata) == (whole.schema, whole.references, whole.metadata)
            assert found.rule_set is not None
            assert found.rule_set.domain_rules[0].name == "named"
            assert client.register_schema("again", found).id == told.id
        assert len({whole, Schema(ORDER.schema, "AVRO", ORDER.references, OWNED, RULES), ORDER}) == 2
        assert client.find_schema_by_metadata("whole", {"owner": "a team", "stage/1": "50 % + x"}).id == told.id
        with pytest.raises(NotFound):
            client.find_schema_by_metadata("whole", {"owner": "nobody"})

    def test_other_formats(self, client: RegistryClient) -> None:
        """JSON Schema and Protobuf are registered and looked up as Avro is."""
        for schema in (Schema('{"type":"object"}', "JSON"), Schema('syntax = "proto3"; message M {}', "PROTOBUF")):
            told = client.register_schema(schema.schema_type, schema)
            assert client.look_up_schema(schema.schema_type, schema).id == told.id
            assert client.get_schema(told.id).schema_type == schema.schema_type
        assert sorted(client.list_schema_types()) == ["AVRO", "JSON", "PROTOBUF"]

    def test_normalizing(self, connect: Connect) -> None:
        """With `normalize` two spellings are one schema, without it two."""
        assert connect().register_schema("s", SPELLED, normalize=True).schema == NORMAL
        assert connect().look_up_schema("s", SPELLED, normalize=True).schema == NORMAL
        assert connect().check_compatibility("s", SPELLED, normalize=True).is_compatible
        with pytest.raises(NotFound):
            connect().look_up_schema("s", SPELLED)

    def test_names_may_have_anything_in_them(self, client: RegistryClient) -> None:
        """Slashes, blanks, plus signs, per cent, dots, letters of all kinds and contexts arrive as they are."""
        names = ["a/b c", "a+b", "100%", "..", "ü-value", "q?x#y", ":.test:t-key", "a%2Fb"]
        for name in names:
            client.register_schema(name, STRING)
            assert client.get_latest(name).subject == name
        assert client.list_subjects() == sorted(names)
        assert client.list_subjects(":.test:") == [":.test:t-key"]
        assert client.list_subjects("") == sorted(set(names) - {":.test:t-key"})

    def test_reading_by_id_and_guid(self, client: RegistryClient) -> None:
        """A schema, its text, and where it is, by id and by GUID."""
        for subject in ("s", "t", ":.test:u"):
            client.register_schema(subject, STRING)
        assert client.get_schema(1).schema == STRING
        assert client.get_schema(1, subject="t", fetch_max_id=True).max_id == 1
        assert client.get_schema(1, subject="t").subject == "t"
        assert client.get_schema_text(1) == STRING
        assert client.get_schema_by_guid(STRING_GUID).schema == STRING
        assert client.list_ids_of_guid(STRING_GUID) == [ContextId(".", 1), ContextId(".test", 1)]
        assert client.list_subjects_of_schema(1) == ["s", "t"]
        assert client.list_subjects_of_schema(1, limit=1, offset=1) == ["t"]
        assert client.list_versions_of_schema(1) == [SubjectVersion("s", 1), SubjectVersion("t", 1)]
        assert client.list_versions_of_schema(1, subject=":.test:u") == [SubjectVersion(":.test:u", 1)]

    def test_reading_versions(self, connect: Connect) -> None:
        """Versions by number and by `latest`, their texts, lists of them, soft-deleted ones where asked for."""
        client = connect()
        for names in (("a",), ("a", "b"), ("a", "b", "c")):
            client.register_schema("s", grown(*names))
        assert client.delete_version("s", 2) == 2
        assert client.list_versions("s") == [1, 3]
        assert client.list_versions("s", deleted=True) == [1, 2, 3]
        assert client.list_versions("s", deleted_only=True) == [2]
        assert client.list_versions("s", deleted_as_negative=True) == [1, -2, 3]
        assert client.list_versions("s", offset=1, limit=1) == [3]
        assert client.get_version("s").version == 3
        assert client.get_version("s", 2, deleted=True).schema == grown("a", "b")
        assert client.get_version_text("s", 1) == grown("a")
        assert client.get_version_text("s", 2, deleted=True) == grown("a", "b")
        assert client.look_up_schema("s", grown("a", "b"), deleted=True).version == 2

    def test_deleting(self, client: RegistryClient) -> None:
        """Softly, then for good; what is remembered of it is forgotten at once."""
        client.register_schema("s", STRING)
        client.register_schema("s", '["null","string"]')
        assert client.get_latest("s").version == 2
        assert client.delete_version("s", "latest") == 2
        assert client.get_latest("s").version == 1
        assert client.delete_version("s", 2, permanent=True) == 2
        assert client.delete_subject("s") == [1]
        with pytest.raises(NotFound, match="Subject 's' not found"):
            client.get_latest("s")
        assert client.list_subjects() == []
        assert client.list_subjects(deleted_only=True) == client.list_subjects(deleted=True) == ["s"]
        assert client.delete_subject("s", permanent=True) == [1]
        with pytest.raises(NotFound) as raised:
            client.get_schema(1)
        assert (raised.value.status, raised.value.error_code) == (404, 40403)
        client.register_schema("s", STRING)
        assert client.get_latest("s").version == 1

    def test_referrers(self, client: RegistryClient) -> None:
        """Who refers to a version, by ids; and with `RESOLVED` the text in one piece."""
        client.register_schema("user", USER)
        order = client.register_schema("order", ORDER)
        assert client.list_referrers("user", 1) == [order.id]
        assert "a.User" not in client.get_schema(order.id, format="resolved").schema
        with pytest.raises(Refusal, match="One or more references exist") as raised:
            client.delete_subject("user")
        assert (raised.value.status, raised.value.error_code) == (422, 42206)

    def test_tags(self, client: RegistryClient) -> None:
        """Tags are written into a schema, taken out, and found."""
        client.register_schema("user", USER, schema_tags_to_add=[PII])
        assert client.get_version("user", find_tags=["*"]).schema_tags == (PII,)
        assert client.get_schema(1, find_tags=["PII"]).schema_tags == (PII,)
        told = client.tag_schema("user", 1, new_version=2, tags_to_remove=[PII], metadata=OWNED, rule_set=RULES)
        assert told.version == 2
        assert told.metadata is not None
        assert told.metadata.properties == OWNED.properties | {"confluent:version": "2"}
        assert client.get_version("user", find_tags="*").schema_tags == ()
        again = client.tag_schema("user", "latest", rules_to_remove=["named"])
        assert again.rule_set in (None, RuleSet())

    def test_lists_of_schemas(self, client: RegistryClient) -> None:
        """All versions, the latest ones, those of a prefix, with aliases."""
        for subject, schema in (("s", grown("a")), ("s", grown("a", "b")), (":.test:t", STRING)):
            client.register_schema(subject, schema)
        client.set_config(ConfigUpdate(alias="s"), "short")
        listed = client.list_schemas(":*:", latest_only=True)
        assert [(each.subject, each.version) for each in listed] == [(":.test:t", 1), ("s", 2)]
        assert [each.id for each in client.list_schemas()] == [1, 2]
        assert client.list_schemas(aliases=True)[0].aliases == ("short",)
        assert [each.version for each in client.list_schemas("s", offset=1, limit=1)] == [2]

    def test_comparing(self, client: RegistryClient) -> None:
        """What would break is told with a message that breaks it; an unknown subject takes everything."""
        client.register_schema("s", grown("a"))
        assert client.check_compatibility("s", grown("a", "b")).is_compatible
        assert client.check_compatibility("s", grown("a", "b"), 1).is_compatible
        verdict = client.check_compatibility("s", STRING, "latest", verbose=True)
        assert not verdict.is_compatible
        assert verdict.messages
        assert verdict.differences[0].witness is not None
        assert client.check_compatibility("nobody", STRING, "latest").is_compatible

    def test_messages_and_values(self, client: RegistryClient) -> None:
        """Values become the messages of a producer and these values again; what does not fit is told with its place."""
        client.register_schema(":.test:s", grown("a"))
        of = SchemaSelector(subject=":.test:s")
        written = client.encode_messages([{"a": 5}, {"a": "x"}], of)
        assert (written.id, written.subject, written.version, written.schema_type) == (1, ":.test:s", 1, "AVRO")
        message = written.messages[0].message
        assert message == b"\0\0\0\0\1\n"
        assert written.messages[1].faults == (Fault("a", "text where an int is expected"),)
        beside = client.encode_messages([{"a": 5}], of, framing="header")
        assert (beside.messages[0].message, beside.header) == (b"\n", b"\1" + UUID(written.guid).bytes)
        assert beside.header is not None
        read = client.decode_messages([message, MessageWithHeader(b"\n", beside.header), b"?"], subject=":.test:s")
        assert [each.value for each in read.values[:2]] == [{"a": 5}, {"a": 5}]
        assert read.values[2].faults
        assert read.schemas == (SchemaOfMessages(1, written.guid, "AVRO", (SubjectVersion(":.test:s", 1),)),)
        assert client.decode_messages([b"\n"], schema=of, reader=of).values[0].value == {"a": 5}
        assert client.validate_messages([message], subject=":.test:s").is_valid
        verdict = client.validate_messages(values=[{"a": 5}, {"a": None}], schema=of)
        assert [each.is_valid for each in verdict.results] == [True, False]
        assert not verdict.is_valid
        client.register_schema("nothing", '"null"')
        nothing = client.encode_messages([None], SchemaSelector(subject="nothing")).messages[0]
        assert (nothing.message, nothing.faults) == (b"\0\0\0\0\1", ())
        with pytest.raises(NotFound):
            client.encode_messages([1], SchemaSelector(id=9))

    def test_a_refusal_has_its_proof(self, client: RegistryClient) -> None:
        """Incompatible: status, code, sentence, request, and the message that one side cannot read."""
        client.register_schema("s", STRING)
        with pytest.raises(Incompatible) as raised:
            client.register_schema("s", '"int"')
        refused = raised.value
        assert (refused.status, refused.error_code) == (409, 40901)
        assert refused.message.startswith("Schema being registered is incompatible")
        assert refused.request.startswith("POST http://127.0.0.1:")
        assert refused.request_id
        [difference] = refused.differences
        assert difference.witness is not None
        assert difference.witness.json in str(refused)

    def test_configs(self, client: RegistryClient) -> None:
        """Levels and the rest are set, kept where not given, cleared by None, inherited, and taken away."""
        client.register_schema("s", STRING)
        with pytest.raises(NotFound) as raised:
            client.get_config("s")
        assert raised.value.error_code == 40408
        assert client.get_config("s", default_to_global=True).compatibility_level == "BACKWARD"
        told = client.set_config(ConfigUpdate(compatibility="FULL", normalize=True, default_metadata=OWNED), "s")
        assert told == Config(compatibility_level="FULL", normalize=True, default_metadata=OWNED)
        assert client.set_config(ConfigUpdate(normalize=None), "s").normalize is None
        assert client.get_config("s") == Config(compatibility_level="FULL", default_metadata=OWNED)
        assert client.delete_config("s").compatibility_level == "FULL"
        assert client.set_config(ConfigUpdate(compatibility="NONE")).compatibility_level == "NONE"
        assert client.get_config().compatibility_level == "NONE"
        assert client.register_schema("s", '"int"').version == 2
        client.delete_config()

    def test_modes(self, client: RegistryClient) -> None:
        """Modes are set, hold, and are taken away; importing chooses ids and versions."""
        assert client.set_mode("IMPORT", "s") == Mode("IMPORT")
        assert client.register_schema("s", STRING, id=70, version=7).id == 70
        assert client.set_mode("READONLY", "s", force=True) == client.get_mode("s") == Mode("READONLY")
        with pytest.raises(Refusal, match="read-only mode"):
            client.register_schema("s", '"bytes"')
        assert client.delete_mode("s") == Mode("READONLY")
        assert client.get_mode("s", default_to_global=True) == client.get_mode() == Mode("READWRITE")
        assert client.set_mode("READONLY") == Mode("READONLY")
        assert client.set_mode(None) == Mode(None)
        assert client.delete_mode(recursive=True) == Mode(None)

    def test_contexts(self, connect: Connect) -> None:
        """A client may live in a context; contexts are listed, and deleted when they are empty."""
        connect(context=".test").register_schema("s", STRING)
        client = connect()
        assert client.list_subjects() == [":.test:s"]
        assert client.list_contexts() == [".", ".test"]
        assert client.list_contexts(".t", offset=0, limit=5) == [".test"]
        with pytest.raises(Refusal, match="not empty"):
            client.delete_context(".test")
        client.delete_subject(":.test:s")
        client.delete_subject(":.test:s", permanent=True)
        client.delete_context(".test")
        assert client.list_contexts() == ["."]

    def test_associations(self, client: RegistryClient) -> None:
        """A topic is tied to subjects, found by id, name and subject, and untied; one at a time and many at once."""
        client.register_schema("shared", STRING)
        weak = AssociationItem("shared", "value", "WEAK")
        request = AssociationRequest("orders", "lkc1", "id-1", (weak,))
        assert client.create_associations(request, dry_run=True).resource_id == "id-1"
        assert client.list_associations_of_resource("id-1") == []
        assert [each.subject for each in client.create_associations(request).associations] == ["shared"]
        assert [each.subject for each in client.set_associations(request).associations] == ["shared"]
        [found] = client.list_associations_of_resource_name("-", "orders", association_type=["value"])
        assert (found.subject, found.resource_namespace, found.lifecycle, found.frozen) == (
            "shared",
            "lkc1",
            "WEAK",
            False,
        )
        assert client.list_associations_of_resource("id-1", resource_type="topic", lifecycle="WEAK") == [found]
        assert client.list_associations_of_subject("shared", limit=5) == [found]
        owned = AssociationItem(association_type="key", schema=Schema('"long"'))
        strong = AssociationRequest("payments", "lkc1", "id-2", (owned,))
        told = client.create_associations(strong).associations[0]
        assert (told.lifecycle, told.frozen, told.schema and told.schema.schema) == ("STRONG", True, '"long"')
        queries = [AssociationQuery(resource_id="id-2"), AssociationQuery(resource_namespace="lkc1", resource_name="x")]
        results = client.read_associations(queries, include_schemas=True).results
        assert results[0].result is not None
        assert results[0].result.associations[0].subject == ":.lkc1:payments-key"
        untie = AssociationOperation(op_type="DELETE", subject="shared", association_type="value")
        wrong = AssociationOperation(op_type="CREATE", subject="nobody", association_type="value", lifecycle="WEAK")
        changed = client.change_associations(
            [AssociationChange("orders", "lkc1", "id-1", (untie,)), AssociationChange("t", "lkc1", "id-3", (wrong,))]
        )
        assert changed.results[0].error is None
        assert changed.results[1].error is not None
        assert changed.results[1].error.error_code == 40907
        client.delete_associations("id-2", association_type="key", cascade_lifecycle=True)
        assert client.list_subjects(deleted=True) == ["shared"]

    def test_the_server_itself(self, client: RegistryClient) -> None:
        """What it is, how it is, its contract and its page."""
        assert client.get_root() == {}
        assert "schema-registry-cluster" in client.get_cluster_id().scope.clusters
        assert client.get_version_of_api().version.startswith("8.")
        assert client.get_deployment().attributes == ()
        assert client.list_exporters() == []
        assert client.get_contract().startswith("# The contract")
        assert "<html" in client.get_docs()
        assert "TYPE_CHANGED" in client.get_rule("TYPE_CHANGED")
        assert client.get_health().role == "primary"
        assert client.get_liveness()
        assert client.get_readiness()
        assert client.get_startup()
        assert client.get_karapace_health().healthy
        assert client.get_master_available()
        assert "momus" in client.get_metrics()
