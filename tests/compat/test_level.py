"""Levels: which pairs are compared, and how the whole answer is worded. Verdicts are given here, not found."""

from collections.abc import Callable

import pytest

from compat.level import Answer, Candidate, Direction, Level, answer, pairs
from compat.report import Difference, Report, Witness
from registry.names import LEVELS

NEW = Candidate("new", "AVRO", '"new"')
V1, V2, V3 = (Candidate(f"v{number}", "AVRO", f'"v{number}"', number) for number in (1, 2, 3))
OLDS = (V3, V2, V1)

BACKWARD_END = "{validateFields: 'false', compatibility: 'BACKWARD'}"


def difference(path: str) -> Difference:
    return Difference(
        rule="TYPE_CHANGED",
        path=path,
        info="detail",
        template=f"the {{reader}} at {path} against the {{writer}}",
        reader='"int"',
        writer='"long"',
        witness=Witness("1", "02", "no"),
        confluent_type="TYPE_MISMATCH",
    )


def message(path: str, reader: str, writer: str) -> str:
    description = f"the {reader} at {path} against the {writer}"
    return f"{{errorType:'TYPE_MISMATCH', description:'{description}', additionalInfo:'detail'}}"


def failing(*failures: tuple[str, str], warned: tuple[str, str] | None = None) -> Callable[[str, str], Report]:
    """Verdicts: the pairs (reader, writer) that fail, at `/reader/writer`, and one that warns."""

    def verdict(reader: str, writer: str) -> Report:
        found = difference(f"/{reader}/{writer}")
        return Report(
            (found,) if (reader, writer) in failures else (),
            (found,) if (reader, writer) == warned else (),
        )

    return verdict


# ---------------------------------------------------------------- which pairs

ASKED: dict[Level, list[tuple[str, str]]] = {
    Level.NONE: [],
    Level.BACKWARD: [("new", "v3")],
    Level.BACKWARD_TRANSITIVE: [("new", "v3"), ("new", "v2"), ("new", "v1")],
    Level.FORWARD: [("v3", "new")],
    Level.FORWARD_TRANSITIVE: [("v3", "new"), ("v2", "new"), ("v1", "new")],
    Level.FULL: [("v3", "new"), ("new", "v3")],
    Level.FULL_TRANSITIVE: [("v3", "new"), ("new", "v3"), ("v2", "new"), ("new", "v2"), ("v1", "new"), ("new", "v1")],
}


@pytest.mark.parametrize("level", Level)
def test_a_level_asks_its_pairs(level: Level) -> None:
    """A level is its directions, newest version first, of one version or of all."""
    assert pairs(level, NEW, OLDS) == ASKED[level]


@pytest.mark.parametrize("level", Level)
def test_an_answer_asks_no_other_pairs(level: Level) -> None:
    """When all is well, the verdicts that are looked at are those that were announced."""
    seen: list[tuple[str, str]] = []

    def verdict(reader: str, writer: str) -> Report:
        seen.append((reader, writer))
        return Report()

    assert answer(level, NEW, OLDS, verdict) == Answer(decided_by="rules" if ASKED[level] else None)
    assert seen == ASKED[level]


@pytest.mark.parametrize("level", Level)
def test_without_old_versions_all_is_well(level: Level) -> None:
    """The first version of a subject breaks nobody."""
    assert pairs(level, NEW, ()) == []
    assert answer(level, NEW, (), failing()).is_compatible


# ---------------------------------------------------------------- the words


def test_a_refusal_in_confluent_s_words() -> None:
    """The differences, then the version and the text that they stand against, then the settings."""
    given = answer(Level.BACKWARD, NEW, OLDS, failing(("new", "v3"), ("new", "v2")))
    assert not given.is_compatible
    assert given.messages == (
        message("/new/v3", "new", "old"),
        "{oldSchemaVersion: 3}",
        "{oldSchema: '\"v3\"'}",
        BACKWARD_END,
    )


def test_forward_turns_the_roles_round() -> None:
    """When the old schema reads, the message says so."""
    given = answer(Level.FORWARD, NEW, OLDS, failing(("v3", "new")))
    assert given.messages[0] == message("/v3/new", "old", "new")
    assert given.messages[-1] == "{validateFields: 'false', compatibility: 'FORWARD'}"


FULL = [
    pytest.param(
        [("v3", "new"), ("new", "v3")],
        [
            message("/v3/new", "old", "new"),
            message("/new/v3", "new", "old"),
            "{oldSchemaVersion: 3}",
            "{oldSchema: '\"v3\"'}",
        ],
        id="both",
    ),
    pytest.param(
        [("new", "v3")],
        [message("/new/v3", "new", "old"), "{oldSchemaVersion: 3}", "{oldSchema: '\"v3\"'}"],
        id="backward",
    ),
    pytest.param([("v3", "new")], [message("/v3/new", "old", "new")], id="forward"),
]


@pytest.mark.parametrize(("failures", "messages"), FULL)
def test_full_is_forward_then_backward(failures: list[tuple[str, str]], messages: list[str]) -> None:
    """Confluent tells first what the old cannot read; and the old schema is shown only if the new cannot read it."""
    given = answer(Level.FULL, NEW, OLDS, failing(*failures))
    assert list(given.messages) == [*messages, "{validateFields: 'false', compatibility: 'FULL'}"]


def test_the_newest_version_that_refuses_ends_the_answer() -> None:
    """A transitive level stops at the first bad version, and shows that one."""
    given = answer(Level.BACKWARD_TRANSITIVE, NEW, OLDS, failing(("new", "v2"), ("new", "v1")))
    assert given.messages[:3] == (message("/new/v2", "new", "old"), "{oldSchemaVersion: 2}", "{oldSchema: '\"v2\"'}")
    assert len(given.messages) == 4
    assert [(finding.version, finding.direction) for finding in given.findings] == [(2, "BACKWARD")]


def test_findings_know_where_they_stand() -> None:
    """Each difference and warning comes with its direction and version, for those who do not read Confluent's words."""
    given = answer(Level.FULL, NEW, OLDS, failing(("v3", "new"), ("new", "v3"), warned=("new", "v3")))
    directions: list[tuple[Direction, int]] = [("FORWARD", 3), ("BACKWARD", 3)]
    assert [(finding.direction, finding.version) for finding in given.findings] == directions
    assert [finding.difference.path for finding in given.findings] == ["/v3/new", "/new/v3"]
    assert [(finding.direction, finding.difference.path) for finding in given.warnings] == [("BACKWARD", "/new/v3")]


def test_a_warning_refuses_nothing() -> None:
    """An answer with warnings only has no messages, and is compatible."""
    given = answer(Level.BACKWARD, NEW, OLDS, failing(warned=("new", "v3")))
    assert given.is_compatible
    assert given.messages == ()
    assert len(given.warnings) == 1


@pytest.mark.parametrize("level", [Level.BACKWARD, Level.FORWARD, Level.FULL, Level.FULL_TRANSITIVE])
def test_another_kind_of_schema_is_refused(level: Level) -> None:
    """No pair is compared across kinds: the answer is one sentence, and the old schema."""
    old = Candidate("json", "JSON", "{}", 2)
    assert pairs(level, NEW, (old, V1)) == pairs(level, NEW, (V1,) if level.transitive else ())
    given = answer(level, NEW, (old, V1), failing())
    assert given.messages == (
        "Incompatible because of different schema type",
        "{oldSchemaVersion: 2}",
        "{oldSchema: '{}'}",
        f"{{validateFields: 'false', compatibility: '{level.name}'}}",
    )


def test_none_lets_another_kind_follow() -> None:
    """Under NONE nothing is asked, not even the kind."""
    assert answer(Level.NONE, NEW, (Candidate("json", "JSON", "{}", 2),), failing()).is_compatible


def test_a_comparison_that_was_not_finished_refuses() -> None:
    """What could not be compared is refused, with the reason as the message."""
    given = answer(Level.BACKWARD, NEW, OLDS, lambda reader, writer: Report(failure=f"{reader} {writer}: too long"))
    assert given.messages == ("new v3: too long", "{oldSchemaVersion: 3}", "{oldSchema: '\"v3\"'}", BACKWARD_END)


def test_a_schema_without_a_version_has_none_in_the_answer() -> None:
    """The version is left out where it is not known."""
    old = Candidate("v3", "AVRO", "text")
    given = answer(Level.BACKWARD, NEW, (old,), failing(("new", "v3")))
    assert given.messages[1:] == ("{oldSchema: 'text'}", BACKWARD_END)


TEXTS = [
    ("x" * 10240, "{oldSchema: '" + "x" * 10240 + "'}"),
    ("x" * 10241, "{oldSchema: <truncated> '" + "x" * 10240 + "...'}"),
    ("\U0001f600" * 5120, "{oldSchema: '" + "\U0001f600" * 5120 + "'}"),
    ("\U0001f600" * 5121, "{oldSchema: <truncated> '" + "\U0001f600" * 5120 + "...'}"),
    ("x" + "\U0001f600" * 5120, "{oldSchema: <truncated> 'x" + "\U0001f600" * 5119 + "...'}"),
]


@pytest.mark.parametrize(("text", "shown"), TEXTS, ids=["fits", "cut", "pairs fit", "pairs cut", "half a pair"])
def test_a_long_old_schema_is_cut(text: str, shown: str) -> None:
    """Above 10240 of Java's characters the old schema is shown in part."""
    given = answer(Level.BACKWARD, NEW, (Candidate("v3", "AVRO", text, 3),), failing(("new", "v3")))
    assert given.messages[2] == shown


def test_the_last_line_tells_the_settings() -> None:
    """Whether fields are validated, and the level, close every refusal; and reserved fields come before all else."""
    given = answer(
        Level.FULL_TRANSITIVE,
        NEW,
        OLDS,
        failing(("new", "v3")),
        validate_fields=True,
        reserved=["The new schema has field that conflicts with the reserved field a."],
    )
    assert given.messages == (
        "The new schema has field that conflicts with the reserved field a.",
        "{validateFields: 'true', compatibility: 'FULL_TRANSITIVE'}",
    )


# ---------------------------------------------------------------- what decided

SAFE, UNSURE = Report(decided_by="proof"), Report()
BROKEN = Report((difference("/"),), decided_by="counterexample")
REFUSED, FAILED = Report((difference("/"),)), Report(failure="no end")

DECIDED = [
    pytest.param((SAFE, SAFE), "proof", id="all proved"),
    pytest.param((SAFE, UNSURE), "rules", id="one not proved"),
    pytest.param((SAFE, BROKEN), "counterexample", id="one broken"),
    pytest.param((REFUSED, BROKEN), "counterexample", id="one refused, one broken"),
    pytest.param((REFUSED, SAFE), "rules", id="one refused"),
    pytest.param((REFUSED, FAILED), "rules", id="one refused, one without end"),
    pytest.param((SAFE, FAILED), None, id="one without end"),
]


@pytest.mark.parametrize(("reports", "decided"), DECIDED)
def test_what_a_whole_answer_rests_on(reports: tuple[Report, Report], decided: str | None) -> None:
    """To accept, each comparison must be proved; to refuse, one document is enough."""
    told = iter(reports)
    assert answer(Level.FULL, NEW, OLDS, lambda _reader, _writer: next(told)).decided_by == decided


def test_another_kind_is_refused_by_the_rules() -> None:
    """Nothing is compared with a schema of another format."""
    assert answer(Level.FULL, NEW, (Candidate("v1", "JSON", "{}", 1),), failing()).decided_by == "rules"


def test_the_registry_knows_the_same_levels() -> None:
    """The names that settings and records may say are those that have a meaning here, in the same order."""
    assert list(Level.__members__) == list(LEVELS)
