"""What a rule is, and what it means that one is broken. The rules are in the files beside this one, by family."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from compat.protobuf.model import Enum, Field, Message
from compat.protobuf.walk import Pair


class Harm(IntEnum):
    """What comes of a change for data that exist, the worst last."""

    NONE = 0  # every message is read as it was written
    NAME = 1  # the bytes are fine; a name that readers look up is gone
    MEANING = 2  # the bytes are read as they were; a name, default or the use of a number is another
    DROP = 3  # what is not declared any more goes to the unknown fields
    VALUE = 4  # some values are misread, lost or refused; others are not
    BREAK = 5  # ordinary messages are misread, lost or refused


class Rung(IntEnum):
    """The policies that are a ladder: each refuses what those before it refuse, and more."""

    WIRE = 1
    WIRE_SAFE = 2
    JSON = 3
    SOURCE = 4
    NEVER = 5  # none by itself; STRICT, where Confluent does


class Effect(StrEnum):
    """What a witness shows of a message: how the reader sees a field of it."""

    MISREAD = "reads another value"
    LOST = "does not see it: it is among the unknown fields"
    REPLACED = "does not see it: another member of the oneof came later"
    DROPPED = "does not know it any more: it is among the unknown fields"
    REFUSED = "cannot parse the message"
    MISSING = "requires a field that is not there"
    FORGOTTEN = "does not know that it was set"
    DEFAULTED = "reads another default"
    JSON = "cannot take the message's JSON for what it was"


@dataclass(frozen=True, slots=True)
class Rule:
    """One promise that a schema keeps for its readers.

    sentence   what the rule protects
    instead    what to do instead of breaking it
    harm       what comes of breaking it
    since      the first policy of the ladder that refuses it. STRICT refuses what Confluent refuses, and every BREAK
    confluent  the errorType under which it is reported
    effects    what a witness of it may show; none when the rule is about names or declarations only: then there is no
               witness, because every message is read as it was written
    template   the description, where the errorType is none that Confluent refuses
    logical    LOGICAL refuses it
    """

    name: str
    sentence: str
    instead: str
    harm: Harm
    since: Rung
    confluent: str
    effects: frozenset[Effect] = frozenset()
    template: str = ""
    logical: bool = False

    @property
    def is_about_names(self) -> bool:
        return not self.effects


@dataclass(frozen=True, slots=True, eq=False)
class Fault:
    """A rule that is broken at a place.

    pair       the messages it is about, None for the files themselves
    number     the number in them, 0 for the whole message
    confluent  the errorType
    setting    the numbers of the writer's fields that a witness sets, all at once
    telling    numbers to try first
    """

    rule: Rule
    pair: Pair | None
    path: str
    confluent: str
    number: int = 0
    info: str = ""
    writer: Field | Message | Enum | None = None
    reader: Field | Message | Enum | None = None
    setting: tuple[int, ...] = ()
    telling: tuple[int, ...] = ()
