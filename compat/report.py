"""What a comparison found: differences with their proofs, and how they are worded.

A comparison knows a reader and a writer; only the one who asked knows which of them is new. So a difference is
worded late, by `Difference.sentence` (for people) and `Difference.confluent` (the text that Confluent's API gives).
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["new", "old"]
Decider = Literal["rules", "proof", "counterexample"]

_PLACEHOLDER: Final = re.compile(r"\{(reader|writer|path|type|description|info)\}")


@dataclass(frozen=True, slots=True)
class Witness:
    """A datum of the writer that the reader cannot read, and the run that showed it.

    json   the datum in the format's JSON encoding (Avro: the Avro JSON encoding of the writer's schema)
    hex    its bytes, as the writer encodes them
    error  what the reader said when it was given these bytes; where both sides read the bytes but as different
           values, what each side read
    """

    json: str
    hex: str
    error: str


@dataclass(frozen=True, slots=True)
class Difference:
    """One reason why the reader cannot read what the writer wrote.

    rule       the rule's name, the same everywhere (answer, documentation, tests)
    path       where, in the reader's schema, as Confluent spells it (`/fields/0/type`)
    info       the detail that Confluent calls additionalInfo
    template   the description, with `{reader}` and `{writer}` for the roles (`new`, `old`), `{path}` and `{info}`
    reader     what the reader declares at this place, as schema text ("" when nothing)
    writer     what the writer declares there
    witness    None when no proof was run: an answer never claims one that was not
    confluent_type  the errorType under which Confluent reports it
    wire       the shape of Confluent's message, which each format has its own; it is not JSON
    """

    rule: str
    path: str
    info: str
    template: str
    reader: str
    writer: str
    witness: Witness | None
    confluent_type: str
    wire: str = "{errorType:'{type}', description:'{description}', additionalInfo:'{info}'}"

    def description(self, reader: Role, writer: Role) -> str:
        values = {"reader": reader, "writer": writer, "path": self.path, "info": self.info}
        return _filled(self.template, values)

    def confluent(self, reader: Role, writer: Role) -> str:
        """The message of Confluent's API, text for text."""
        description = self.description(reader, writer)
        return _filled(self.wire, {"type": self.confluent_type, "description": description, "info": self.info})


def _filled(template: str, values: dict[str, str]) -> str:
    """In one pass: what is filled in may itself look like a place to be filled in."""
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), template)


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question: can `reader` read everything that `writer` may write?

    `differences` refuse; `warnings` do not (readable, but the meaning may change). `unlisted` counts the differences
    beyond those that are listed. `failure` is set when the comparison could not be finished (a deadline, a limit):
    then nothing is known, and the caller must refuse.
    `decided_by` is what the verdict rests on: the format's rules, a proof that all the writer may write is readable,
    or a document that is not.
    """

    differences: tuple[Difference, ...] = ()
    warnings: tuple[Difference, ...] = ()
    failure: str = ""
    unlisted: int = 0
    decided_by: Decider = "rules"

    @property
    def is_compatible(self) -> bool:
        return not self.differences and not self.failure
