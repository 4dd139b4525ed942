"""The comparison: rules, words, policies, and corners that implementations slip on."""

import re

import pytest

from compat.level import Candidate, Level, answer
from compat.policy import Policy, TooMuch
from compat.protobuf.compare import LISTED, compare
from compat.protobuf.confluent import TEMPLATES
from compat.protobuf.rules import RULES, Harm, Rung
from compat.protobuf.rules.examples import EXAMPLES
from compat.report import Report
from tests.compat.protobuf.pairs import schema

LADDER = ("WIRE", "WIRE_SAFE", "JSON", "SOURCE")
PROTO2 = 'syntax = "proto2"; '
EDITION = 'edition = "2023"; '
DELIMITED = "option features.message_encoding = DELIMITED; "


def compared(new: str, old: str, policy: str = "STRICT", **switches: bool) -> Report:
    return compare(schema(new), schema(old), Policy(policy, **switches))  # type: ignore[arg-type]


def told(report: Report) -> list[tuple[str, str]]:
    return [(one.confluent_type, one.path) for one in report.differences]


# ---------------------------------------------------------------- rules


def test_each_rule_has_an_example() -> None:
    """The table of rules and the table of examples are of one mind on what there is."""
    assert EXAMPLES.keys() == RULES.keys()


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_broken_by_its_example(name: str) -> None:
    """Each rule has a pair that breaks it, with a proof if it is about data, under the policies that it names."""
    rule = RULES[name]
    old, new = EXAMPLES[name]
    for policy in LADDER:
        report = compared(new, old, policy)
        found = [one for one in report.differences if one.rule == name]
        assert bool(found) == (rule.since <= Rung[policy])
        assert all((one.witness is None) == rule.is_about_names for one in found)


@pytest.mark.parametrize("name", RULES)
def test_strict_refuses_what_breaks(name: str) -> None:
    """STRICT refuses the example of a rule if ordinary messages break, or if Confluent minds."""
    old, new = EXAMPLES[name]
    confluent = compared(new, old, protobuf_confluent_exact=True)
    assert compared(new, old).is_compatible == (confluent.is_compatible and RULES[name].harm is not Harm.BREAK)


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.logical])
def test_logical_minds_numbers_that_are_given_up(name: str) -> None:
    """LOGICAL refuses what STRICT refuses, and numbers that are freed for another meaning."""
    old, new = EXAMPLES[name]
    assert compared(new, old).is_compatible
    assert name in {one.rule for one in compared(new, old, "LOGICAL").differences}


def test_a_policy_of_another_format_is_strict() -> None:
    """A policy that belongs to another format counts as STRICT."""
    for old, new in EXAMPLES.values():
        assert compared(new, old, "LENIENT") == compared(new, old)


def test_the_ladder_follows_from_the_harm() -> None:
    """What breaks messages is refused by all policies of the ladder, what breaks some by all but the first."""
    for rule in RULES.values():
        assert (rule.since is Rung.WIRE) == (rule.harm is Harm.BREAK)
        assert (rule.since is Rung.WIRE_SAFE) == (rule.harm is Harm.VALUE)


@pytest.mark.parametrize("name", RULES)
def test_rules_read_well(name: str) -> None:
    """A rule has a sentence, what to do instead, and words for whoever is refused."""
    rule = RULES[name]
    assert rule.name == name
    assert all(text.endswith(".") and text[0].isupper() for text in (rule.sentence, rule.instead))
    assert rule.template or rule.confluent in TEMPLATES
    assert "{path}" in (rule.template or TEMPLATES[rule.confluent])


# ---------------------------------------------------------------- words

GOLDEN = {
    "PACKAGE_CHANGED": (
        "package p; message A {}",
        "package q; message A {}",
        "The package at '#/' in the new schema does not match the package in the old schema",
    ),
    "MESSAGE_REMOVED": (
        "message A { message B {} }",
        "message A {}",
        "The new schema is missing a MESSAGE type at path '#/A/B' in the old schema",
    ),
    "FIELD_KIND_CHANGED": (
        "message A { int32 x = 1; }",
        "message A { A x = 1; }",
        "The type of a field at path '#/A/1' in the new schema does not match the old schema",
    ),
    "FIELD_SCALAR_KIND_CHANGED": (
        "message A { int32 x = 7; }",
        "message A { oneof o { string x = 7; } }",
        "The kind of a SCALAR field at path '#/A/o/7' in the new schema does not match its kind in the old schema",
    ),
    "FIELD_NAMED_TYPE_CHANGED": (
        "message A { B x = 1; } message B {} message C {}",
        "message A { C x = 1; } message B {} message C {}",
        "The type of a MESSAGE field at path '#/A/1' in the new schema does not match its type in the old schema",
    ),
    "FIELD_NUMERIC_LABEL_CHANGED": (
        "message A { optional int32 x = 1; }",
        "message A { repeated int32 x = 1; }",
        "The label for a NUMERIC field at path '#/A/1' in the new schema does not match its label in the old schema",
    ),
    "REQUIRED_FIELD_ADDED": (
        PROTO2 + "message A {}",
        PROTO2 + "message A { required int32 x = 1; }",
        "A required field  at path '#/A/1' in the new schema is missing in the old schema",
    ),
    "REQUIRED_FIELD_REMOVED": (
        PROTO2 + "message A { required int32 x = 1; }",
        PROTO2 + "message A {}",
        "The new schema is missing a required field at path: '#/A/1' in the old schema",
    ),
    "ONEOF_FIELD_REMOVED": (
        "message A { oneof o { int32 x = 1; int32 y = 2; } }",
        "message A { oneof o { int32 x = 1; } }",
        "The new schema is missing a oneof field at path '#/A/o/2' in the old schema",
    ),
    "MULTIPLE_FIELDS_MOVED_TO_ONEOF": (
        "message A { int32 x = 1; int32 y = 2; }",
        "message A { oneof o { int32 x = 1; int32 y = 2; } }",
        "Multiple fields in the oneof at path '#/A/o' in the new schema are outside a oneof in the old schema",
    ),
    "FIELD_MOVED_TO_EXISTING_ONEOF": (
        "message A { int32 x = 1; oneof o { int32 y = 2; } }",
        "message A { oneof o { int32 x = 1; int32 y = 2; } }",
        "A field in the oneof at path '#/A/o' in the new schema is outside an existing oneof in the old schema",
    ),
}


@pytest.mark.parametrize("type_", GOLDEN)
def test_confluent_s_eleven_messages(type_: str) -> None:
    """The messages of Confluent's API, letter for letter, as the new reads the old."""
    old, new, sentence = GOLDEN[type_]
    messages = [one.confluent("new", "old") for one in compared(new, old).differences]
    assert messages == [f'{{errorType:"{type_}", description:"{sentence}"}}']


def test_all_of_confluent_s_messages_are_here() -> None:
    """There are eleven differences that Confluent refuses, and each is shown above."""
    assert GOLDEN.keys() == TEMPLATES.keys()


@pytest.mark.parametrize("name", RULES)
def test_messages_have_the_shape_of_confluent_s(name: str) -> None:
    """A message is `{errorType:"…", description:"…"}`, and names both roles the right way round."""
    old, new = EXAMPLES[name]
    for one in compared(new, old, "SOURCE").differences:
        shape = re.fullmatch(r'\{errorType:"([A-Z_]+)", description:"([^"{}]+)"\}', one.confluent("old", "new"))
        assert shape
        assert shape[1] == one.confluent_type


def test_a_difference_shows_both_declarations() -> None:
    """What each side declares at the place is told: a field with its type, a map, a message, or nothing."""
    (changed,) = compared("message A { map<string, A> m = 1; }", "message A { repeated int32 m = 1; }").differences
    assert (changed.reader, changed.writer) == ("map<string, A> m = 1", "repeated int32 m = 1")
    (gone,) = compared("message A {}", "message A {} message B {}").differences
    assert (gone.reader, gone.writer) == ("", "message B")


# ---------------------------------------------------------------- corners

IMPORTED = ("b.proto", "message B { int32 y = 1; B b = 2; }")
CHANGED = ("b.proto", "message B { string y = 1; B b = 2; }")
OTHER = ("b.proto", "message B { int32 y = 1; B b = 2; string z = 3; }")
USES = 'syntax = "proto3"; import "b.proto"; message A { B b = 1; }'

CORNERS: list[tuple[str, str, str, list[tuple[str, str]]]] = [
    (
        "a message in a group changes",
        PROTO2 + "message A { repeated group G = 1 { optional B b = 1; } } message B { optional int32 x = 1; }",
        PROTO2 + "message A { repeated group G = 1 { optional C b = 1; } } message B { optional int32 x = 1; }"
        " message C { optional float x = 1; }",
        [("FIELD_SCALAR_KIND_CHANGED", "#/A/G/1/1")],
    ),
    (
        "a group in a oneof becomes a message",
        PROTO2 + "message A { oneof o { group G = 1 { optional int32 x = 1; } } }",
        PROTO2 + "message A { oneof o { B g = 1; } message B { optional int32 x = 1; } }",
        [("FIELD_KIND_CHANGED", "#/A/o/1")],
    ),
    (
        "an extension becomes repeated and packed, and back",
        PROTO2 + "message A { extensions 5; } extend A { repeated int32 x = 5 [packed = true]; }",
        PROTO2 + "message A { extensions 5; } extend A { optional int32 x = 5; }",
        [("FIELD_NUMERIC_LABEL_CHANGED", "#/A/[ext]/5")],
    ),
    (
        "a field becomes an extension of another type",
        PROTO2 + "message A { optional int32 x = 5; }",
        PROTO2 + "message A { extensions 5; } extend A { optional string x = 5; }",
        [("FIELD_SCALAR_KIND_CHANGED", "#/A/[ext]/5")],
    ),
    (
        "packed numbers are no fixed ones",
        "message A { repeated int32 x = 1; }",
        "message A { repeated fixed32 x = 1; }",
        [("FIELD_SCALAR_KIND_CHANGED", "#/A/1")],
    ),
    (
        "repeated strings become packed numbers",
        "message A { repeated string x = 1; }",
        "message A { repeated int32 x = 1; }",
        [("FIELD_SCALAR_KIND_CHANGED", "#/A/1")],
    ),
    (
        "an enum of one message is an enum of another",
        "message A { E x = 1; enum E { Z = 0; } }",
        "message A { F x = 1; } enum F { Y = 0; }",
        [],
    ),
    (
        "a value of a map",
        "message A { map<int32, A> m = 1; }",
        "message A { map<int32, int32> m = 1; }",
        [("FIELD_KIND_CHANGED", "#/A/1")],
    ),
    (
        "a key of a map",
        "message A { map<int32, A> m = 1; }",
        "message A { map<sint32, A> m = 1; }",
        [("FIELD_SCALAR_KIND_CHANGED", "#/A/1")],
    ),
    (
        "a oneof is gone with all its members",
        "message A { oneof o { int32 x = 1; int32 y = 2; } int32 z = 3; }",
        "message A { int32 z = 3; }",
        [],
    ),
    (
        "a oneof is gone, and one of its members lives on",
        "message A { oneof o { int32 x = 1; int32 y = 2; } }",
        "message A { int32 x = 1; }",
        [("ONEOF_FIELD_REMOVED", "#/A/o/2")],
    ),
    (
        "a message that needs itself cannot be written",
        PROTO2 + "message A { required A a = 1; optional B b = 2; } message B { optional int32 x = 1; }",
        PROTO2 + "message A { required A a = 1; required B b = 2; } message B { optional int32 x = 1; }",
        [],
    ),
    (
        "messages in a circle",
        "message A { B b = 1; } message B { A a = 1; int32 x = 2; }",
        "message A { B b = 1; } message B { A a = 1; float x = 2; }",
        [("FIELD_SCALAR_KIND_CHANGED", "#/B/2")],
    ),
    (
        "a file's features",
        'edition = "2023"; message A { repeated int32 x = 1; A a = 2; }',
        'edition = "2023"; option features.message_encoding = DELIMITED; message A { repeated int32 x = 1; A a = 2; }',
        [("FIELD_KIND_CHANGED", "#/A/2")],
    ),
    (
        "maps are never delimited",
        EDITION + "message A { map<int32, B> m = 1; } message B { int32 x = 1; }",
        EDITION + DELIMITED + "message A { map<int32, B> m = 1; } message B { int32 x = 1; }",
        [],
    ),
    (
        "an expanded list of an edition is read by a single field",
        'edition = "2023"; option features.repeated_field_encoding = EXPANDED; message A { repeated int32 x = 1; }',
        "message A { int32 x = 1; }",
        [],
    ),
    (
        "a list of the edition's default is not",
        'edition = "2023"; message A { repeated int32 x = 1; }',
        "message A { int32 x = 1; }",
        [("FIELD_NUMERIC_LABEL_CHANGED", "#/A/1")],
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), [row[1:] for row in CORNERS], ids=[row[0] for row in CORNERS])
def test_corners(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    """Pairs on which implementations slip."""
    report = compared(new, old)
    assert told(report) == expected
    assert all(one.witness for one in report.differences)


def test_what_an_import_brings_is_looked_at() -> None:
    """A message of another file is compared where it is used, in a circle too, and told as Confluent tells it."""
    new, old = schema(USES, CHANGED), schema(USES, IMPORTED)
    assert told(compare(new, old)) == [("FIELD_SCALAR_KIND_CHANGED", "#/A/1/1"), ("FIELD_NAMED_TYPE_CHANGED", "#/A/1")]
    assert compare(schema(USES, OTHER), old).is_compatible


def test_a_message_that_moves_to_an_import() -> None:
    """Its name is gone from the file, which Confluent refuses; no message is hurt, so WIRE does not."""
    old = schema("message A { B b = 1; } message B { int32 y = 1; B b = 2; }")
    assert told(compare(schema(USES, IMPORTED), old)) == [("MESSAGE_REMOVED", "#/B")]
    assert compare(schema(USES, IMPORTED), old, Policy("WIRE")) == Report()


def test_the_other_direction_is_the_same_question() -> None:
    """Who reads and who wrote is all that counts: a required field that goes is one that comes, seen backwards."""
    without, required = PROTO2 + "message A {}", PROTO2 + "message A { required int32 x = 1; }"
    (forward,) = compared(without, required, "SOURCE").differences[:1]
    (backward,) = compared(required, without, "WIRE").differences
    assert (forward.rule, backward.rule) == ("REQUIRED_FIELD_REMOVED", "REQUIRED_FIELD_ADDED")
    assert compared(without, required, "WIRE").is_compatible


# ---------------------------------------------------------------- limits


def numbered(count: int, kind: str) -> str:
    return "message A { " + " ".join(f"{kind} f{number} = {number};" for number in range(1, count + 1)) + " }"


def test_a_long_list_is_cut() -> None:
    """Of very many differences the first are told, each with its proof, and the rest is counted."""
    report = compared(numbered(LISTED + 50, "string"), numbered(LISTED + 50, "int32"))
    assert len(report.differences) == LISTED
    assert report.unlisted == 50
    assert all(one.witness for one in report.differences)


def test_proofs_are_for_workers() -> None:
    """With a budget nothing is made of descriptors: what needs a proof is too much, and so is what is too big."""
    old, fine, broken = (schema(numbered(9, kind)) for kind in ("int32", "int64", "string"))
    assert compare(fine, old, budget=1_000).is_compatible
    for new, budget in ((broken, 1_000), (fine, 10)):
        with pytest.raises(TooMuch):
            compare(new, old, budget=budget)


def test_a_long_chain_of_messages_is_walked() -> None:
    """Hundreds of messages, each in the next, in another file: compared once each, on no stack of Python's."""

    def chain(kind: str) -> tuple[str, str]:
        links = " ".join(f"message M{number} {{ M{number + 1} a = 1; M{number + 1} b = 2; }}" for number in range(300))
        return "b.proto", f"{links} message M300 {{ {kind} x = 1; }}"

    uses = 'syntax = "proto3"; import "b.proto"; message A { M0 m = 1; }'
    old, new = schema(uses, chain("int32")), schema(uses, chain("string"))
    assert compare(old, schema(uses, chain("int32 z = 2; int32"))).is_compatible
    report = compare(new, old)
    assert not report.is_compatible
    assert report.differences[0].confluent_type == "FIELD_SCALAR_KIND_CHANGED"


# ---------------------------------------------------------------- history


HISTORY = (
    "message A { int32 id = 1; string first_name = 2; }",
    "message A { int32 id = 1; }",
    "message A { int32 id = 1; string last_name = 2; }",
    "message A { int32 id = 1; int32 age = 2; }",
)


@pytest.mark.parametrize(("name", "refused"), [("STRICT", False), ("JSON", True)])
def test_a_number_that_is_used_again_is_found_across_versions(name: str, *, refused: bool) -> None:
    """Dropped in one version and back in a later one under another name: told by the version that knew it first."""
    olds = [Candidate(text, "PROTOBUF", text, version) for version, text in ((2, HISTORY[1]), (1, HISTORY[0]))]
    new = Candidate(HISTORY[2], "PROTOBUF", HISTORY[2])

    def verdict(reader: str, writer: str) -> Report:
        return compared(reader, writer, name)

    assert answer(Level.BACKWARD, new, olds, verdict).is_compatible
    found = answer(Level.BACKWARD_TRANSITIVE, new, olds, verdict)
    assert found.is_compatible != refused
    (one,) = found.findings if refused else found.warnings
    assert (one.version, one.difference.rule) == (1, "FIELD_RENAMED")


def test_a_number_that_comes_back_as_another_type_is_refused_across_versions() -> None:
    """Between the two versions lies one without it, so only a transitive level sees it; STRICT refuses."""
    assert compared(HISTORY[3], HISTORY[1]).is_compatible
    assert told(compared(HISTORY[3], HISTORY[0])) == [("FIELD_SCALAR_KIND_CHANGED", "#/A/2")]
