"""What may be wrong in a log: each trouble with how much it matters, its sentence, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal

Severity = Literal["error", "warning", "note"]

SHOWN_OFFSETS = 10


class Trouble(Enum):
    """All that the doctor knows to find: how bad it is, what it is, what to do about it."""

    NEWER_FORMAT = (
        "error",
        "The log was written by a newer Momus: its own records have format {found}, known here is {known}.",
        "Use a Momus that knows format {found}; this one serves the log, but does not write to it.",
    )
    UNREADABLE = (
        "error",
        "{count} cannot be read: {reason}.",
        (
            "Look at the records, and delete their keys when nobody needs them. Momus passes over them; Confluent's "
            "registry stops reading at a null key or an unknown keytype."
        ),
    )
    ID_CONFLICT = (
        "error",
        "Id {id} of context {context} was given to two schemas: it means that of {first}, {other} has another one.",
        (
            "Messages of {other} are decoded with the schema of {first}. Register the schema of {other} anew, let its "
            "producers write with the new id, then delete {other}."
        ),
    )
    LOST_REFERENCE = (
        "error",
        "{place} refers to version {version} of {subject}, which is not there.",
        "The schema can be fetched but not used. Import the missing version again, or delete {place}.",
    )
    LOST_REFERENCE_OF_DELETED = (
        "warning",
        "{place}, which is deleted, refers to version {version} of {subject}, which is not there.",
        "Delete {place} for good when no message is left that was written with it.",
    )
    COMES_BACK = (
        "error",
        "{count} deleted in another spelling only: after a compaction that drops the deletion, it is there again.",
        "Mending deletes every spelling.",
    )
    KEY_SPELLED_OTHERWISE = (
        "warning",
        "{count} in another spelling than Confluent's, as Karapace and Redpanda write them.",
        (
            "A registry that deletes by its own spelling leaves these behind, and what was deleted comes back. Mending "
            "writes what holds under Confluent's keys, and deletes the others."
        ),
    )
    EMPTY_VALUE = (
        "warning",
        "{count} by an empty value instead of none, as Karapace writes them.",
        "Confluent's registry takes such a value for damage and knows of no deletion. Mending deletes them.",
    )
    VALUE_OF_ANOTHER_KEY = (
        "warning",
        "The value at offset {offset} is about {told}, its key about {named}.",
        "Momus goes by the key, as compaction does. Look which of them is right, and write it again.",
    )
    VOID = (
        "warning",
        "{count} in vain: by a primary that others had deposed, or by Redpanda at an offset that another record has.",
        "Momus passes over them, other registries take them for good. Mending writes over them.",
    )
    TWO_IDS = (
        "warning",
        "One schema of context {context} has the ids {ids}.",
        "Nothing breaks by it. Registrations are given id {lowest}.",
    )
    FORGETFUL = (
        "warning",
        "Ids up to {highest} were issued in context {context}, but after a compaction the log knows of {known} only.",
        "A registry that is started then issues an id twice. Mending writes a record that remembers.",
    )
    DELETION_LEFT = (
        "note",
        "{count} of subjects that have no version any more.",
        "They cost room, nothing else. A hard delete by Momus takes them along.",
    )

    def __init__(self, severity: Severity, sentence: str, advice: str) -> None:
        self.severity = severity
        self.sentence = sentence
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Finding:
    """`offsets` are the first few of the records that it is about."""

    trouble: Trouble
    sentence: str
    advice: str
    offsets: tuple[int, ...] = ()


def found(trouble: Trouble, offsets: Sequence[int] = (), **blanks: object) -> Finding:
    shown = tuple(sorted(offsets)[:SHOWN_OFFSETS])
    return Finding(trouble, trouble.sentence.format(**blanks), trouble.advice.format(**blanks), shown)


def counted(offsets: Sequence[int], one: str, many: str | None = None) -> str:
    return f"{len(offsets)} {one if len(offsets) == 1 else many or f'{one}s'}"
