"""What records make true: rows of (records in the order of a log, the picture they give).

Every way in which Confluent, Karapace and Redpanda write and delete is here once, and what they do to one another.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pytest

from registry.names import DEFAULT_CONTEXT, Place, Version, subject_of
from registry.state import queries
from registry.state.guid import guid_of
from registry.state.records import read, schema_key
from registry.state.state import SHOWN_UNREADABLE, State
from tests.state.answers import answers
from tests.state.known import Registry, compacted, folded
from tests.state.vendors import R0, R1, R2, R3, R4, C, K, Pair, context_of, ours


def picture(state: State) -> list[str]:
    """What is true, in lines; what follows from other lines is left out."""
    return [*_versions(state), *_ids(state), *_settings(state), *_rest(state)]


def _versions(state: State) -> Iterable[str]:
    for subject in sorted(state.subjects):
        for record in queries.versions(state, subject, deleted=True):
            yield f"{subject} {record.version}: {record.id} {record.text}{' deleted' if record.deleted else ''}"


def _ids(state: State) -> Iterable[str]:
    for context, number in sorted(state.ids):
        found = queries.schema(state, context, number)
        places = queries.places(state, context, number, include_deleted=True)
        assert found
        where = " ".join(f"{record.subject}/{record.version}" for record in places)
        yield f"{'' if context == DEFAULT_CONTEXT else context + ' '}id {number} is {found.text} of {where}"


def _settings(state: State) -> Iterable[str]:
    for subject, config in sorted(state.configs.items()):
        yield f"config {subject} {config.compatibilityLevel}"
    for subject, mode in sorted(state.modes.items()):
        yield f"mode {subject} {mode}"


def _rest(state: State) -> Iterable[str]:
    for context in queries.contexts(state)[1:]:
        yield f"context {context}"
    for context, highest in sorted(state.highest.items()):
        if highest != max((number for at, number in state.ids if at == context), default=0):
            yield f"highest {context} {highest}"
    for place in sorted(state.conflicts):
        yield f"conflict {place.subject} {place.version}"


S1, S2 = C.version("s", 1, 1, "A"), C.version("s", 2, 2, "B")
T1 = C.version("t", 1, 1, "A")


@dataclass(frozen=True, slots=True)
class Row:
    promise: str
    records: tuple[Pair, ...]
    picture: tuple[str, ...]


ROWS = (
    Row("nothing is in an empty log", (), ()),
    Row("a version is a version", (S1,), ("s 1: 1 A", "id 1 is A of s/1")),
    Row(
        "one schema under two subjects has one id",
        (S1, T1),
        ("s 1: 1 A", "t 1: 1 A", "id 1 is A of s/1 t/1"),
    ),
    Row(
        "a version may be written again with another schema",
        (S1, C.version("s", 1, 3, "C")),
        ("s 1: 3 C", "id 3 is C of s/1"),
    ),
    Row("an id of 0 is an id", (C.version("s", 1, 0, "A"),), ("s 1: 0 A", "id 0 is A of s/1")),
    # soft deletes
    Row(
        "a version deleted softly keeps its id readable",
        (S1, C.version("s", 1, 1, "A", deleted=True)),
        ("s 1: 1 A deleted", "id 1 is A of s/1"),
    ),
    Row(
        "a version deleted softly can come back",
        (S1, C.version("s", 1, 1, "A", deleted=True), S1),
        ("s 1: 1 A", "id 1 is A of s/1"),
    ),
    Row(
        "a version may be deleted before anything is known of it",
        (C.version("s", 1, 1, "A", deleted=True),),
        ("s 1: 1 A deleted", "id 1 is A of s/1"),
    ),
    Row(
        "a subject deleted by Confluent is deleted up to the version that is named",
        (S1, S2, C.deleted("s", 1)),
        ("s 1: 1 A deleted", "s 2: 2 B", "id 1 is A of s/1", "id 2 is B of s/2"),
    ),
    Row(
        "a subject deleted by Karapace is deleted",
        (K.version("s", 1, 1, "A"), K.deleted("s", 1)),
        ("s 1: 1 A deleted", "id 1 is A of s/1"),
    ),
    Row(
        "a subject deleted by Redpanda is deleted with every version known so far, and no later one",
        (
            R0.version("s", 1, 1, "A"),
            R1.version("s", 2, 2, "B"),
            R2.deleted("s", None),
            R3.version("s", 3, 1, "A"),
        ),
        ("s 1: 1 A deleted", "s 2: 2 B deleted", "s 3: 1 A", "id 1 is A of s/1 s/3", "id 2 is B of s/2"),
    ),
    Row("the deletion of a subject that is unknown says nothing", (C.deleted("s", 9),), ()),
    Row(
        "a version written after the deletion of its subject lives",
        (S1, C.deleted("s", 1), C.no_version("s", 1), C.version("s", 1, 2, "A")),
        ("s 1: 2 A", "id 2 is A of s/1"),
    ),
    Row(
        "the deletion of a deletion brings nothing back",
        (S1, C.deleted("s", 1), C.not_deleted("s")),
        ("s 1: 1 A deleted", "id 1 is A of s/1"),
    ),
    # hard deletes
    Row("a version hard-deleted by Confluent is gone", (S1, C.no_version("s", 1)), ("highest . 1",)),
    Row(
        "a version hard-deleted by Karapace is gone",
        (K.version("s", 1, 1, "A"), K.deleted("s", 1), K.no_version("s", 1)),
        ("highest . 1",),
    ),
    Row(
        "a version hard-deleted by Redpanda, every key of it, is gone",
        (
            R0.version("s", 1, 1, "A"),
            R1.version("s", 1, 1, "A", deleted=True),
            R0.no_version("s", 1),
            R1.no_version("s", 1),
        ),
        ("highest . 1",),
    ),
    Row("the word null deletes", (S1, (S1[0], b"null")), ("highest . 1",)),
    Row(
        "a version registered by Confluent and deleted in Karapace's order of keys is gone",
        (S1, K.version("s", 1, 1, "A", deleted=True), K.no_version("s", 1)),
        ("highest . 1",),
    ),
    Row(
        "a hard delete leaves the other versions alone",
        (S1, S2, C.no_version("s", 1)),
        ("s 2: 2 B", "id 2 is B of s/2"),
    ),
    Row("what is not there can be deleted", (C.no_version("s", 1), C.no_config("s"), C.no_mode("s")), ()),
    Row(
        "an id lives as long as one version has it",
        (S1, T1, C.no_version("s", 1)),
        ("t 1: 1 A", "id 1 is A of t/1"),
    ),
    Row(
        "a subject may be made again from version 1",
        (S1, S2, C.deleted("s", 2), C.no_version("s", 2), C.no_version("s", 1), C.version("s", 1, 3, "C")),
        ("s 1: 3 C", "id 3 is C of s/1"),
    ),
    Row(
        "a schema registered again has the next version, the old one is gone",
        (S1, C.deleted("s", 1), C.no_version("s", 1), C.version("s", 2, 1, "A")),
        ("s 2: 1 A", "id 1 is A of s/2"),
    ),
    Row(
        "Karapace leaves the old version where it was",
        (K.version("s", 1, 1, "A"), K.deleted("s", 1), K.version("s", 2, 1, "A")),
        ("s 1: 1 A deleted", "s 2: 1 A", "id 1 is A of s/1 s/2"),
    ),
    # one id, two schemas
    Row(
        "an id means what it meant first; the other schema stays under its subject, in conflict",
        (S1, C.version("t", 1, 1, "B")),
        ("s 1: 1 A", "t 1: 1 B", "id 1 is A of s/1", "conflict t 1"),
    ),
    Row(
        "a soft delete does not change what an id means",
        (S1, C.version("t", 1, 1, "B"), C.version("s", 1, 1, "A", deleted=True)),
        ("s 1: 1 A deleted", "t 1: 1 B", "id 1 is A of s/1", "conflict t 1"),
    ),
    Row(
        "nor does the deletion of the subject",
        (S1, C.version("t", 1, 1, "B"), C.deleted("s", 1), C.deleted("t", 1)),
        ("s 1: 1 A deleted", "t 1: 1 B deleted", "id 1 is A of s/1", "conflict t 1"),
    ),
    Row(
        "while any version has the first schema, the id means it",
        (S1, C.version("t", 1, 1, "B"), C.version("u", 1, 1, "A"), C.no_version("s", 1)),
        ("t 1: 1 B", "u 1: 1 A", "id 1 is A of u/1", "conflict t 1"),
    ),
    Row(
        "with the last version of its first schema an id means the next, and nothing is in conflict",
        (S1, C.version("t", 1, 1, "B"), C.version("u", 1, 1, "B"), C.no_version("s", 1)),
        ("t 1: 1 B", "u 1: 1 B", "id 1 is B of t/1 u/1"),
    ),
    Row(
        "a conflict ends with the version that makes it",
        (S1, C.version("t", 1, 1, "B"), C.no_version("t", 1)),
        ("s 1: 1 A", "id 1 is A of s/1"),
    ),
    Row(
        "a conflict ends when its writer takes it back",
        (S1, C.version("t", 1, 1, "B"), C.version("t", 1, 2, "B")),
        ("s 1: 1 A", "t 1: 2 B", "id 1 is A of s/1", "id 2 is B of t/1"),
    ),
    Row(
        "three schemas under one id are two conflicts; each takes its turn",
        (S1, C.version("t", 1, 1, "B"), C.version("u", 1, 1, "C"), C.no_version("s", 1)),
        ("t 1: 1 B", "u 1: 1 C", "id 1 is B of t/1", "conflict u 1"),
    ),
    Row(
        "one text in two formats is two schemas",
        (C.version("s", 1, 1, "A"), C.version("t", 1, 1, "A", schemaType="JSON"), C.no_version("s", 1)),
        ("t 1: 1 A", "id 1 is A of t/1"),
    ),
    Row(
        "one text with other references is another schema",
        (S1, C.version("t", 1, 1, "A", references=[{"name": "n", "subject": "s", "version": 1}])),
        ("s 1: 1 A", "t 1: 1 A", "id 1 is A of s/1", "conflict t 1"),
    ),
    # contexts
    Row(
        "each context has its own ids",
        (S1, C.version(":.c:s", 1, 1, "B")),
        ("s 1: 1 A", ":.c:s 1: 1 B", "id 1 is A of s/1", ".c id 1 is B of :.c:s/1", "context .c"),
    ),
    Row("a context is there before its first subject", (context_of(".c"),), ("context .c",)),
    Row("a deleted context is gone", (context_of(".c"), context_of(".c", gone=True)), ()),
    Row(
        "a context with subjects is there whatever was written of it",
        (context_of(".c"), C.version(":.c:s", 1, 1, "A"), context_of(".c", gone=True)),
        (":.c:s 1: 1 A", ".c id 1 is A of :.c:s/1", "context .c"),
    ),
    Row(
        "a context's ids are remembered when it is gone",
        (context_of(".c"), C.version(":.c:s", 1, 5, "A"), C.no_version(":.c:s", 1), context_of(".c", gone=True)),
        ("highest .c 5",),
    ),
    Row(
        "the default context may be spelled out",
        (C.version(":.:s", 1, 1, "A"), C.version("s", 2, 1, "A")),
        ("s 1: 1 A", "s 2: 1 A", "id 1 is A of s/1 s/2"),
    ),
    # config and mode
    Row(
        "a config is all that its last record says",
        (C.config("s", "FULL"), (C.key("CONFIG", "s"), b'{"normalize":true}')),
        ("config s None",),
    ),
    Row("a config deleted by Confluent is gone", (C.config("s", "FULL"), C.no_config("s")), ()),
    Row("a config deleted by Karapace is gone", (K.config("s", "FULL"), K.no_config("s")), ()),
    Row(
        "a config set by Confluent and deleted in Karapace's order of keys is gone",
        (C.config("s", "FULL"), K.no_config("s")),
        (),
    ),
    Row(
        "the config of all is one, however its key names nobody",
        (C.config(None, "FULL"), K.config(None, "NONE"), R0.config(None, "FORWARD")),
        ("config  FORWARD",),
    ),
    Row(
        "a context, all contexts, and a subject may each have a config",
        (C.config(":.c:", "FULL"), C.config(":.__GLOBAL:", "NONE"), C.config("s", "FORWARD")),
        ("config s FORWARD", "config :.__GLOBAL: NONE", "config :.c: FULL"),
    ),
    Row("a mode is set", (C.mode("s", "READONLY"), C.mode(None, "IMPORT")), ("mode  IMPORT", "mode s READONLY")),
    Row("a mode is no more", (C.mode("s", "READONLY"), C.no_mode("s")), ()),
    Row(
        "config and mode outlive their subject",
        (S1, C.config("s", "FULL"), C.mode("s", "READONLY"), C.no_version("s", 1)),
        ("config s FULL", "mode s READONLY", "highest . 1"),
    ),
    # records of ours, and of nobody
    Row("an issued id is remembered", (ours("highest-id..", highest=41),), ("highest . 41",)),
    Row("each context's is", (ours("highest-id..c", highest=41),), ("highest .c 41",)),
    Row(
        "the highest id only grows",
        (ours("highest-id..", highest=41), ours("highest-id..", highest=7), S1),
        ("s 1: 1 A", "id 1 is A of s/1", "highest . 41"),
    ),
    Row(
        "what says nothing changes nothing",
        (
            S1,
            (b'{"keytype":"NOOP","magic":0}', None),
            (b'{"keytype":"CLEAR_SUBJECT","magic":0}', b"{}"),
            (b'{"keytype":"NOPE"}', b"{}"),
            (None, b"{}"),
            (S1[0], b"{"),
        ),
        ("s 1: 1 A", "id 1 is A of s/1"),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.promise)
def test_records_make_true_what_they_say(row: Row) -> None:
    """The records of a row, folded in order, give its picture."""
    registry = Registry()
    registry.write(row.records)
    assert picture(registry.state) == list(row.picture)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.promise)
def test_a_record_read_twice_changes_nothing(row: Row) -> None:
    """A log that is delivered again, each record twice or from any point on, gives the same picture."""
    registry = Registry()
    registry.write(row.records)
    twice = folded(record for record in registry.log for _ in range(2))
    assert answers(twice) == answers(registry.state)
    for start in range(len(registry.log)):
        again = folded([*registry.log, *registry.log[start:]])
        assert answers(again) == answers(registry.state)


def log_of(*pairs: Pair) -> Registry:
    registry = Registry()
    registry.write(pairs)
    return registry


def test_compaction_may_let_a_conflict_win() -> None:
    """Which of two schemas had an id first is lost when compaction drops the first record; both stay readable."""
    registry = log_of(S1, C.version("t", 1, 1, "B"), C.version("s", 1, 1, "A", deleted=True))
    assert picture(folded(compacted(registry.log))) == [
        "s 1: 1 A deleted",
        "t 1: 1 B",
        "id 1 is B of t/1",
        "conflict s 1",
    ]


def test_a_compacted_deletion_still_holds() -> None:
    """The deletion of a subject stands behind its versions, also where one of them was written again before it."""
    registry = log_of(S1, S2, C.version("s", 1, 1, "A", deleted=True), S1, C.deleted("s", 2))
    assert picture(folded(compacted(registry.log))) == picture(registry.state)
    assert picture(registry.state)[:2] == ["s 1: 1 A deleted", "s 2: 2 B deleted"]


def test_every_spelling_of_a_key_is_remembered() -> None:
    """All keys under which the log has shown a version are known, so that a deletion can reach each."""
    registry = log_of(S1, K.version("s", 1, 1, "A"), R0.version("s", 1, 1, "A"), R1.version("s", 1, 1, "A"), S1)
    place = Place(subject_of("s"), Version(1))
    canonical = schema_key(place)
    spelled = [vendor.key("SCHEMA", "s", version=1) for vendor in (K, R0, R1)]
    assert set(registry.state.keys(canonical)) == {canonical, *spelled}
    assert registry.state.keys(canonical).count(canonical) == 1
    assert registry.state.keys(schema_key(Place(subject_of("t"), Version(1)))) == (
        schema_key(Place(subject_of("t"), Version(1))),
    )


def test_unreadable_records_are_counted_and_the_first_kept() -> None:
    """An unreadable record is counted, the first few are kept to be shown, and the position moves over it."""
    registry = log_of(*((b"no key %d" % number, b"") for number in range(25)))
    state = registry.state
    assert (state.unreadable_count, state.position) == (25, 25)
    assert [record.key for record in state.unreadable] == [b"no key %d" % at for at in range(SHOWN_UNREADABLE)]


def test_a_log_of_a_newer_format_is_known_as_one() -> None:
    """The newest format that the log has shown counts, also when an older program writes into it later."""
    assert not log_of(ours("format", format=1)).state.is_of_newer_format
    newer = log_of(ours("format", format=9), ours("format", format=1))
    assert newer.state.is_of_newer_format


def test_two_ids_of_one_schema_are_both_known_and_the_lowest_is_given() -> None:
    """A foreign log may hold one schema under two ids; look-up by content gives the lowest, however it was written."""
    guid = guid_of("A", (), None, None)
    for order in (
        (S1, C.version("t", 1, 9, "A")),
        (C.version("t", 1, 9, "A"), S1),
        (S1, C.version("t", 1, 9, "A"), C.version("s", 1, 1, "A", deleted=True)),
    ):
        state = log_of(*order).state
        assert queries.ids_of(state, guid) == [(".", 1), (".", 9)]
        assert queries.id_of(state, ".", "AVRO", guid) == 1
        assert queries.id_of(state, ".", "JSON", guid) is None
        assert queries.id_of(state, ".c", "AVRO", guid) is None


def test_the_record_shown_for_an_id_is_a_live_one_first() -> None:
    """What an id shows is its first live version by subject and version, and a deleted one only when none lives."""
    registry = log_of(C.version("b", 1, 1, "A"), C.version("a", 2, 1, "A"), C.version("a", 1, 1, "A"))

    def shown() -> tuple[str, int, bool]:
        found = queries.schema(registry.state, ".", 1)
        assert found
        return str(found.subject), found.version, found.deleted

    assert shown() == ("a", 1, False)
    registry.write([C.deleted("a", 2)])
    assert shown() == ("b", 1, False)
    registry.write([C.deleted("b", 1)])
    assert shown() == ("a", 1, True)
    registry.write([C.version("a", 2, 1, "A")])
    assert shown() == ("a", 2, False)


def test_referrers_follow_the_references() -> None:
    """A version knows who refers to it; unqualified subjects are the referrer's own context's."""
    to_s = [{"name": "n", "subject": "s", "version": 1}, {"name": "m", "subject": "s", "version": 1}]
    registry = log_of(
        C.version(":.c:s", 1, 1, "A"),
        C.version(":.c:t", 1, 2, "B", references=to_s),
        C.version("u", 1, 1, "C", references=[{"name": "n", "subject": ":.c:s", "version": 1}]),
    )
    place = Place(subject_of(":.c:s"), Version(1))

    def referrers(*, include_deleted: bool) -> list[str]:
        found = queries.referrers(registry.state, place, include_deleted=include_deleted)
        return [str(record.subject) for record in found]

    assert referrers(include_deleted=False) == [":.c:t", "u"]
    registry.write([C.deleted(":.c:t", 1)])
    assert referrers(include_deleted=False) == ["u"]
    assert referrers(include_deleted=True) == [":.c:t", "u"]
    registry.write([C.no_version(":.c:t", 1), C.version("u", 1, 1, "C")])
    assert referrers(include_deleted=True) == []
    assert queries.referrers(registry.state, Place(subject_of("s"), Version(1)), include_deleted=True) == []


def test_references_in_a_circle_end() -> None:
    """A foreign log may refer in circles, or to what is not there; both are answered."""
    round_ = [{"name": "n", "subject": "s", "version": 1}]
    registry = log_of(C.version("s", 1, 1, "A", references=round_))
    (record,) = queries.versions(registry.state, subject_of("s"))
    assert queries.referents(registry.state, record.subject, record.references, include_deleted=True) == [("n", "A")]
    registry.write([C.no_version("s", 1)])
    with pytest.raises(queries.ReferenceMissing, match='subject "s" and version 1'):
        queries.referents(registry.state, record.subject, record.references, include_deleted=True)


def test_references_are_listed_each_after_what_it_needs() -> None:
    """The texts that a schema needs come in the order in which they can be read; the first binding of a name wins."""
    registry = log_of(
        C.version("a", 1, 1, "A"),
        C.version("x", 1, 9, "X"),
        C.version("b", 1, 2, "B", references=[{"name": "a", "subject": "a", "version": 1}]),
        C.version(
            "c",
            1,
            3,
            "C",
            references=[{"name": "b", "subject": "b", "version": 1}, {"name": "a", "subject": "x", "version": 1}],
        ),
    )
    (record,) = queries.versions(registry.state, subject_of("c"))
    found = queries.referents(registry.state, record.subject, record.references, include_deleted=False)
    assert found == [("a", "A"), ("b", "B")]


def test_a_draft_keeps_its_changes_to_itself() -> None:
    """What is applied to a draft, deletions included, is seen by the draft and by nobody else."""
    registry = log_of(S1, S2, T1, C.config("s", "FULL"), C.mode("s", "READONLY"), context_of(".c"))
    before = answers(registry.state)
    draft = registry.state.draft()
    assert answers(draft) == before
    changes = (
        C.version("s", 3, 3, "C"),
        C.deleted("s", 2),
        C.no_version("s", 1),
        C.version("t", 1, 9, "Z"),
        C.no_config("s"),
        C.mode("s", "IMPORT"),
        context_of(".c", gone=True),
        C.version(":.d:n", 1, 1, "N"),
    )
    for at, (key, value) in enumerate(changes, draft.position):
        draft.apply(read(key, value, at, registry.log[-1].timestamp + 1 + at - draft.position))
    drafted = answers(draft)
    assert answers(registry.state) == before != drafted
    inner = draft.draft()
    inner.apply(read(*C.no_version("s", 2), draft.position, 0))
    assert answers(draft) == drafted
    registry.write(changes)
    assert picture(registry.state) == picture(draft)


def test_subject_names_are_in_order_whatever_came_and_went() -> None:
    """The list of names is sorted and right at any time, with soft-deleted subjects in it and hard-deleted ones not."""
    registry = log_of(C.version("m", 1, 1, "A"))
    assert queries.subject_names(registry.state) == ["m"]
    registry.write([C.version("z", 1, 1, "A"), C.version("a", 1, 1, "A"), C.no_version("m", 1), C.deleted("z", 1)])
    assert queries.subject_names(registry.state) == ["a", "z"]
    registry.write([C.version("m", 1, 1, "A"), C.no_version("m", 1), C.version("m", 1, 1, "A"), C.no_version("a", 1)])
    assert queries.subject_names(registry.state) == ["m", "z"]


def test_live_versions_and_subjects_are_counted() -> None:
    """The counts for the metrics are those of the versions that are not deleted."""
    registry = log_of(S1, S2, T1, C.version(":.c:s", 1, 1, "A"))
    counts = [(registry.state.live_schemas, registry.state.live_subjects)]
    for write in (C.deleted("s", 1), C.deleted("s", 2), C.no_version("s", 2), C.no_version("t", 1), S2, S2):
        registry.write([write])
        counts.append((registry.state.live_schemas, registry.state.live_subjects))
    assert counts == [(4, 3), (3, 3), (2, 2), (2, 2), (1, 1), (2, 2), (2, 2)]


def test_writes_of_a_vendor_are_pairs_of_bytes() -> None:
    """The records of this file are what the vendors write: checked on one of each."""
    assert S1[0] == schema_key(Place(subject_of("s"), Version(1)))
    assert K.key("CONFIG", None) == b'{"subject":null,"magic":0,"keytype":"CONFIG"}'
    assert (
        R3.key("SCHEMA", "s", version=1) == b'{"keytype":"SCHEMA","subject":"s","version":1,"magic":1,"seq":3,"node":0}'
    )
    assert R4.key("CONFIG", None) == b'{"keytype":"CONFIG","subject":null,"magic":0,"seq":4,"node":0}'
