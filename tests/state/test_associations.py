"""Which associations may be, and what they forbid: rows of (what was done before, what is asked, what comes of it)."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compat import Description, Report, Source, Tagged, parse
from registry.names import Subject, subject_of
from registry.refusals import Refusal
from registry.state import associations, queries
from registry.state.associations import Filter
from registry.state.commands import (
    Associate,
    Command,
    DeleteSubject,
    DeleteVersion,
    Dissociate,
    Draft,
    Register,
    SetMode,
    Tie,
    Untie,
)
from registry.state.decisions import Decision, Defaults, decide
from registry.state.decisions.associations import Associated
from registry.state.facts import Compare, Describe, Missing, Tagging, Tags
from registry.state.records import Write, read
from registry.state.state import State
from registry.state.values import Association, Config, ReferenceValue

NOW = 1_767_225_600_000
DEFAULTS = Defaults(config=Config(compatibilityLevel="NONE", validateNewSchemas=True, normalize=False))


class Parsed:
    """Facts found on the spot. Nothing here compares: the level is NONE throughout."""

    def plain(self, kind: str, text: str) -> Source:
        return Source(kind, text)

    def description(self, question: Describe) -> Description:
        return parse(question.source, strict=question.strict).describe(normalize=question.normalize)

    def report(self, question: Compare) -> Report:
        raise AssertionError(question)

    def retagged(self, question: Tagging) -> str:
        raise AssertionError(question)

    def tags(self, question: Tags) -> tuple[Tagged, ...]:
        raise AssertionError(question)


class Registry:
    """A state and its log, without the waiting."""

    def __init__(self) -> None:
        self.state = State()
        self.log: list[Write] = []

    def decide(self, command: Command) -> Decision:
        return decide(self.state.draft(), command, DEFAULTS, Parsed())

    def do(self, command: Command) -> Decision:
        decision = self.decide(command)
        for write in decision.writes:
            self.state.apply(read(write.key, write.value, len(self.log), NOW))
            self.log.append(write)
        return decision

    @property
    def ties(self) -> list[str]:
        """Every association in a line."""
        return [line(association) for association in associations.of_name(self.state, None, None)]


def line(association: Association) -> str:
    frozen = " frozen" if association.frozen else ""
    return (
        f"{association.resourceId} {association.associationType} {association.lifecycle}{frozen} {association.subject}"
    )


def after(*commands: Command) -> Registry:
    registry = Registry()
    for command in commands:
        registry.do(command)
    return registry


def schema(name: str, *references: ReferenceValue) -> Draft:
    fields = "".join(f',{{"name":"{reference.name}","type":"{reference.name}"}}' for reference in references)
    text = f'{{"type":"record","name":"{name}","fields":[{{"name":"f","type":"string"}}{fields}]}}'
    return Draft(text, references=references)


def registered(
    subject: str, name: str = "A", *references: ReferenceValue, number: int = -1, version: int = 0
) -> Register:
    return Register(subject_of(subject), schema(name, *references), id=number, version=version)


def tie(subject: str | None = None, lifecycle: str | None = None, *, upsert: bool = False, **more: Any) -> Tie:
    """A tie; `schema` is the name of a record to register with it."""
    name = more.pop("schema", None)
    registration = Register(Subject("", ""), schema(name)) if name else None
    return Tie(subject=subject, lifecycle=lifecycle, registration=registration, is_upsert=upsert, **more)


def upsert(subject: str | None = None, lifecycle: str | None = None, **more: Any) -> Tie:
    return tie(subject, lifecycle, upsert=True, **more)


def on(resource: str, *ties: Tie | Untie, **more: Any) -> Associate:
    """Associations of the topic `resource` of cluster `c1`."""
    guids = tuple(f"{resource}-{tie.association_type}" for tie in ties)
    named = {
        "context": ".",
        "resource_name": resource,
        "resource_namespace": "c1",
        "resource_id": f"id-{resource}",
        "resource_type": "topic",
    }
    return Associate(**{**named, **more}, ties=ties, now=NOW, guids=guids)


S = registered("s")
S2 = registered("s", "B")
T = registered("t", "T")
OWN = ":.c1:orders-value"
WEAK_S = on("orders", tie("s", "WEAK"))
STRONG_S = on("orders", tie("s", "STRONG"))
FROZEN = on("orders", tie(schema="A"))
IMPORT = SetMode(subject_of("s"), "IMPORT", force=True)
TO_S = ReferenceValue("A", "s", 1)
TO_OWN = ReferenceValue("A", OWN, 1)


@dataclass(frozen=True, slots=True)
class Row:
    promise: str
    before: tuple[Command, ...]
    command: Associate | Dissociate
    ties: tuple[str, ...]


ACCEPTED = (
    Row("a topic may name a subject", (S,), on("orders", tie("s")), ("id-orders value WEAK s",)),
    Row(
        "without a word on it an association is of values",
        (S,),
        on("orders", tie("s", "WEAK")),
        ("id-orders value WEAK s",),
    ),
    Row(
        "key and value are two associations",
        (S, T),
        on("orders", tie("s", association_type="key"), tie("t")),
        ("id-orders key WEAK s", "id-orders value WEAK t"),
    ),
    Row(
        "key and value may share a subject when both are weak",
        (S,),
        on("orders", tie("s", association_type="key"), tie("s")),
        ("id-orders key WEAK s", "id-orders value WEAK s"),
    ),
    Row(
        "many topics may name one subject",
        (S, WEAK_S),
        on("copies", tie("s", "WEAK")),
        ("id-copies value WEAK s", "id-orders value WEAK s"),
    ),
    Row("a topic may own a subject that is there", (S,), STRONG_S, ("id-orders value STRONG s",)),
    Row(
        "frozen alone means strong",
        (registered(OWN),),
        on("orders", tie(frozen=True)),
        (f"id-orders value STRONG frozen {OWN}",),
    ),
    Row(
        "a strong association without a subject has the topic's own",
        (registered(OWN),),
        on("orders", tie(lifecycle="STRONG")),
        (f"id-orders value STRONG {OWN}",),
    ),
    Row("a schema makes the new association strong and frozen", (), FROZEN, (f"id-orders value STRONG frozen {OWN}",)),
    Row(
        "both kinds may come with their schemas",
        (),
        on("orders", tie(schema="K", association_type="key"), tie(schema="V")),
        ("id-orders key STRONG frozen :.c1:orders-key", f"id-orders value STRONG frozen {OWN}"),
    ),
    Row(
        "an unqualified subject is in the context of the request",
        (registered(":.x:s"),),
        on("orders", tie("s"), context=".x"),
        ("id-orders value WEAK :.x:s",),
    ),
    Row(
        "a qualified subject is in its own", (S,), on("orders", tie(":.:s"), context=".x"), ("id-orders value WEAK s",)
    ),
    Row("what is there already may be asked for again", (S, WEAK_S), WEAK_S, ("id-orders value WEAK s",)),
    Row("what is not said stays as it is", (S, STRONG_S), on("orders", tie()), ("id-orders value STRONG s",)),
    Row(
        "what is frozen may be asked for again with its schema",
        (FROZEN,),
        FROZEN,
        (f"id-orders value STRONG frozen {OWN}",),
    ),
    Row(
        "what is missing is made beside what is there",
        (S, T, WEAK_S),
        on("orders", tie("s"), tie("t", association_type="key")),
        ("id-orders key WEAK t", "id-orders value WEAK s"),
    ),
    Row("an upsert makes a weak association", (S,), on("orders", upsert("s", "WEAK")), ("id-orders value WEAK s",)),
    Row(
        "an upsert may bring the schema of a weak association",
        (),
        on("orders", upsert("s", "WEAK", schema="A")),
        ("id-orders value WEAK s",),
    ),
    Row("an upsert may name another subject", (S, T, WEAK_S), on("orders", upsert("t")), ("id-orders value WEAK t",)),
    Row(
        "an upsert may make a strong association weak",
        (S, STRONG_S),
        on("orders", upsert(lifecycle="WEAK")),
        ("id-orders value WEAK s",),
    ),
    Row(
        "an upsert may freeze what is strong",
        (registered(OWN), on("orders", tie(lifecycle="STRONG"))),
        on("orders", upsert(frozen=True)),
        (f"id-orders value STRONG frozen {OWN}",),
    ),
    Row(
        "an upsert of what is frozen changes nothing",
        (FROZEN,),
        on("orders", upsert()),
        (f"id-orders value STRONG frozen {OWN}",),
    ),
    Row(
        "an upsert may bring the next schema of a frozen subject",
        (FROZEN,),
        on("orders", upsert(schema="B")),
        (f"id-orders value STRONG frozen {OWN}",),
    ),
    Row(
        "an upsert may change the lifecycle of all associations of a topic at once",
        (S, T, on("orders", tie("s", "STRONG"), tie("t", "STRONG", association_type="key"))),
        on("orders", upsert("s", "WEAK"), upsert("t", "WEAK", association_type="key")),
        ("id-orders key WEAK t", "id-orders value WEAK s"),
    ),
    Row(
        "an upsert may be strong where ids are imported",
        (S, IMPORT),
        on("orders", upsert("s", "STRONG")),
        ("id-orders value STRONG s",),
    ),
    Row(
        "one request may mix its operations",
        (S, T, WEAK_S),
        on("orders", Untie(), upsert("t", association_type="key")),
        ("id-orders key WEAK t",),
    ),
    Row(
        "a subject that one association lets go another may take, in one request",
        (S, T, STRONG_S),
        on("orders", upsert("t", "WEAK"), upsert("s", "WEAK", association_type="key")),
        ("id-orders key WEAK s", "id-orders value WEAK t"),
    ),
    Row(
        "an owned subject may be taken once it is free",
        (S, STRONG_S, Dissociate("id-orders")),
        on("copies", tie("s", "STRONG")),
        ("id-copies value STRONG s",),
    ),
    Row("the longest name has 256 characters", (S,), on("o" * 256, tie("s")), (f"id-{'o' * 256} value WEAK s",)),
    Row("names are made of letters, digits, _ and -", (S,), on("Ä_1-2", tie("s")), ("id-Ä_1-2 value WEAK s",)),
)


@dataclass(frozen=True, slots=True)
class Refused:
    promise: str
    before: tuple[Command, ...]
    command: Command
    code: int
    text: str


INVALID = "The association specified an invalid value for property: '{}', detail: "


def invalid(promise: str, before: tuple[Command, ...], command: Command, property_: str, text: str) -> Refused:
    return Refused(promise, before, command, 42212, INVALID.format(property_) + text)


READ_ONLY = "Subject s in context  is in read-only mode"
EMPTY = "it may not be empty"
NEEDED = "an association that is WEAK needs one"
NO_RESOURCE_TYPE = "'table' is unknown; known is topic"
NO_TYPE = "'header' is unknown; known are key, value"
REFERRED = "schemas refer to 's', so that no resource can own it"
ONE = "all associations of a resource have the same"
ONLY_CREATED = "an association that is STRONG can only be created"
HAS_OWN = f"an association that is frozen has the resource's own, '{OWN}'"
IS_FROZEN = f"The association of type  'value' is frozen for subject '{OWN}'"
ABSENT = "No active (non-deleted) version exists for subject 's'"
USED = "An association already exists for subject 's'"
OWNED = "A strong association already exists for subject 's'"
EXISTS = "An association of type 'value' already exists for resource 'id-orders'"
REFUSED = (
    invalid("a resource has a name", (S,), on("orders", tie("s"), resource_name=""), "resourceName", EMPTY),
    invalid(
        "a name has no dot",
        (S,),
        on("orders", tie("s"), resource_name="a.b"),
        "resourceName",
        "it may hold letters, digits, '_' and '-', but not '.'",
    ),
    invalid(
        "a name is not too long", (S,), on("o" * 257, tie("s")), "resourceName", "it is longer than 256 characters"
    ),
    invalid(
        "a namespace is a name",
        (S,),
        on("orders", tie("s"), resource_namespace="a b"),
        "resourceNamespace",
        "it may hold letters, digits, '_' and '-', but not ' '",
    ),
    invalid(
        "a resource has a namespace", (S,), on("orders", tie("s"), resource_namespace=""), "resourceNamespace", EMPTY
    ),
    invalid("a resource has an id", (S,), on("orders", tie("s"), resource_id=""), "resourceId", EMPTY),
    invalid(
        "a resource is a topic", (S,), on("orders", tie("s"), resource_type="table"), "resourceType", NO_RESOURCE_TYPE
    ),
    invalid("something is asked for", (S,), on("orders"), "associations", "there must be at least one"),
    invalid(
        "an association is of keys or values",
        (S,),
        on("orders", tie("s", association_type="header")),
        "associationType",
        NO_TYPE,
    ),
    invalid(
        "there is one association of a type",
        (S,),
        on("orders", tie("s"), tie("s")),
        "associations",
        "there are 2 of type 'value'",
    ),
    invalid(
        "there is one operation of a type",
        (S, WEAK_S),
        on("orders", Untie(), tie("s")),
        "associations",
        "there are 2 of type 'value'",
    ),
    invalid(
        "a lifecycle is STRONG or WEAK",
        (S,),
        on("orders", tie("s", "FIRM")),
        "lifecycle",
        "'FIRM' is unknown; known are STRONG, WEAK",
    ),
    invalid(
        "nothing weak is frozen",
        (S,),
        on("orders", tie("s", "WEAK", frozen=True)),
        "frozen",
        "an association that is WEAK cannot be frozen",
    ),
    invalid(
        "nothing weak is created with a schema",
        (),
        on("orders", tie("s", "WEAK", schema="A")),
        "lifecycle",
        "an association that is created with a schema is STRONG",
    ),
    invalid(
        "a schema in a create freezes",
        (),
        on("orders", tie(schema="A", frozen=False)),
        "frozen",
        "an association that is created with a schema is frozen",
    ),
    invalid("what is weak names its subject", (S,), on("orders", tie(lifecycle="WEAK")), "subject", NEEDED),
    invalid("nothing said is too little", (S,), on("orders", tie()), "subject", NEEDED),
    invalid(
        "the own subject is for what is strong",
        (registered(OWN),),
        on("orders", tie(OWN, "WEAK")),
        "subject",
        f"'{OWN}' is the resource's own, for an association that is STRONG",
    ),
    invalid("what is frozen has the own subject", (S,), on("orders", tie("s", frozen=True)), "subject", HAS_OWN),
    invalid(
        "nothing is frozen on a subject that is not its own",
        (S, STRONG_S),
        on("orders", upsert(frozen=True)),
        "subject",
        HAS_OWN,
    ),
    invalid("an upsert makes nothing strong", (S,), on("orders", upsert("s", "STRONG")), "lifecycle", ONLY_CREATED),
    invalid(
        "an upsert turns nothing strong", (S, WEAK_S), on("orders", upsert("s", "STRONG")), "lifecycle", ONLY_CREATED
    ),
    invalid(
        "an upsert gives nothing strong another subject",
        (S, T, STRONG_S),
        on("orders", upsert("t")),
        "lifecycle",
        ONLY_CREATED,
    ),
    invalid(
        "a topic has one lifecycle",
        (S, T),
        on("orders", tie("s", "STRONG"), tie("t", "WEAK", association_type="key")),
        "lifecycle",
        ONE,
    ),
    invalid(
        "a topic keeps one lifecycle",
        (S, T, WEAK_S),
        on("orders", tie("t", "STRONG", association_type="key")),
        "lifecycle",
        ONE,
    ),
    invalid(
        "an id has one name",
        (S, WEAK_S),
        on("copies", tie("s"), resource_id="id-orders"),
        "resourceName",
        "the resource with id 'id-orders' has 'orders'",
    ),
    invalid(
        "an id has one namespace",
        (S, WEAK_S),
        on("orders", tie("s"), resource_namespace="c2"),
        "resourceNamespace",
        "the resource with id 'id-orders' has 'c1'",
    ),
    invalid(
        "a name has one id",
        (S, WEAK_S),
        on("orders", tie("s", association_type="key"), resource_id="id-2"),
        "resourceId",
        "the resource of this name has 'id-orders'",
    ),
    invalid("nothing owns what schemas refer to", (S, registered("r", "R", TO_S)), STRONG_S, "subject", REFERRED),
    invalid(
        "deleted schemas refer, too",
        (S, registered("r", "R", TO_S), DeleteSubject(subject_of("r"))),
        STRONG_S,
        "subject",
        REFERRED,
    ),
    invalid(
        "an unknown type is no filter",
        (S, WEAK_S),
        Dissociate("id-orders", association_types=("header",)),
        "associationType",
        NO_TYPE,
    ),
    invalid(
        "an unknown resource type is no filter",
        (S, WEAK_S),
        Dissociate("id-orders", "table"),
        "resourceType",
        NO_RESOURCE_TYPE,
    ),
    Refused("a create changes no subject", (S, T, WEAK_S), on("orders", tie("t")), 40903, EXISTS),
    Refused("a create changes no lifecycle", (S, WEAK_S), STRONG_S, 40903, EXISTS),
    Refused("a create brings no further schema", (FROZEN,), on("orders", tie(schema="B")), 40903, EXISTS),
    Refused(
        "a create freezes nothing",
        (registered(OWN), on("orders", tie(lifecycle="STRONG"))),
        on("orders", tie(schema="A")),
        40903,
        EXISTS,
    ),
    Refused("nobody owns what another one uses", (S, WEAK_S), on("copies", tie("s", "STRONG")), 40904, USED),
    Refused(
        "key and value cannot both own a subject",
        (S,),
        on("orders", tie("s", "STRONG"), tie("s", "STRONG", association_type="key")),
        40905,
        OWNED,
    ),
    Refused("nobody uses what another one owns", (S, STRONG_S), on("copies", tie("s")), 40905, OWNED),
    Refused("nobody owns what another one owns", (S, STRONG_S), on("copies", tie("s", "STRONG")), 40905, OWNED),
    Refused("a subject must be there", (), on("orders", tie("s")), 40907, ABSENT),
    Refused(
        "a deleted subject is not there", (S, DeleteSubject(subject_of("s"))), on("orders", tie("s")), 40907, ABSENT
    ),
    Refused("what is frozen is not thawed", (FROZEN,), on("orders", upsert(frozen=False)), 40908, IS_FROZEN),
    Refused("what is frozen stays strong", (FROZEN, S), on("orders", upsert("s", "WEAK")), 40908, IS_FROZEN),
    Refused("what is frozen does not end alone", (FROZEN,), Dissociate("id-orders"), 40908, IS_FROZEN),
    Refused("what is frozen does not end alone in a batch", (FROZEN,), on("orders", Untie()), 40908, IS_FROZEN),
    Refused(
        "what is not there does not end",
        (S, WEAK_S),
        Dissociate("id-copies"),
        40410,
        "Association for 'id-copies' not found.",
    ),
    Refused(
        "what is not there of a type does not end",
        (S, WEAK_S),
        Dissociate("id-orders", association_types=("key",)),
        40410,
        "Association for 'id-orders' not found.",
    ),
    Refused(
        "what is not there does not end in a batch",
        (S, WEAK_S),
        on("orders", Untie("key")),
        40410,
        "Association for 'id-orders' not found.",
    ),
    Refused(
        "an owned subject is not referred to",
        (S, STRONG_S),
        registered("r", "R", TO_S),
        42205,
        "Subject 's' has a strong association and cannot be referenced",
    ),
    Refused(
        "nor is it by itself",
        (FROZEN,),
        registered(OWN, "R", TO_OWN),
        42205,
        f"Subject '{OWN}' has a strong association and cannot be referenced",
    ),
    Refused("a read-only subject is not tied", (S, SetMode(subject_of("s"), "READONLY")), WEAK_S, 42205, READ_ONLY),
    Refused(
        "a read-only subject is not untied",
        (S, WEAK_S, SetMode(subject_of("s"), "READONLY")),
        Dissociate("id-orders"),
        42205,
        READ_ONLY,
    ),
    Refused("an associated subject is not deleted", (S, WEAK_S), DeleteSubject(subject_of("s")), 40904, USED),
    Refused(
        "an associated subject keeps a live version", (S, WEAK_S), DeleteVersion(subject_of("s"), 1), 40907, ABSENT
    ),
)


def promises(rows: tuple[Any, ...]) -> list[Any]:
    return [pytest.param(row, id=row.promise) for row in rows]


@pytest.mark.parametrize("row", promises(ACCEPTED))
def test_what_may_be_is_so_afterwards(row: Row) -> None:
    """Each accepted request leaves the associations of its row, and answers with those it named."""
    registry = after(*row.before)
    answer = registry.do(row.command).answer
    assert registry.ties == list(row.ties)
    assert isinstance(answer, Associated)
    assert {line(tied.association) for tied in answer.ties} <= set(registry.ties)
    assert isinstance(row.command, Associate)
    assert len(answer.ties) == sum(isinstance(tie, Tie) for tie in row.command.ties)


@pytest.mark.parametrize("row", promises(ACCEPTED))
def test_a_dry_run_answers_the_same_and_writes_nothing(row: Row) -> None:
    """With `dry_run` the answer is the one that would hold, and there are no records."""
    registry = after(*row.before)
    dry, real = registry.decide(replace(row.command, dry_run=True)), registry.decide(row.command)
    assert dry.writes == ()
    assert dry.answer == real.answer


@pytest.mark.parametrize(
    "row",
    promises(tuple(row for row in ACCEPTED if not any(isinstance(tie, Untie) for tie in row.command.ties))),  # type: ignore[union-attr]
)
def test_an_equal_request_writes_nothing(row: Row) -> None:
    """What was just done may be asked for again: the answer is as before and nothing is written."""
    registry = after(*row.before)
    first, again = registry.do(row.command), registry.decide(row.command)
    assert again.writes == ()
    assert [line(tied.association) for tied in again.answer.ties] == [
        line(tied.association) for tied in first.answer.ties
    ]


@pytest.mark.parametrize("row", promises(REFUSED))
def test_what_may_not_be_is_refused(row: Refused) -> None:
    """Each refused request gets the code and sentence of its row, and the state stays as it is."""
    registry = after(*row.before)
    ties = registry.ties
    with pytest.raises(Refusal) as refusal:
        registry.do(row.command)
    assert (refusal.value.reason.code, refusal.value.message) == (row.code, row.text)
    assert registry.ties == ties


def test_a_new_association_is_written_in_the_bytes_of_the_topic() -> None:
    """The record of an association has Confluent's key and value, member for member."""
    (write,) = after(S).decide(WEAK_S).writes
    assert write.key == (
        b'{"keytype":"ASSOC","tenant":"default","resourceName":"orders","resourceNamespace":"c1","resourceType":"topic",'
        b'"associationType":"value","subject":"s","magic":0}'
    )
    assert write.value == (
        b'{"guid":"orders-value","tenant":"default","resourceName":"orders","resourceNamespace":"c1","resourceId":"id-orders",'
        b'"resourceType":"topic","associationType":"value","subject":"s","lifecycle":"WEAK","frozen":false,'
        b'"createTs":1767225600000}'
    )


def test_a_change_keeps_identity_and_creation() -> None:
    """An association that gets another subject keeps its guid and time of creation, and leaves no record behind."""
    registry = after(S, T, WEAK_S)
    command = replace(on("orders", upsert("t")), now=NOW + 1, guids=("another",))
    registry.do(command)
    (association,) = associations.of_resource(registry.state, "id-orders")
    assert (association.guid, association.createTs, association.subject) == ("orders-value", NOW, "t")
    assert not associations.of_subject(registry.state, subject_of("s"))


def test_the_record_tells_when_an_association_was_changed_last() -> None:
    """The time of the last change is that of the record, as in Confluent: no member of the value says it."""
    registry = after(S, WEAK_S)
    (write,) = registry.log[1:]
    registry.state.apply(read(write.key, write.value, len(registry.log), NOW + 5))
    (association,) = associations.of_resource(registry.state, "id-orders")
    assert (association.createTs, association.updateTs) == (NOW, NOW + 5)
    assert b"updateTs" not in (write.value or b"")


def test_a_schema_comes_with_its_association_in_one_decision() -> None:
    """The context, the schema and the association are one set of writes, and the answer carries the version."""
    registry = Registry()
    decision = registry.do(FROZEN)
    assert [write.key.split(b'"')[3] for write in decision.writes] == [b"CONTEXT", b"SCHEMA", b"ASSOC"]
    (tied,) = decision.answer.ties
    assert (tied.schema.subject, tied.schema.version, tied.schema.id) == (subject_of(OWN), 1, 1)


def test_two_schemas_of_one_request_get_two_ids() -> None:
    """Key and value that come together are decided one after the other: their ids differ."""
    answer = after().decide(on("orders", tie(schema="K", association_type="key"), tie(schema="V"))).answer
    assert [tied.schema.id for tied in answer.ties] == [1, 2]


def test_a_request_is_done_whole_or_not_at_all() -> None:
    """A refused tie leaves nothing of those before it, their schemas included."""
    registry = Registry()
    with pytest.raises(Refusal):
        registry.do(on("orders", tie(schema="K", association_type="key"), tie("missing", "STRONG")))
    assert registry.log == []


def test_a_schema_that_is_invalid_is_refused_by_registration() -> None:
    """A schema in a tie is held to all that holds for registration."""
    broken = Tie(registration=Register(Subject("", ""), Draft('{"type":"nothing"}')))
    with pytest.raises(Refusal) as refusal:
        after().decide(on("orders", broken))
    assert refusal.value.reason.code == 42201


def test_an_imported_schema_keeps_its_id() -> None:
    """The registration of a tie is a whole one: where ids are imported it brings its own."""
    registration = Register(Subject("", ""), schema("A"), id=77, version=5)
    imported = Tie(subject="s", lifecycle="STRONG", registration=registration, is_upsert=True)
    (tied,) = after(IMPORT).decide(on("orders", imported)).answer.ties
    assert (tied.schema.id, tied.schema.version) == (77, 5)


@pytest.mark.parametrize(
    ("command", "left"),
    [
        (Dissociate("id-orders"), []),
        (Dissociate("id-orders", "topic", ("key", "value")), []),
        (Dissociate("id-orders", association_types=("key",)), ["id-orders value STRONG s"]),
        (Dissociate("id-orders", dry_run=True), ["id-orders key STRONG t", "id-orders value STRONG s"]),
    ],
)
def test_associations_end_as_chosen(command: Dissociate, left: list[str]) -> None:
    """A deletion takes the associations of the types it names, all without a name, none in a dry run."""
    registry = after(S, T, on("orders", tie("s", "STRONG"), tie("t", "STRONG", association_type="key")))
    registry.do(command)
    assert registry.ties == left
    assert queries.has_subject(registry.state, subject_of("s"))


@pytest.mark.parametrize("end", [Dissociate("id-orders", cascade=True), on("orders", Untie(cascade=True))])
def test_a_cascade_takes_owned_subjects_for_good(end: Command) -> None:
    """With `cascade` a frozen association ends, and nothing is left of its subject but ids that stay issued."""
    registry = after(FROZEN, on("orders", upsert(schema="B")))
    registry.do(end)
    own = subject_of(OWN)
    assert not registry.ties
    assert not queries.has_subject(registry.state, own, include_deleted=True)
    assert registry.state.deletions.get(own) is None
    assert registry.do(FROZEN).answer.ties[0].schema.id == 3


def test_a_cascade_takes_a_subject_that_is_partly_deleted() -> None:
    """Versions that were soft deleted before go for good with those that were not."""
    registry = after(FROZEN, on("orders", upsert(schema="B")), DeleteVersion(subject_of(OWN), 1))
    registry.do(Dissociate("id-orders", cascade=True))
    assert not queries.has_subject(registry.state, subject_of(OWN), include_deleted=True)


def test_a_cascade_leaves_subjects_that_are_only_named() -> None:
    """A WEAK association ends alone, whatever `cascade` says."""
    registry = after(S, WEAK_S)
    registry.do(Dissociate("id-orders", cascade=True))
    assert registry.ties == []
    assert queries.has_subject(registry.state, subject_of("s"))


def test_the_log_may_have_spelled_a_key_otherwise() -> None:
    """An association whose record another registry wrote with its key in another order ends with that record, too."""
    registry = after(S, WEAK_S)
    write = registry.log[-1]
    other = Write(
        write.key.replace(b'"keytype":"ASSOC",', b"").replace(b"{", b'{"keytype":"ASSOC",').replace(b",", b", "),
        write.value,
    )
    registry.state.apply(read(other.key, other.value, len(registry.log), NOW))
    assert {gone.key for gone in registry.decide(Dissociate("id-orders")).writes} == {write.key, other.key}


QUESTIONS = [
    (("c1", "orders"), Filter(), ["id-orders key WEAK t", "id-orders value WEAK s"]),
    ((None, "orders"), Filter(), ["id-orders key WEAK t", "id-orders value WEAK s", "id-far value STRONG u"]),
    (("c1", None), Filter(), ["id-copies value WEAK s", "id-orders key WEAK t", "id-orders value WEAK s"]),
    ((None, None), Filter(lifecycles=("STRONG",)), ["id-far value STRONG u"]),
    ((None, "orders"), Filter(association_types=("value",)), ["id-orders value WEAK s", "id-far value STRONG u"]),
    ((None, "orders"), Filter("topic", ("value",), ("WEAK",)), ["id-orders value WEAK s"]),
    ((None, None), Filter("table"), []),
    (("c3", "orders"), Filter(), []),
]


@pytest.mark.parametrize(("name", "chosen", "found"), QUESTIONS)
def test_associations_are_found_by_name_and_filter(
    name: tuple[str | None, str | None], chosen: Filter, found: list[str]
) -> None:
    """A namespace or name of None is any; a filter takes what agrees with all it says; the order is by name."""
    far = on("orders", tie("u", "STRONG"), resource_namespace="c2", resource_id="id-far")
    orders = on("orders", tie("s"), tie("t", association_type="key"))
    registry = after(S, T, registered("u"), orders, on("copies", tie("s")), replace(far, guids=("far",)))
    assert [line(one) for one in associations.of_name(registry.state, *name, chosen)] == found
    assert [line(one) for one in associations.of_subject(registry.state, subject_of("s"))] == [
        "id-copies value WEAK s",
        "id-orders value WEAK s",
    ]
    assert [line(one) for one in associations.of_resource(registry.state, "id-far")] == ["id-far value STRONG u"]


@pytest.mark.parametrize(
    ("chosen", "subjects"),
    [
        (Filter(), {"s": 2, "t": 1}),
        (Filter(association_types=("key",)), {"t": 1}),
        (Filter("topic", ("key", "value"), ("WEAK",)), {"s": 2, "t": 1}),
        (Filter(lifecycles=("STRONG",)), {}),
        (Filter(lifecycles=("NONE",)), {"u": 0}),
        (Filter(lifecycles=("NONE", "WEAK")), {"s": 2, "t": 1, "u": 0}),
        (Filter(association_types=("key",), lifecycles=("NONE",)), {"s": 0, "u": 0}),
    ],
)
def test_subjects_are_listed_with_their_associations(chosen: Filter, subjects: dict[str, int]) -> None:
    """A listing of schemas shows subjects with a matching association; with NONE those without any of the types."""
    orders = on("orders", tie("s"), tie("t", association_type="key"))
    registry = after(S, T, registered("u"), orders, on("copies", tie("s")))
    tied = associations.by_subject(registry.state)
    found = {name: associations.shown(tied.get(subject_of(name), ()), chosen) for name in ("s", "t", "u")}
    assert {name: len(shown) for name, shown in found.items() if shown is not None} == subjects


def test_facts_that_are_missing_are_asked_for() -> None:
    """A schema in a tie is described outside the decision, as any schema that is registered."""

    class Ignorant(Parsed):
        def description(self, question: Describe) -> Description:
            raise Missing([question])

    with pytest.raises(Missing) as missing:
        decide(State(), FROZEN, DEFAULTS, Ignorant())
    assert [type(question) for question in missing.value.questions] == [Describe]


# Whatever is asked in whatever order

SUBJECTS = ("s", "t", OWN, ":.c1:orders-key", ":.c1:copies-value")
_subjects = st.sampled_from(SUBJECTS)
_types = st.sampled_from(("key", "value"))
_ties = st.builds(
    Tie,
    _types,
    st.none() | _subjects,
    st.sampled_from((None, "STRONG", "WEAK")),
    st.sampled_from((None, None, True, False)),
    st.none() | st.builds(lambda name: Register(Subject("", ""), schema(name)), st.sampled_from("AB")),
    st.booleans(),
)
_unties = st.builds(Untie, _types, st.booleans())
_commands = st.one_of(
    st.builds(
        lambda resource, ties: on(resource, *ties),
        st.sampled_from(("orders", "copies")),
        st.lists(_ties | _unties, min_size=1, max_size=2, unique_by=lambda tie: tie.association_type),
    ),
    st.builds(
        Dissociate,
        st.sampled_from(("id-orders", "id-copies")),
        st.none(),
        st.just(()) | st.tuples(_types),
        st.booleans(),
    ),
    st.builds(registered, _subjects, st.sampled_from("AB")),
    st.builds(lambda subject, other: registered(subject, "R", ReferenceValue("A", other, -1)), _subjects, _subjects),
    st.builds(
        lambda subject, permanent: DeleteSubject(subject_of(subject), permanent=permanent), _subjects, st.booleans()
    ),
    st.builds(lambda subject: DeleteVersion(subject_of(subject), -1), _subjects),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(_commands, max_size=25))
def test_the_rules_hold_whatever_is_asked(commands: list[Command]) -> None:
    """After any commands: an owned subject is tied once and referred to by nobody, what is frozen is owned and its own,
    a resource has one lifecycle, every tied subject has a live version, and the compacted log says the same.
    """
    registry = Registry()
    for name in ("s", "t"):
        registry.do(registered(name))
    for command in commands:
        try:
            registry.do(command)
        except Refusal:
            continue
        _hold(registry.state)
    compacted = State()
    for offset, write in enumerate({write.key: write for write in registry.log}.values()):
        compacted.apply(read(write.key, write.value, offset, NOW))
    assert associations.of_name(compacted, None, None) == associations.of_name(registry.state, None, None)


def _hold(state: State) -> None:
    known = associations.of_name(state, None, None)
    for association in known:
        subject = subject_of(association.subject)
        own = f":.c1:{association.resourceName}-{association.associationType}"
        assert queries.has_subject(state, subject), association
        if association.frozen:
            assert (association.lifecycle, association.subject) == ("STRONG", own)
        if association.lifecycle == "STRONG":
            assert associations.of_subject(state, subject) == [association]
            records = queries.versions(state, subject, deleted=True)
            assert not any(queries.referrers(state, record.place, include_deleted=True) for record in records)
        else:
            assert association.subject != own
    for resource in {association.resourceId for association in known}:
        assert len({association.lifecycle for association in known if association.resourceId == resource}) == 1
