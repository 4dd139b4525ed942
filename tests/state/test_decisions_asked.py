"""What is asked without writing: look-up by content, compatibility checks, and "is this registered already?"."""

from collections.abc import Iterable
from typing import Any

import pytest

from compat import Description, Report, Source, Tagged
from compat.level import Answer
from registry.names import subject_of
from registry.refusals import Refusal
from registry.state.commands import Check, Draft, LookUp, Recognize, Register
from registry.state.decisions import Decision, decide
from registry.state.facts import Compare, Describe, Missing, Question, Tagging, Tags
from registry.state.values import Metadata, ReferenceValue
from tests.state.known import KNOWN
from tests.state.rows import (
    BYTES,
    INT,
    LONG,
    STRING,
    Refused,
    Step,
    after,
    config,
    delete,
    level,
    mode,
    record,
    refuse,
    register,
    to,
    write,
)

FREE = level("NONE")
R = record("R")
NOTE = Metadata(properties={"owner": "ann"})
TWO = (FREE, register("s"), register("s", INT))
REFERRING = (register("r", R), register("s", record("T", 'f "R"'), to("r", 1, "R")))


def look_up(subject: str, text: str = STRING, *references: ReferenceValue, **more: Any) -> LookUp:
    metadata = more.pop("metadata", None)
    return LookUp(subject_of(subject), Draft(text, references=references, metadata=metadata), **more)


FOUND: tuple[tuple[str, tuple[Step, ...], LookUp, tuple[str, int]], ...] = (
    ("a version is found by its text", TWO, look_up("s", INT), ("s", 2)),
    ("in any layout", TWO, look_up("s", '{"type": "int"}'), ("s", 2)),
    (
        "with its references",
        REFERRING,
        look_up("s", record("T", 'f "R"'), to("r", 1, "R")),
        ("s", 1),
    ),
    ("also to the latest", REFERRING, look_up("s", record("T", 'f "R"'), to("r", -1, "R")), ("s", 1)),
    ("or with its references inlined", REFERRING, look_up("s", record("T", f"f {R}")), ("s", 1)),
    ("with its metadata", (register("s"), register("s", metadata=NOTE)), look_up("s", metadata=NOTE), ("s", 2)),
    ("or those that it took over", (register("s", metadata=NOTE),), look_up("s"), ("s", 1)),
    ("without the version that was put in", (register("s", version=1),), look_up("s"), ("s", 1)),
    (
        "also of an older version that had one",
        (FREE, register("s", version=1, metadata=NOTE), register("s", INT)),
        look_up("s"),
        ("s", 1),
    ),
    (
        "with the config's metadata",
        (config("s", defaultMetadata=NOTE), register("s")),
        look_up("s"),
        ("s", 1),
    ),
    (
        "normalized, where that is asked for",
        (register("s", '{"type":"string","a":1,"b":2}'),),
        look_up("s", '{"type":"string","b":2,"a":1}', normalize=True),
        ("s", 1),
    ),
    (
        "a deleted version, when that is asked for",
        (register("s"), delete("s")),
        look_up("s", include_deleted=True),
        ("s", 1),
    ),
    (
        "a live version before a deleted one",
        (mode("IMPORT"), register("s", id=1, version=1), register("s", id=1, version=2), delete("s", 2)),
        look_up("s", include_deleted=True),
        ("s", 1),
    ),
    (
        "in another context, when it is not here",
        (register(":.b:s", INT), register(":.a:s", LONG), register(":.c:s")),
        look_up("s", is_everywhere=True),
        (":.c:s", 1),
    ),
    (
        "here before elsewhere",
        (register(":.a:s"), register("s")),
        look_up("s", is_everywhere=True),
        ("s", 1),
    ),
    (
        "what refers to deleted versions is still found",
        (*REFERRING, delete("s"), delete("r")),
        look_up("s", record("T", 'f "R"'), to("r", 1, "R"), include_deleted=True),
        ("s", 1),
    ),
)


@pytest.mark.parametrize(
    ("promise", "before", "inquiry", "place"), FOUND, ids=lambda value: value if isinstance(value, str) else ""
)
def test_look_up_finds(promise: str, before: tuple[Step, ...], inquiry: LookUp, place: tuple[str, int]) -> None:
    """A schema is found by its content, as each row says."""
    found = after(before).ask(inquiry)
    assert (str(found.subject), found.version) == place, promise


def check(subject: str, text: str, version: int | None = None, **more: Any) -> Check:
    return Check(subject_of(subject), Draft(text, **more), version)


NOT_FOUND = (
    Refused("nothing is found where there is no subject", (), look_up("s"), 40401, "Subject 's' not found."),
    Refused("nor where the context is another", (register(":.c:s"),), look_up("s"), 40401, "Subject 's' not found."),
    Refused("nor in a deleted subject", (register("s"), delete("s")), look_up("s"), 40401, "Subject 's' not found."),
    Refused("another schema is not this one", (register("s"),), look_up("s", INT), 40403, "Schema not found"),
    Refused("nor is a deleted version", (*TWO, delete("s", 1)), look_up("s"), 40403, "Schema not found"),
    Refused(
        "nor one with other metadata",
        (register("s"),),
        look_up("s", metadata=NOTE),
        40403,
        "Schema not found",
    ),
    Refused(
        "nor one with other references",
        (*REFERRING, register("u", R)),
        look_up("s", record("T", 'f "R"'), to("u", 1, "R")),
        40403,
        "Schema not found",
    ),
    Refused(
        "nor one of another kind",
        (register("s"),),
        LookUp(subject_of("s"), Draft(STRING, "XML")),
        42201,
        "Invalid schema type XML",
    ),
    Refused(
        "what is no schema is not looked for", (register("s"),), look_up("s", "{"), 42201, "Invalid schema of type AVRO"
    ),
    Refused(
        "nor what refers to nothing",
        (register("s"),),
        look_up("s", STRING, to("x")),
        42201,
        "No schema reference found",
    ),
    Refused("a check needs its version", (register("s"),), check("s", INT, 2), 40402, "Version 2 not found."),
    Refused("that lives", (*TWO, delete("s", 1)), check("s", INT, 1), 40402, "Version 1 not found."),
    Refused("of a subject that is there", (), check("s", INT, 1), 40402, "Version 1 not found."),
    Refused("what is no schema is not compared", (), check("s", "{"), 42201, "Invalid schema of type AVRO"),
    Refused(
        "a question about rules holds them to the rules", (), Recognize(register("__GLOBAL")), 42208, "is not a valid."
    ),
)


@pytest.mark.parametrize("row", NOT_FOUND, ids=lambda row: row.promise)
def test_what_cannot_be_answered_is_refused(row: Refused) -> None:
    """What is not there, or no question, is refused under Confluent's code."""
    refuse(row)


CHECKED: tuple[tuple[str, tuple[Step, ...], Check, bool], ...] = (
    ("anything may be the first", (), check("s", INT), True),
    ("also after a latest that is not there", (), check("s", INT, -1), True),
    ("what can be read may be next", (register("s", INT),), check("s", LONG), True),
    ("what cannot may not", (register("s", INT),), check("s", STRING), False),
    (
        "a check of one version looks at that one",
        (FREE, register("s", BYTES), register("s", INT), level("BACKWARD")),
        check("s", LONG, 2),
        True,
    ),
    (
        "whichever it is",
        (FREE, register("s", BYTES), register("s", INT), level("BACKWARD")),
        check("s", LONG, 1),
        False,
    ),
    ("a level without directions has no objection", (FREE, register("s", INT)), check("s", STRING), True),
    (
        "versions of another group have no say",
        (config("s", compatibilityGroup="g"), register("s", INT, metadata=NOTE)),
        check("s", STRING, metadata=Metadata(properties={"g": "1"})),
        True,
    ),
    ("a deleted version has no say", (register("s", INT), delete("s")), check("s", STRING), True),
)


@pytest.mark.parametrize(
    ("promise", "before", "inquiry", "expected"), CHECKED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_check_answers(promise: str, before: tuple[Step, ...], inquiry: Check, expected: bool) -> None:  # noqa: FBT001
    """A check says whether the schema may follow, as each row says."""
    answer: Answer = after(before).ask(inquiry)
    assert answer.is_compatible is expected, promise


def test_a_kind_cannot_follow_another() -> None:
    """A version of another kind is incompatible under every level but NONE, without comparing anything."""
    foreign = write(
        '{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}', '{"id":1,"schemaType":"JSON","schema":"{}"}'
    )
    answer: Answer = after((foreign,)).ask(check("s", INT))
    assert answer.messages[0] == "Incompatible because of different schema type"
    assert after((foreign, FREE)).ask(check("s", INT)).is_compatible


@pytest.mark.parametrize(
    ("before", "registration", "version"),
    [
        (TWO, register("s"), 1),
        (TWO, register("s", version=1), 1),
        (TWO, register("s", version=2), None),
        (TWO, register("s", id=1), 1),
        (TWO, register("s", id=2), None),
        (TWO, register("s", version=-1), None),
        (TWO, register("s", INT, version=-1), 2),
        (TWO, register("s", LONG), None),
        (TWO, register("t"), None),
        (TWO, register("s", ""), None),
        ((*TWO, mode("READONLY")), register("s"), 1),
        ((*TWO, delete("s")), register("s"), None),
        ((register("s"), config("s", defaultMetadata=NOTE)), register("s"), None),
        ((register("s"),), register("s", propagate_tags=True), None),
    ],
)
def test_recognize_finds_what_registering_would_find(
    before: tuple[Step, ...], registration: Register, version: int | None
) -> None:
    """What a registration would find without filling anything in is known from reading alone."""
    found = after(before).ask(Recognize(registration))
    assert (found and found.version) == version


class Forgetful:
    """Knows what it was told, and nothing else."""

    def __init__(self) -> None:
        self.told: dict[Question, Any] = {}

    def _known(self, question: Question) -> Any:
        if question not in self.told:
            raise Missing([question])
        return self.told[question]

    def plain(self, kind: str, text: str) -> Source:
        return Source(kind, text)

    def description(self, question: Describe) -> Description:
        return self._known(question)  # type: ignore[no-any-return]

    def report(self, question: Compare) -> Report:
        return self._known(question)  # type: ignore[no-any-return]

    def retagged(self, question: Tagging) -> str:
        return self._known(question)  # type: ignore[no-any-return]

    def tags(self, question: Tags) -> tuple[Tagged, ...]:
        return self._known(question)  # type: ignore[no-any-return]

    def tell(self, questions: Iterable[Question]) -> None:
        for question in questions:
            match question:
                case Describe():
                    self.told[question] = KNOWN.description(question)
                case Compare():
                    self.told[question] = KNOWN.report(question)
                case Tagging():
                    self.told[question] = KNOWN.retagged(question)
                case Tags():
                    self.told[question] = KNOWN.tags(question)


def test_missing_facts_are_named_all_at_once() -> None:
    """A decision names every comparison it needs in one round, and changes nothing before it has them."""
    steps = [register("s", f'{{"type":"int","v":{number}}}') for number in range(20)]
    registry = after((level("FULL_TRANSITIVE"), *steps))
    facts = Forgetful()
    rounds: list[Missing] = []

    def decided() -> Decision:
        while True:
            try:
                return decide(registry.state, register("s", STRING), registry.defaults, facts)
            except Missing as missing:
                rounds.append(missing)
                facts.tell(missing.questions)

    with pytest.raises(Refusal, match="TYPE_MISMATCH"):
        decided()
    asked = [[type(question) for question in missing.questions] for missing in rounds]
    # what the new schema is, whether it is there already, and what it is compared with in both directions
    assert asked == [[Describe], [Describe] * 20, [Compare] * 40]
