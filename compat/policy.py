"""How strictly to compare, and how much work a comparison may be."""

from dataclasses import dataclass
from typing import Final

POLICIES: Final = {
    "STRICT": "Confluent's rules, and besides whatever is shown to break data that exist. It is the default.",
    "LENIENT": "JSON Schema: as STRICT, but an open object may gain and a closed one lose what is optional.",
    "LOGICAL": "Protobuf: as STRICT, and a number that was used or reserved stays reserved.",
    "SEMANTIC": "JSON Schema: the new schema accepts every document that the old one accepts.",
    "DECLARED": "JSON Schema: as SEMANTIC, of documents with nothing but what the old schema declares.",
    "WIRE": "Protobuf: ordinary messages are read as they were written.",
    "WIRE_SAFE": "Protobuf: as WIRE, and no value at all is misread, lost or refused.",
    "JSON": "Protobuf: as WIRE_SAFE, and the names that readers of JSON look up stay.",
    "SOURCE": "Protobuf: as JSON, and so does all else that programs with generated classes use.",
}
"""Every name of a policy, and what it asks. One that belongs to another format counts as STRICT."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The API's `compatibilityPolicy`, and the switches of each format.

    avro_logical_types  what a changed decimal precision or scale is: `reject`, `warn` or `off`
    json_unsound        what a document is that the new schema refuses though the rules find nothing: the same three
    json_too_strict     what the rules' refusal is worth where a proof says that nothing breaks: `rules` (it stands) or
                        `accept-proven`
    protobuf_confluent_exact  STRICT accepts whatever Confluent accepts, though ordinary messages break

    A name that belongs to another format counts as STRICT.
    """

    name: str = "STRICT"
    avro_logical_types: str = "reject"
    json_unsound: str = "reject"
    json_too_strict: str = "rules"
    protobuf_confluent_exact: bool = False


class TooMuch(Exception):
    """The work passed its budget: nothing is known. Whoever asked may ask again in a worker, with more."""
