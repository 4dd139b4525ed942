"""What deletes write, softly and for good, and what stands against them."""

from dataclasses import replace

import pytest

from registry.names import subject_of
from registry.state import queries
from registry.state.commands import Associate, DeleteContext, DeleteVersion, Tie
from tests.state.known import DEFAULTS, NOW, compacted, folded
from tests.state.rows import (
    INT,
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
R = record("R")
TWO = (FREE, register("s"), register("s", INT))
REFERRED = (register("s", R), register("t", '"R"', to("s", 1, "R")))
TIE = Associate(".", "orders", "c", "id", "topic", (Tie(subject="s", lifecycle="WEAK"),), NOW, ("g",))
KARAPACE = write(
    '{"subject":"s","version":1,"magic":1,"keytype":"SCHEMA"}', '{"id":1,"schema":"\\"string\\"","deleted":true}'
)
REDPANDA = (
    write('{"keytype":"SCHEMA","subject":"s","version":1,"magic":1,"seq":0,"node":0}', '{"id":1,"schema":"1"}'),
    write('{"keytype":"CONFIG","subject":"s","magic":0,"seq":1,"node":0}', '{"compatibilityLevel":"FULL"}'),
    write('{"keytype":"DELETE_SUBJECT","subject":"s","magic":0,"seq":2,"node":0}', '{"subject":"s"}'),
)
MARK = ("FORMAT 1", "HIGHEST .: 1")
GONE = "SCHEMA s 1: gone"
CONTEXT = DeleteContext(".c")

ROWS = (
    # a version, softly
    Row(
        "a version is written again as deleted",
        (register("s"),),
        delete("s", 1),
        ('SCHEMA s 1: id 1 AVRO "string" deleted',),
        1,
    ),
    Row("the latest is the highest live one", TWO, delete("s", -1), ('SCHEMA s 2: id 2 AVRO "int" deleted',), 2),
    Row(
        "also where the highest is deleted",
        (*TWO, delete("s", 2)),
        delete("s", -1),
        ('SCHEMA s 1: id 1 AVRO "string" deleted',),
        1,
    ),
    Row(
        "a deleted version refers to nothing that must live",
        (*REFERRED, delete("t", 1)),
        delete("s", 1),
        (f"SCHEMA s 1: id 1 AVRO {R} deleted",),
        1,
    ),
    Row(
        "one of two versions may go though the subject is tied",
        (*TWO, TIE),
        delete("s", 1),
        ('SCHEMA s 1: id 1 AVRO "string" deleted',),
        1,
    ),
    # a version, for good
    Row(
        "the last version takes all of its subject with it",
        (register("s"), level("FULL", "s"), mode("READWRITE", "s"), delete("s")),
        delete("s", 1, permanent=True),
        (*MARK, GONE, "MODE s: gone", "CONFIG s: gone", "DELETE_SUBJECT s: gone"),
        1,
    ),
    Row(
        "one of two leaves all the rest",
        (*TWO, level("FULL", "s"), delete("s")),
        delete("s", 1, permanent=True),
        ("FORMAT 1", "HIGHEST .: 2", GONE),
        1,
    ),
    Row(
        "what the log has under other keys goes too",
        (KARAPACE,),
        delete("s", 1, permanent=True),
        (*MARK, 'SCHEMA s 1: gone by {"subject":"s","version":1,"magic":1,"keytype":"SCHEMA"}', GONE),
        1,
    ),
    # a subject, softly
    Row("a subject is deleted up to its highest version", TWO, delete("s"), ("DELETE_SUBJECT s: up to 2",), [1, 2]),
    Row(
        "what is deleted already is not named, but covered",
        (*TWO, delete("s", 2)),
        delete("s"),
        ("DELETE_SUBJECT s: up to 2",),
        [1],
    ),
    Row(
        "versions of one subject may refer to each other",
        (FREE, register("s", R), register("s", '"R"', to("s", 1, "R"))),
        delete("s"),
        ("DELETE_SUBJECT s: up to 2",),
        [1, 2],
    ),
    Row(
        "a deleted version of another subject does not hold it",
        (*REFERRED, delete("t")),
        delete("s"),
        ("DELETE_SUBJECT s: up to 1",),
        [1],
    ),
    Row("config and mode stay", (register("s"), level("FULL", "s")), delete("s"), ("DELETE_SUBJECT s: up to 1",), [1]),
    # a subject, for good
    Row(
        "versions go from the highest, the deletion last",
        (*TWO, level("FULL", "s"), mode("READWRITE", "s"), delete("s")),
        delete("s", permanent=True),
        (
            "FORMAT 1",
            "HIGHEST .: 2",
            "SCHEMA s 2: gone",
            GONE,
            "MODE s: gone",
            "CONFIG s: gone",
            "DELETE_SUBJECT s: gone",
        ),
        [1, 2],
    ),
    Row(
        "versions that were deleted one by one leave no deletion behind",
        (register("s"), delete("s", 1)),
        delete("s", permanent=True),
        (*MARK, GONE),
        [1],
    ),
    Row(
        "the deletion stays where old Confluent nodes read along",
        (register("s"), delete("s")),
        delete("s", permanent=True),
        (*MARK, GONE),
        [1],
        replace(DEFAULTS, tombstone_deletions=False),
    ),
    Row(
        "every key of Redpanda's goes, and Confluent's",
        REDPANDA,
        delete("s", permanent=True),
        (
            *MARK,
            'SCHEMA s 1: gone by {"keytype":"SCHEMA","subject":"s","version":1,"magic":1,"seq":0,"node":0}',
            GONE,
            'CONFIG s: gone by {"keytype":"CONFIG","subject":"s","magic":0,"seq":1,"node":0}',
            "CONFIG s: gone",
            'DELETE_SUBJECT s: gone by {"keytype":"DELETE_SUBJECT","subject":"s","magic":0,"seq":2,"node":0}',
            "DELETE_SUBJECT s: gone",
        ),
        [1],
    ),
    Row(
        "what is remembered already is not remembered again",
        (register("s"), register("t"), *gone("s"), delete("t")),
        delete("t", permanent=True),
        ("SCHEMA t 1: gone", "DELETE_SUBJECT t: gone"),
        [1],
    ),
    Row(
        "each context remembers its own ids",
        (register("s"), register(":.c:s"), delete(":.c:s")),
        delete(":.c:s", permanent=True),
        ("FORMAT 1", "HIGHEST .c: 1", "SCHEMA :.c:s 1: gone", "DELETE_SUBJECT :.c:s: gone"),
        [1],
    ),
    # a context
    Row("an empty context goes", (register(":.c:s"), *gone(":.c:s")), CONTEXT, ("CONTEXT .c: gone",)),
    Row("a context that never was is gone", (), CONTEXT, ()),
    Row(
        "its config and mode stay",
        (register(":.c:s"), level("FULL", ":.c:"), *gone(":.c:s")),
        CONTEXT,
        ("CONTEXT .c: gone",),
    ),
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.promise)
def test_delete_is_accepted(row: Row) -> None:
    """A delete writes the records of its row and answers with the versions that are gone."""
    accept(row)


READ_ONLY = "Subject s in context  is in read-only mode"
NOT_FOUND = "Subject 's' not found."
HELD = "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject=s,version=1}."

REFUSED = (
    # a version
    Refused("an unknown subject has no version", (), delete("s", 1), 40401, NOT_FOUND),
    Refused("nor to be deleted for good", (), delete("s", 1, permanent=True), 40401, NOT_FOUND),
    Refused("a version must be there", (register("s"),), delete("s", 2), 40402, "Version 2 not found."),
    Refused(
        "a subject without live versions has no latest",
        (register("s"), delete("s")),
        delete("s", -1),
        40402,
        "Version -1 not found.",
    ),
    Refused(
        "what is deleted softly is deleted",
        (register("s"), delete("s", 1)),
        delete("s", 1),
        40406,
        "Subject 's' Version 1 was soft deleted.Set permanent=true to delete permanently",
    ),
    Refused(
        "for good comes after softly",
        (register("s"),),
        delete("s", 1, permanent=True),
        40407,
        "Subject 's' Version 1 was not deleted first before being permanently deleted",
    ),
    Refused(
        "the latest lives, so it cannot go for good",
        (register("s"),),
        delete("s", -1, permanent=True),
        40407,
        "Version 1 was",
    ),
    Refused("a version that is referred to stays", REFERRED, delete("s", 1), 42206, HELD),
    Refused(
        "also by its own subject",
        (FREE, register("s", R), register("s", '"R"', to("s", 1, "R"))),
        delete("s", 1),
        42206,
        HELD,
    ),
    Refused(
        "for good, also one that a deleted version refers to",
        (*REFERRED, delete("t"), delete("s")),
        delete("s", 1, permanent=True),
        42206,
        HELD,
    ),
    Refused(
        "a tied subject keeps a live version",
        (register("s"), TIE),
        delete("s", 1),
        40907,
        "No active (non-deleted) version exists for subject 's'",
    ),
    Refused(
        "nothing is deleted where all is read only", (register("s"), mode("READONLY")), delete("s", 1), 42205, READ_ONLY
    ),
    # a subject
    Refused("an unknown subject cannot be deleted", (), delete("s"), 40401, NOT_FOUND),
    Refused("nor for good", (), delete("s", permanent=True), 40401, NOT_FOUND),
    Refused(
        "softly is once",
        (register("s"), delete("s")),
        delete("s"),
        40404,
        "Subject 's' was soft deleted.Set permanent=true to delete permanently",
    ),
    Refused(
        "for good is for subjects without live versions",
        (*TWO, delete("s", 1)),
        delete("s", permanent=True),
        40405,
        "Subject 's' was not deleted first before being permanently deleted",
    ),
    Refused("a subject that another refers to stays", REFERRED, delete("s"), 42206, HELD),
    Refused(
        "also an older version of it",
        (FREE, *REFERRED, register("s", INT)),
        delete("s"),
        42206,
        HELD,
    ),
    Refused(
        "for good, also one that another's deleted version refers to",
        (*REFERRED, delete("t"), delete("s")),
        delete("s", permanent=True),
        42206,
        HELD,
    ),
    Refused(
        "a tied subject stays",
        (register("s"), TIE),
        delete("s"),
        40904,
        "An association already exists for subject 's'",
    ),
    Refused("a read-only subject stays", (register("s"), mode("READONLY", "s")), delete("s"), 42205, READ_ONLY),
    Refused(
        "nor does it go for good",
        (register("s"), delete("s"), mode("READONLY")),
        delete("s", permanent=True),
        42205,
        READ_ONLY,
    ),
    # a context
    Refused("the default context stays", (), DeleteContext("."), 42205, "The default context cannot be deleted"),
    Refused(
        "a context with a subject stays",
        (register(":.c:s"),),
        CONTEXT,
        42211,
        "The specified context ':.c:' is not empty.",
    ),
    Refused("deleted subjects count", (register(":.c:s"), delete(":.c:s")), CONTEXT, 42211, "is not empty."),
    Refused(
        "a read-only context stays",
        (mode("READONLY", ":.c:"),),
        CONTEXT,
        42205,
        "Subject :.c: in context :.c: is in read-only mode",
    ),
)


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: row.promise)
def test_delete_is_refused(row: Refused) -> None:
    """A delete that may not be says why, under Confluent's code."""
    refuse(row)


def test_nothing_is_left_in_the_log_of_a_subject_that_went_for_good() -> None:
    """After a hard delete and a compaction only the remembered id and the format are in the log."""
    registry = after((register("s"), level("FULL", "s"), mode("READWRITE", "s"), *gone("s")))
    left = compacted(registry.log)
    assert [record.key for record in left] == [
        b'{"keytype":"NOOP","subject":"momus.format","magic":0}',
        b'{"keytype":"NOOP","subject":"momus.highest-id..","magic":0}',
    ]
    assert queries.highest_id(folded(left), ".") == 1


def test_a_later_deletion_covers_what_an_earlier_one_deleted() -> None:
    """The deletion of a subject that got an older version back covers the newer ones, also in the compacted log."""
    registry = after(
        (
            FREE,
            register("s"),
            register("s", INT),
            delete("s"),
            mode("IMPORT", "s", force=True),
            register("s", id=1, version=1),
            delete("s"),
        )
    )
    assert queries.versions(folded(compacted(registry.log)), subject_of("s")) == []


@pytest.mark.parametrize("part", range(1, 5))
def test_half_a_hard_delete_brings_no_version_back(part: int) -> None:
    """However much of a hard delete reaches the log, no version is live again."""
    registry = after((*TWO, level("FULL", "s"), delete("s")))
    decision = registry.decide(delete("s", permanent=True))
    registry.write(decision.writes[: 2 + part])
    assert queries.versions(folded(compacted(registry.log)), subject_of("s")) == []


def test_the_version_of_a_refusal_is_the_number() -> None:
    """`latest` is told as -1, as Confluent tells it."""
    command = DeleteVersion(subject_of("s"), queries.LATEST)
    refuse(Refused("", (register("s"), delete("s")), command, 40402, "Version -1 not found."))


def test_config_outlives_its_subject_only_softly() -> None:
    """A soft delete leaves the subject's config in force; a hard delete takes it."""
    registry = after((register("s"), config("s", compatibilityLevel="NONE"), delete("s")))
    assert queries.own_config(registry.state, subject_of("s")) is not None
    registry.do(delete("s", permanent=True))
    assert queries.own_config(registry.state, subject_of("s")) is None
