"""How strictly to compare, and how much work a comparison may be."""

from dataclasses import dataclass


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
