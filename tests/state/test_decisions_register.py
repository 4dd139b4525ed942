"""Which registrations are accepted, what they write, and which are refused, and why."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import UNSET

from compat import Tagged
from registry.names import MAX_INT, subject_of
from registry.refusals import Refusal
from registry.state import queries
from registry.state.commands import Associate, Retag, Tie
from registry.state.decisions import Defaults
from registry.state.decisions.register import Registered
from registry.state.values import Config, Metadata, Rule, RuleSet
from tests.state.known import NOW
from tests.state.rows import (
    BYTES,
    INT,
    LONG,
    STRING,
    Refused,
    Row,
    accept,
    after,
    config,
    delete,
    gone,
    level,
    mode,
    record,
    refuse,
    register,
    to,
    write,
)

FREE = level("NONE")
IMPORT = mode("IMPORT")
PAIR = record("P", 'a "string"', 'b "string"')
ONE = record("P", 'a "string"')
TAGGED = '{"type":"record","name":"R","fields":[{"name":"f","type":"int","confluent:tags":["PII"]}%s]}'
NOTE = Metadata(properties={"owner": "ann"})
RULES = RuleSet(domainRules=(Rule(name="r", type="CEL"),))
OWN = Associate(
    ".", "orders", "c", "id", "topic", (Tie(subject="s", lifecycle="STRONG"),), NOW, ("00000000-0000-0000",)
)
S_OF_KARAPACE = write(
    '{"subject":"s","version":1,"magic":1,"keytype":"SCHEMA"}',
    '{"subject":"s","version":1,"id":1,"schema":"\\"string\\"","deleted":true}',
)

ROWS = (
    Row("the first id and version are 1", (), register("s"), ('SCHEMA s 1: id 1 AVRO "string"',)),
    Row(
        "the next schema has the next id and version",
        (FREE, register("s")),
        register("s", INT),
        ('SCHEMA s 2: id 2 AVRO "int"',),
    ),
    Row("the same again writes nothing", (register("s"),), register("s"), ()),
    Row("the same in another layout writes nothing", (register("s"),), register("s", ' { "type" : "string" } '), ()),
    Row(
        "an older version again writes nothing",
        (FREE, register("s"), register("s", INT)),
        register("s"),
        (),
    ),
    Row(
        "an older version again is not what the latest is, when that is asked for",
        (FREE, register("s"), register("s", INT)),
        register("s", version=-1),
        ('SCHEMA s 3: id 3 AVRO "string" metadata confluent:version=3',),
    ),
    Row("the latest again is, when that is asked for", (register("s"),), register("s", version=-1), ()),
    Row(
        "one schema has one id in all subjects",
        (register("s"),),
        register("t"),
        ('SCHEMA t 1: id 1 AVRO "string"',),
    ),
    Row(
        "text is kept in its stored form",
        (),
        register("s", '{"name":"E","type":"enum","symbols":["A"],"x":1,"doc":"d"}'),
        ('SCHEMA s 1: id 1 AVRO {"type":"enum","name":"E","doc":"d","symbols":["A"],"x":1}',),
    ),
    Row(
        "normalized when it is asked for",
        (),
        register("s", '{"type":"string","b":1,"a":2}', normalize=True),
        ('SCHEMA s 1: id 1 AVRO {"type":"string","a":2,"b":1}',),
    ),
    Row(
        "normalized when the config says so",
        (config("s", normalize=True),),
        register("s", '{"type":"string","b":1,"a":2}'),
        ('SCHEMA s 1: id 1 AVRO {"type":"string","a":2,"b":1}',),
    ),
    # contexts
    Row(
        "the first schema of a context brings the context",
        (register("s"),),
        register(":.c:s", INT),
        ("CONTEXT .c", 'SCHEMA :.c:s 1: id 1 AVRO "int"'),
    ),
    Row(
        "the second does not",
        (register(":.c:s"),),
        register(":.c:t", INT),
        ('SCHEMA :.c:t 1: id 2 AVRO "int"',),
    ),
    # references
    Row(
        "a reference to the latest is written with its number",
        (FREE, register("s", record("R")), register("s", record("R", 'f "int"'))),
        register("t", '"R"', to("s", -1, "R")),
        ('SCHEMA t 1: id 3 AVRO "R" -> R=s/2',),
    ),
    Row(
        "an unqualified reference stays as it was written",
        (register(":.c:s", record("R")),),
        register(":.c:t", '"R"', to("s", 1, "R")),
        ('SCHEMA :.c:t 1: id 2 AVRO "R" -> R=s/1',),
    ),
    Row(
        "a text with its references inlined is the schema that refers",
        (register("s", record("R")), register("t", record("T", 'f "R"'), to("s", 1, "R"))),
        register("t", record("T", f"f {record('R')}")),
        (),
    ),
    Row(
        "other references are another schema",
        (FREE, register("s", record("R")), register("u", record("R")), register("t", '"R"', to("s", 1, "R"))),
        register("t", '"R"', to("u", 1, "R")),
        ('SCHEMA t 2: id 3 AVRO "R" -> R=u/1',),
    ),
    # metadata and rules
    Row(
        "metadata makes another schema",
        (register("s"),),
        register("s", metadata=NOTE),
        ('SCHEMA s 2: id 2 AVRO "string" metadata owner=ann',),
    ),
    Row(
        "metadata is taken over from the latest version",
        (FREE, register("s", metadata=NOTE)),
        register("s", INT),
        ('SCHEMA s 2: id 2 AVRO "int" metadata owner=ann',),
    ),
    Row(
        "rules are taken over too",
        (FREE, register("s", rules=RULES)),
        register("s", INT),
        ('SCHEMA s 2: id 2 AVRO "int" rules r',),
    ),
    Row(
        "what would be taken over need not be sent",
        (register("s", metadata=NOTE, rules=RULES),),
        register("s"),
        (),
    ),
    Row(
        "the config's metadata comes in below and above",
        (
            config(
                "s",
                defaultMetadata=Metadata(properties={"a": "default", "owner": "default"}),
                overrideMetadata=Metadata(properties={"b": "override"}),
            ),
        ),
        register("s", metadata=Metadata(properties={"b": "mine", "owner": "ann"})),
        ('SCHEMA s 1: id 1 AVRO "string" metadata a=default b=override owner=ann',),
    ),
    Row(
        "and is found again",
        (config("s", defaultMetadata=NOTE), register("s")),
        register("s"),
        (),
    ),
    Row(
        "the config's rules come in too",
        (config("s", defaultRuleSet=RULES),),
        register("s"),
        ('SCHEMA s 1: id 1 AVRO "string" rules r',),
    ),
    Row(
        "an empty text is that of the latest version",
        (register("s"),),
        register("s", "", metadata=NOTE),
        ('SCHEMA s 2: id 2 AVRO "string" metadata owner=ann',),
    ),
    Row(
        "a version that is asked for is told in the metadata",
        (),
        register("s", version=1),
        ('SCHEMA s 1: id 1 AVRO "string" metadata confluent:version=1',),
    ),
    Row("and asked for again it is there", (register("s", version=1),), register("s", version=1), ()),
    Row("and without it too", (register("s", version=1),), register("s"), ()),
    Row(
        "once told it is told on",
        (FREE, register("s", version=1)),
        register("s", INT),
        ('SCHEMA s 2: id 2 AVRO "int" metadata confluent:version=2',),
    ),
    Row(
        "what is empty in rules is not stored",
        (),
        register("s", rules=RuleSet(domainRules=(Rule(name="r", type="CEL", doc="", tags=(), params={}),))),
        ('SCHEMA s 1: id 1 AVRO "string" rules r',),
    ),
    Row(
        "what is told on makes no new version of what is there",
        (FREE, register("s", version=1, metadata=NOTE, rules=RULES)),
        register("s"),
        (),
    ),
    Row(
        "not of an older one either",
        (FREE, register("s", version=1, metadata=NOTE), register("s", INT)),
        register("s"),
        (),
    ),
    Row(
        "nor where the latest is asked for",
        (FREE, register("s", version=1, metadata=NOTE)),
        register("s", version=-1),
        (),
    ),
    Row(
        "nor where the config puts in metadata",
        (config("s", defaultMetadata=NOTE), register("s", version=1)),
        register("s", version=1),
        (),
    ),
    # tags
    Row(
        "tags are put into the text",
        (),
        register("s", record("R", 'f "int"'), tags_to_add=(Tagged("R.f", "sr_field", ("PII",)),)),
        (f"SCHEMA s 1: id 1 AVRO {TAGGED % ''}",),
    ),
    Row(
        "tags of the latest version are carried on when that is asked for",
        (FREE, register("s", record("R", 'f "int"'), tags_to_add=(Tagged("R.f", "sr_field", ("PII",)),))),
        register("s", record("R", 'f "int"', 'g ["null","int"]'), propagate_tags=True),
        ("SCHEMA s 2: id 2 AVRO " + TAGGED % ',{"name":"g","type":["null","int"]}',),
    ),
    # compatibility
    Row(
        "a compatible schema is taken",
        (register("s", PAIR),),
        register("s", ONE),
        (f"SCHEMA s 2: id 2 AVRO {ONE}",),
    ),
    Row(
        "force takes an incompatible one",
        (register("s"),),
        register("s", INT, force=True),
        ('SCHEMA s 2: id 2 AVRO "int"',),
    ),
    Row(
        "only the latest is asked where the level is not transitive",
        (FREE, register("s", BYTES), register("s", INT), level("BACKWARD")),
        register("s", LONG),
        ('SCHEMA s 3: id 3 AVRO "long"',),
    ),
    Row(
        "only versions of the same group are asked",
        (
            config("s", compatibilityGroup="major"),
            register("s", metadata=Metadata(properties={"major": "1"})),
        ),
        register("s", INT, metadata=Metadata(properties={"major": "2"})),
        ('SCHEMA s 2: id 2 AVRO "int" metadata major=2',),
    ),
    # after deletes
    Row(
        "after a soft delete the schema keeps its id and the old version goes",
        (register("s"), delete("s")),
        register("s"),
        ("FORMAT 1", "HIGHEST .: 1", "SCHEMA s 1: gone", 'SCHEMA s 2: id 1 AVRO "string"'),
    ),
    Row(
        "unless something refers to it",
        (
            register("s", record("R")),
            register("t", '"R"', to("s", 1, "R")),
            delete("t"),
            delete("s"),
        ),
        register("s", record("R")),
        ('SCHEMA s 2: id 1 AVRO {"type":"record","name":"R","fields":[]}',),
    ),
    Row(
        "a soft-deleted version with another id stays",
        (register("s"), delete("s")),
        register("s", INT),
        ('SCHEMA s 2: id 2 AVRO "int"',),
    ),
    Row(
        "no id is issued again after a hard delete",
        (register("s"), *gone("s")),
        register("s"),
        ('SCHEMA s 1: id 2 AVRO "string"',),
    ),
    Row(
        "every spelling of the old version's key goes with it",
        (S_OF_KARAPACE,),
        register("s"),
        (
            "FORMAT 1",
            "HIGHEST .: 1",
            'SCHEMA s 1: gone by {"subject":"s","version":1,"magic":1,"keytype":"SCHEMA"}',
            "SCHEMA s 1: gone",
            'SCHEMA s 2: id 1 AVRO "string"',
        ),
    ),
    # modes
    Row(
        "what is there may be asked for where nothing can be written",
        (register("s"), mode("READONLY")),
        register("s"),
        (),
    ),
    Row(
        "the nearest mode counts",
        (mode("READONLY"), mode("READWRITE", "s")),
        register("s"),
        ('SCHEMA s 1: id 1 AVRO "string"',),
    ),
    # ids and versions of the caller's choice
    Row(
        "an import chooses its id and version",
        (IMPORT,),
        register("s", id=7, version=3),
        ('SCHEMA s 3: id 7 AVRO "string"',),
    ),
    Row("an import may leave the version open", (IMPORT,), register("s", id=0), ('SCHEMA s 1: id 0 AVRO "string"',)),
    Row(
        "an import may fill a gap",
        (IMPORT, register("s", id=7, version=3)),
        register("s", INT, id=6, version=2),
        ('SCHEMA s 2: id 6 AVRO "int"',),
    ),
    Row("an import again writes nothing", (IMPORT, register("s", id=7, version=3)), register("s", id=7, version=3), ()),
    Row(
        "nor where the subject has the schema twice",
        (IMPORT, register("s", id=7, version=1), register("s", id=7, version=2)),
        register("s", id=7, version=1),
        (),
    ),
    Row(
        "nor where the config would fill in metadata",
        (config("s", defaultMetadata=NOTE), IMPORT, register("s", id=7, version=3)),
        register("s", id=7, version=3),
        (),
    ),
    Row(
        "an import is not normalized, not even when that is asked for",
        (IMPORT, register("s", id=1)),
        register("s", '{"type":"string","b":1,"a":2}', id=7, version=3, normalize=True),
        ('SCHEMA s 3: id 7 AVRO {"type":"string","b":1,"a":2}',),
    ),
    Row(
        "an import takes over nothing",
        (FREE, register("s", metadata=NOTE), mode("IMPORT", force=True)),
        register("s", INT, id=9),
        ('SCHEMA s 2: id 9 AVRO "int"',),
    ),
    Row(
        "an import need not be compatible",
        (register("s"), mode("IMPORT", force=True)),
        register("s", INT, id=9),
        ('SCHEMA s 2: id 9 AVRO "int"',),
    ),
    Row(
        "a text that no parser takes is imported as it is",
        (IMPORT,),
        register("s", "{not avro", id=7),
        ("SCHEMA s 1: id 7 AVRO {not avro",),
    ),
    Row(
        "also beside others",
        (IMPORT, register("s", id=7)),
        register("s", "{not avro", id=8),
        ("SCHEMA s 2: id 8 AVRO {not avro",),
    ),
    Row("and again it is there", (IMPORT, register("s", "{not avro", id=8)), register("s", "{not avro", id=8), ()),
    Row(
        "a schema may be imported under a second id",
        (IMPORT, register("s", id=7)),
        register("t", id=8),
        ('SCHEMA t 1: id 8 AVRO "string"',),
    ),
    Row(
        "what is registered after an import has the next id",
        (IMPORT, register("s", id=41), mode("READWRITE"), FREE),
        register("s", INT),
        ('SCHEMA s 2: id 42 AVRO "int"',),
    ),
    # once more under other terms
    Row(
        "a version may be written again with metadata",
        (register("s"),),
        Retag(subject_of("s"), 1, metadata=NOTE),
        ('SCHEMA s 2: id 2 AVRO "string" metadata owner=ann',),
    ),
    Row(
        "with rules merged and removed",
        (register("s", rules=RuleSet(domainRules=(Rule(name="a", type="CEL"), Rule(name="b", type="CEL")))),),
        Retag(
            subject_of("s"),
            -1,
            rules_to_merge=RuleSet(domainRules=(Rule(name="c", type="CEL"),)),
            rules_to_remove=("a",),
        ),
        ('SCHEMA s 2: id 2 AVRO "string" rules b c',),
    ),
    Row("or not, when nothing changes", (register("s"),), Retag(subject_of("s"), 1), ()),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.promise)
def test_registration_is_accepted(row: Row) -> None:
    """A registration writes the records of its row; its answer is then true, and asked again it writes nothing."""
    registry = accept(row)
    decision = registry.decide(row.command)
    assert decision.writes == ()
    answer: Registered = decision.answer
    assert answer.record == queries.version(registry.state, row.command.subject, answer.record.version)  # type: ignore[union-attr]
    assert queries.schema(registry.state, answer.record.subject.context, answer.record.id) is not None


READ_ONLY = "Subject s in context  is in read-only mode"
BAD_SUBJECT = "The specified subject '{}' is not a valid."
LEADS_NOWHERE = 'No schema reference found for subject "{}" and version {}'


def rule(**parts: Any) -> RuleSet:
    return RuleSet(domainRules=(Rule(**{"name": "r", "type": "CEL", **parts}),))


REFUSED = (
    # names
    Refused("a subject has no control characters", (), register("a\x1fb"), 42208, BAD_SUBJECT.format("a\x1fb")),
    Refused("nor halves of surrogate pairs", (), register("a\ud83d"), 42208, "is not a valid."),
    Refused("nor NUL", (), register("\x00"), 42208, BAD_SUBJECT.format("\x00")),
    Refused("__GLOBAL is no subject", (), register("__GLOBAL"), 42208, BAD_SUBJECT.format("__GLOBAL")),
    Refused("nor is __EMPTY, in any context", (), register(":.c:__EMPTY"), 42208, BAD_SUBJECT.format(":.c:__EMPTY")),
    Refused(
        "the global context has no subjects", (), register(":.__GLOBAL:s"), 42208, BAD_SUBJECT.format(":.__GLOBAL:s")
    ),
    Refused("a wildcard is no context", (), register(":*:s"), 42208, BAD_SUBJECT.format(":*:s")),
    # rules
    Refused(
        "a rule has a name",
        (),
        register("s", rules=RuleSet(domainRules=(Rule(type="CEL"),))),
        42210,
        "Missing rule name",
    ),
    Refused("a name is not empty", (), register("s", rules=rule(name="")), 42210, "Empty rule name"),
    Refused("a name is not too long", (), register("s", rules=rule(name="r" * 257)), 42210, "Rule name too long"),
    Refused(
        "a name begins with a letter",
        (),
        register("s", rules=rule(name="1")),
        42210,
        "Illegal initial character in rule name: 1",
    ),
    Refused(
        "a name has no blank", (), register("s", rules=rule(name="a b")), 42210, "Illegal character in rule name: a b"
    ),
    Refused("a rule has a type", (), register("s", rules=rule(type="")), 42210, "Missing rule type"),
    Refused(
        "a name is there once",
        (),
        register("s", rules=RuleSet(domainRules=RULES.domainRules * 2)),
        42210,
        "Found rule with duplicate name 'r'",
    ),
    Refused(
        "two actions need two directions",
        (),
        register("s", rules=rule(mode="WRITE", onSuccess="NONE,ERROR")),
        42210,
        "Multiple actions only valid with WRITEREAD and UPDOWN",
    ),
    Refused(
        "migration rules migrate",
        (),
        register("s", rules=RuleSet(migrationRules=RULES.domainRules)),
        42210,
        "Migration rules can only be UPGRADE, DOWNGRADE, UPDOWN",
    ),
    Refused(
        "domain rules do not",
        (),
        register("s", rules=rule(mode="UPGRADE")),
        42210,
        "Domain rules can only be WRITE, READ, WRITEREAD",
    ),
    Refused(
        "nor do encoding rules",
        (),
        register("s", rules=RuleSet(encodingRules=rule(mode="UPDOWN").domainRules)),
        42210,
        "Encoding rules can only be WRITE, READ, WRITEREAD",
    ),
    # modes
    Refused("nothing is written where all is read only", (mode("READONLY"),), register("s"), 42205, READ_ONLY),
    Refused("nor where the subject is", (mode("READONLY_OVERRIDE", "s"),), register("s"), 42205, READ_ONLY),
    Refused(
        "nor where the context is",
        (mode("READONLY", ":.c:"),),
        register(":.c:s"),
        42205,
        "Subject :.c:s in context :.c: is in read-only mode",
    ),
    Refused("nor where all contexts are", (mode("READONLY", ":.__GLOBAL:"),), register("s"), 42205, READ_ONLY),
    Refused(
        "an id is for imports",
        (),
        register("s", id=5),
        42205,
        "Subject s in context  is not in import mode",
    ),
    Refused(
        "imports need an id",
        (IMPORT,),
        register("s"),
        42205,
        "Subject s in context  is not in read-write mode",
    ),
    # schemas
    Refused("a text is needed", (), register("s", ""), 42201, "Empty schema"),
    Refused("blanks are no text", (), register("s", " \n"), 42201, "Empty schema"),
    Refused("an import needs a text too", (IMPORT,), register("s", "", id=5), 42201, "Empty schema"),
    Refused("the text is a schema", (), register("s", '"strin"'), 42201, "Invalid schema of type AVRO, details: "),
    Refused("the kind is known", (), register("s", kind="XML"), 42201, "Invalid schema type XML"),
    Refused(
        "tags are of what is there",
        (),
        register("s", record("R"), tags_to_add=(Tagged("R.f", "sr_field", ("PII",)),)),
        42201,
        "Invalid schema of type AVRO, details: ",
    ),
    # references
    Refused(
        "a reference has a name", (), register("s", STRING, to("t", 1, "")), 42201, "Invalid reference: {name='', "
    ),
    Refused("a reference has a subject", (), register("s", STRING, to("", 1)), 42201, "Invalid reference: "),
    Refused("a reference has a version", (), register("s", STRING, to("t", 0)), 42201, "Invalid reference: "),
    Refused("a reference leads somewhere", (), register("s", STRING, to("t", 3)), 42201, LEADS_NOWHERE.format("t", 3)),
    Refused("also to the latest", (), register("s", STRING, to("t", -1)), 42201, LEADS_NOWHERE.format("t", -1)),
    Refused(
        "a reference is within the context",
        (register("t"),),
        register(":.c:s", STRING, to("t")),
        42201,
        LEADS_NOWHERE.format(":.c:t", 1),
    ),
    Refused(
        "a new schema refers to nothing that is deleted",
        (register("t"), delete("t")),
        register("s", STRING, to("t")),
        42201,
        LEADS_NOWHERE.format("t", 1),
    ),
    Refused(
        "the latest that is deleted is none",
        (register("t"), delete("t")),
        register("s", STRING, to("t", -1)),
        42201,
        LEADS_NOWHERE.format("t", -1),
    ),
    Refused(
        "nothing refers to a subject that is owned",
        (register("s"), OWN),
        register("t", INT, to("s")),
        42205,
        "Subject 's' has a strong association and cannot be referenced",
    ),
    # compatibility
    Refused(
        "an incompatible schema is refused",
        (register("s"),),
        register("s", INT),
        40901,
        'Schema being registered is incompatible with an earlier schema for subject "s", details: [{errorType:'
        "'TYPE_MISMATCH'",
    ),
    Refused(
        "all versions are asked where the level is transitive",
        (FREE, register("s", BYTES), register("s", INT), level("BACKWARD_TRANSITIVE")),
        register("s", LONG),
        40901,
        "{oldSchemaVersion: 1}",
    ),
    Refused(
        "a deleted version has no say, a live one has",
        (FREE, register("s", BYTES), register("s", INT), delete("s", 2), level("BACKWARD")),
        register("s", LONG),
        40901,
        "{oldSchemaVersion: 1}",
    ),
    Refused(
        "a level may be the server's own",
        (register("s", PAIR),),
        register("s", ONE),
        40901,
        "compatibility: 'FORWARD_TRANSITIVE'",
        Defaults(config=Config(compatibilityLevel="FORWARD_TRANSITIVE")),
    ),
    Refused(
        "a reserved field is not used",
        (config("s", validateFields=True),),
        register("s", ONE, metadata=Metadata(properties={"confluent:reserved": "a"})),
        40901,
        "The new schema has field that conflicts with the reserved field a.",
    ),
    Refused(
        "a reserved field stays reserved",
        (
            config("s", validateFields=True),
            register("s", ONE, metadata=Metadata(properties={"confluent:reserved": "z"})),
        ),
        register("s", ONE, metadata=Metadata()),
        40901,
        "The new schema has reserved field z removed from its metadata",
    ),
    # versions and ids
    Refused(
        "versions have no gap", (), register("s", version=2), 42201, "Version is not one more than previous version"
    ),
    Refused(
        "nor is one written twice",
        (FREE, register("s")),
        register("s", INT, version=1),
        42201,
        "Version is not one more than previous version",
    ),
    Refused(
        "an imported version is one", (IMPORT,), register("s", id=1, version=-7), 42202, "'-7' is not a valid version"
    ),
    Refused(
        "and not too large",
        (IMPORT,),
        register("s", id=1, version=MAX_INT + 1),
        42202,
        f"'{MAX_INT + 1}' is not a valid version",
    ),
    Refused(
        "after the last version comes none",
        (IMPORT, register("s", id=1, version=MAX_INT), mode("READWRITE"), FREE),
        register("s", INT),
        42202,
        f"'{MAX_INT + 1}' is not a valid version",
    ),
    Refused("an imported id is one", (IMPORT,), register("s", id=MAX_INT + 1), 42205, f"larger than {MAX_INT}"),
    Refused(
        "after the last id comes none",
        (IMPORT, register("s", id=MAX_INT), mode("READWRITE"), FREE),
        register("s", INT),
        42205,
        "All ids of context . were issued",
    ),
    Refused(
        "an id does not change its meaning",
        (IMPORT, register("s", id=7)),
        register("t", INT, id=7),
        42205,
        "Overwrite new schema with id 7 in context  is not permitted.",
    ),
    Refused(
        "not even in its own version",
        (mode("IMPORT", ":.c:"), register(":.c:s", id=7, version=1)),
        register(":.c:s", INT, id=7, version=1),
        42205,
        "Overwrite new schema with id 7 in context :.c: is not permitted.",
    ),
    Refused(
        "a version keeps its id",
        (IMPORT, register("s", id=7, version=1)),
        register("s", INT, id=5, version=1),
        42205,
        "Overwrite new schema with id 5 in context  is not permitted.",
    ),
    # once more under other terms
    Refused("only what is there is written again", (), Retag(subject_of("s"), 1), 40401, "Subject 's' not found."),
    Refused("in a version that is there", (register("s"),), Retag(subject_of("s"), 2), 40402, "Version 2 not found."),
    Refused(
        "and not deleted",
        (FREE, register("s"), register("s", INT), delete("s", 1)),
        Retag(subject_of("s"), 1),
        40402,
        "Version 1 not found.",
    ),
    Refused(
        "rules are given whole or changed",
        (register("s"),),
        Retag(subject_of("s"), 1, rules=RULES, rules_to_remove=("r",)),
        42210,
        "ruleSet should be omitted if specifying rulesToMerge or rulesToRemove",
    ),
    Refused(
        "merged rules are well formed",
        (register("s"),),
        Retag(subject_of("s"), 1, rules_to_merge=rule(name="")),
        42210,
        "Empty rule name",
    ),
    Refused("only a subject is written again", (), Retag(subject_of("__GLOBAL"), 1), 42208, "is not a valid."),
)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.promise)
def test_registration_is_refused(row: Refused) -> None:
    """A registration that may not be says why, in Confluent's words where there are any."""
    refuse(row)


def test_a_refused_schema_comes_with_its_proof() -> None:
    """The refusal of an incompatible schema carries each difference with a message that cannot be read."""
    refusal = refuse(
        Refused("", (register("s", ONE),), register("s", PAIR), 40901, "READER_FIELD_MISSING_DEFAULT_VALUE")
    )
    (finding,) = refusal.extra["answer"].findings
    assert (finding.version, finding.direction) == (1, "BACKWARD")
    assert finding.difference.witness is not None


def test_a_version_with_references_that_are_gone_refuses_its_successor() -> None:
    """Where a foreign log has lost what the latest version refers to, nothing can be compared with it: refused."""
    broken = write(
        '{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}',
        '{"id":1,"schema":"\\"R\\"","references":[{"name":"R","subject":"lost","version":4}]}',
    )
    refuse(Refused("", (broken,), register("s", INT), 40901, 'subject "lost" and version 4'))


def test_an_id_in_conflict_is_never_chosen() -> None:
    """In a foreign log where an id has two meanings, a new schema gets an id of its own."""
    first = write('{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', '{"id":1,"schema":"\\"string\\""}')
    second = write('{"keytype":"SCHEMA","subject":"t","version":1,"magic":1}', '{"id":1,"schema":"\\"int\\""}')
    registry = after((first, second))
    assert registry.do(register("u", INT)).record.id == 2
    assert registry.do(register("v", STRING)).record.id == 1


def test_the_answer_is_what_was_stored() -> None:
    """What is empty in a draft is in no answer, as it is in no log."""
    registry = after(())
    rules = RuleSet(domainRules=(Rule(name="r", type="CEL", doc="", tags=(), params={}),))
    stored: Registered = registry.do(
        register("s", rules=rules, metadata=Metadata(tags={}, properties={}, sensitive=()))
    )
    assert stored.record.metadata == Metadata()
    assert stored.record.rules is not None
    assert stored.record.rules.domainRules[0].doc is UNSET
    with pytest.raises(Refusal):
        registry.do(replace(register("s", INT), force=False))
