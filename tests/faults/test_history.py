"""The judge of histories: it finds nothing in a good one, and finds each kind of wrong in one that has it.

Made up by hand: a log of a few records, and what clients were told. Record n is sent at second n.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.faults.history import Kind, Operation, Outcome, Record, Rule, World, violations

A, B, C = "text a", "text b", "text c"


def log(*rows: tuple[Any, ...]) -> list[Record]:
    return [Record(at, float(at), *row) for at, row in enumerate(rows, 1)]


def schema(
    subject: str, version: int, id_: int, text: str, epoch: int | None = 1, *, deleted: bool = False
) -> tuple[bytes, bytes, int | None]:
    value = {"subject": subject, "version": version, "id": id_, "schema": text, "deleted": deleted}
    return key("SCHEMA", subject=subject, version=version), json.dumps(value).encode(), epoch


def purge(subject: str, version: int, epoch: int = 1) -> tuple[bytes, None, int]:
    return key("SCHEMA", subject=subject, version=version), None, epoch


def subject_deleted(subject: str, version: int) -> tuple[bytes, bytes, int]:
    value = json.dumps({"subject": subject, "version": version}).encode()
    return key("DELETE_SUBJECT", subject=subject), value, 1


def claim(epoch: int) -> tuple[bytes, bytes, None]:
    return key("NOOP", subject=f"momus.primary.{epoch}"), json.dumps({"epoch": epoch}).encode(), None


def key(keytype: str, **members: object) -> bytes:
    return json.dumps({"keytype": keytype, **members}).encode()


def told(kind: Kind, began: float, ended: float, **more: Any) -> Operation:
    return Operation(kind, more.pop("life", "n"), began, ended, more.pop("outcome", Outcome.DONE), **more)


def registered(began: float, ended: float, version: int, id_: int, text: str, **more: Any) -> Operation:
    more = {"subject": "s"} | more
    return told(Kind.REGISTER, began, ended, version=version, id=id_, text=text, **more)


def refused(kind: Kind, began: float, ended: float, code: int, **more: Any) -> Operation:
    return told(kind, began, ended, outcome=Outcome.REFUSED, code=code, **more)


LOG = log(
    claim(1),
    schema("s", 1, 1, A),
    schema("s", 2, 2, B),
    schema("s", 1, 1, A, deleted=True),
    purge("s", 1),
    claim(2),
    schema("t", 1, 2, B, 2),
)
HISTORY = [
    registered(1.5, 2.5, 1, 1, A),
    registered(2.6, 3.5, 2, 2, B),
    told(Kind.DELETE_VERSION, 3.6, 4.5, subject="s", version=1),
    told(Kind.PURGE_VERSION, 4.6, 5.5, subject="s", version=1),
    registered(6.5, 7.5, 1, 2, B, subject="t"),
]
LATE = (9.0, 9.1)

GOOD = {
    "every answer is true": [],
    "another node may show what was true before": [
        told(Kind.LIST, *LATE, subject="s", numbers=(1, 2), life="m"),
        told(Kind.READ_ID, *LATE, id=1, text=A, life="m"),
    ],
    "a node may go forward": [
        told(Kind.LIST, 9.0, 9.1, subject="s", numbers=(1,), life="m"),
        told(Kind.LIST, 9.2, 9.3, subject="s", numbers=(1, 2), life="m"),
    ],
    "what may have happened or not may be there or not": [
        registered(*LATE, 0, 0, C, outcome=Outcome.UNKNOWN),
        registered(1.0, 1.1, 0, 0, A, outcome=Outcome.UNKNOWN),
    ],
    "what is not there is said not to be": [
        refused(Kind.READ_ID, *LATE, 40403, id=1),
        refused(Kind.READ_VERSION, *LATE, 40402, subject="s", version=1),
        refused(Kind.LOOK_UP, *LATE, 40403, subject="s", text=A),
        refused(Kind.LIST, *LATE, 40401, subject="u"),
        refused(Kind.DELETE_VERSION, *LATE, 40402, subject="s", version=1),
        refused(Kind.PURGE_VERSION, *LATE, 40407, subject="s", version=2),
        refused(Kind.PURGE_SUBJECT, *LATE, 40405, subject="s"),
    ],
    "an old miss is marked as one": [refused(Kind.READ_ID, *LATE, 40403, id=2, is_marked_old=True)],
}

BAD: dict[str, tuple[Rule, list[Operation]]] = {
    "an acknowledged registration that is not there": (Rule.NEVER_TRUE, [registered(*LATE, 3, 3, C)]),
    "one that is there with another id": (Rule.NEVER_TRUE, [registered(*LATE, 2, 3, B)]),
    "an id that meant something else to somebody": (
        Rule.ID_NAMES_TWO_SCHEMAS,
        [told(Kind.READ_ID, *LATE, id=2, text=A, life="m")],
    ),
    "an acknowledgement of what was deleted before": (Rule.TOO_OLD, [registered(*LATE, 1, 1, A, life="m")]),
    "an acknowledgement before it was written": (Rule.TOO_EARLY, [registered(1.1, 1.2, 1, 1, A)]),
    "a deletion before it was written": (Rule.TOO_EARLY, [told(Kind.DELETE_VERSION, 2.6, 2.7, subject="s", version=1)]),
    "a deletion that never was": (Rule.NEVER_TRUE, [told(Kind.DELETE_VERSION, *LATE, subject="s", version=2)]),
    "a miss of what was acknowledged": (Rule.TOO_OLD, [refused(Kind.READ_ID, *LATE, 40403, id=2)]),
    "a miss of a version": (Rule.TOO_OLD, [refused(Kind.READ_VERSION, *LATE, 40402, subject="s", version=2)]),
    "a miss of a subject": (Rule.TOO_OLD, [refused(Kind.LIST, *LATE, 40401, subject="s")]),
    "a node that goes back": (
        Rule.TOO_OLD,
        [
            told(Kind.LIST, 9.0, 9.1, subject="s", numbers=(2,), life="m"),
            told(Kind.LIST, 9.2, 9.3, subject="s", numbers=(1, 2), life="m"),
        ],
    ),
    "a node that does not show its own write": (Rule.TOO_OLD, [told(Kind.LIST_ALL, *LATE, subject="t", numbers=())]),
    "a node that was started and knows less": (
        Rule.TOO_OLD,
        [told(Kind.LIST, *LATE, subject="s", numbers=(1, 2), life="late")],
    ),
    "a version that nobody ever saw": (Rule.NEVER_TRUE, [told(Kind.LIST, *LATE, subject="s", numbers=(1, 2, 3))]),
    "a reason that is none": (Rule.NEVER_TRUE, [refused(Kind.DELETE_VERSION, *LATE, 40406, subject="s", version=2)]),
}

BAD_LOGS: dict[str, tuple[Rule, tuple[tuple[Any, ...], ...]]] = {
    "an id for two schemas": (Rule.ID_NAMES_TWO_SCHEMAS, (schema("t", 2, 2, C, 2),)),
    "an id left out": (Rule.ID_OUT_OF_ORDER, (schema("t", 2, 4, C, 2),)),
    "a version left out": (Rule.VERSION_OUT_OF_ORDER, (schema("s", 4, 3, C, 2),)),
    "a version for two schemas": (Rule.VERSION_OUT_OF_ORDER, (schema("t", 1, 3, C, 2),)),
    "a version given again": (Rule.VERSION_OUT_OF_ORDER, (schema("s", 1, 1, A, 2),)),
    "a schema twice in a subject": (Rule.SCHEMA_TWICE, (schema("t", 2, 2, B, 2),)),
    "a deleted version that is back": (
        Rule.DELETED_CAME_BACK,
        (schema("t", 1, 2, B, 2, deleted=True), schema("t", 1, 2, B, 2)),
    ),
    "a write of a deposed primary": (Rule.DEPOSED_WROTE, (schema("t", 2, 3, C, 1),)),
    "a write without an epoch": (Rule.DEPOSED_WROTE, (schema("t", 2, 3, C, None),)),
    "a claim that comes late": (Rule.DEPOSED_WROTE, (claim(2),)),
    "a record that says nothing": (Rule.UNREADABLE, ((b"what", b"ever", 2),)),
    "a record of another kind": (Rule.UNREADABLE, ((key("MODE", subject="s"), b"{}", 2),)),
    "a schema that nobody registered": (Rule.NOBODY_ASKED, (schema("t", 2, 3, "text d", 2),)),
    "a deletion that nobody asked for": (Rule.NOBODY_ASKED, (subject_deleted("t", 1),)),
}


@pytest.mark.parametrize("name", GOOD)
def test_nothing_is_found_in_a_good_history(name: str) -> None:
    """What may be answered is no violation."""
    assert found(LOG, HISTORY + GOOD[name]) == []


@pytest.mark.parametrize("name", BAD)
def test_wrong_answer_is_found(name: str) -> None:
    """An answer that no moment made true is a violation, and the only one."""
    rule, wrong = BAD[name]
    assert {violation.rule for violation in found(LOG, HISTORY + wrong)} - {Rule.NEVER_TRUE} in ({rule}, set())
    assert rule in {violation.rule for violation in found(LOG, HISTORY + wrong)}


@pytest.mark.parametrize("name", BAD_LOGS)
def test_wrong_record_is_found(name: str) -> None:
    """A record that no good registry writes is a violation, whatever clients were told."""
    rule, rows = BAD_LOGS[name]
    records = [*LOG, *(Record(at, float(at), *row) for at, row in enumerate(rows, len(LOG) + 1))]
    asked = [registered(*LATE, 0, 0, text, subject="t", outcome=Outcome.UNKNOWN) for text in (B, C)]
    asked += [registered(*LATE, 0, 0, text, outcome=Outcome.UNKNOWN) for text in (A, C)]
    if rule is not Rule.NOBODY_ASKED:
        asked.append(told(Kind.DELETE_SUBJECT, *LATE, subject="t", outcome=Outcome.UNKNOWN))
    assert rule in {violation.rule for violation in found(records, HISTORY + asked)}


def test_deleted_versions_make_room_in_one_transaction() -> None:
    """A schema that is registered again puts its deleted versions away, and is counted from the highest of them."""
    records = log(
        claim(1),
        schema("s", 1, 1, A),
        schema("s", 2, 2, B),
        subject_deleted("s", 2),
        purge("s", 2),
        schema("s", 3, 2, B),
    )
    history = [
        registered(1.5, 2.5, 1, 1, A),
        registered(2.6, 3.5, 2, 2, B),
        told(Kind.DELETE_SUBJECT, 3.6, 4.5, subject="s", numbers=(1, 2)),
        registered(4.6, 6.5, 3, 2, B),
        told(Kind.LIST_ALL, *LATE, subject="s", numbers=(1, 3)),
    ]
    assert found(records, history) == []
    apart = [*records[:-1], replace_offset(records[-1])]
    assert [violation.rule for violation in found(apart, history)] == [Rule.VERSION_OUT_OF_ORDER]


def test_unfenced_late_write_counts_for_nothing() -> None:
    """Where only the claims' order decides, a deposed primary's record is void, and so is what it acknowledges."""
    records = [*LOG, Record(8, 8.0, *schema("t", 2, 3, C, 1))]
    late = registered(7.5, 8.5, 2, 3, C, subject="t", life="m")
    assert violations(HISTORY, World(records, is_fenced=False)) == []
    wrong = violations([*HISTORY, late], World(records, is_fenced=False))
    assert [violation.rule for violation in wrong] == [Rule.NEVER_TRUE]


def test_order_of_the_notes_does_not_matter() -> None:
    """Clients write down what they are told as it comes; only the times count."""
    assert found(LOG, list(reversed(HISTORY))) == []


def test_unknown_life_is_held_to_less() -> None:
    """A request during which its node was started anew may have met either life."""
    either = replace(told(Kind.LIST, *LATE, subject="s", numbers=(1, 2)), life="")
    assert found(LOG, [*HISTORY, either]) == []


def found(records: list[Record], history: list[Operation]) -> list[Any]:
    return violations(history, World(records), {"late": 8.0})


def replace_offset(record: Record) -> Record:
    """The same in a later transaction: the first one's marker is between."""
    return record._replace(offset=record.offset + 1)
