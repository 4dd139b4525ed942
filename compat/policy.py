"""How strictly to compare, and how much work a comparison may be."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The API's `compatibilityPolicy`, and the switches of each format.

    avro_logical_types  what a changed decimal precision or scale is: `reject`, `warn` or `off`
    """

    name: str = "STRICT"
    avro_logical_types: str = "reject"


class TooMuch(Exception):
    """The work passed its budget: nothing is known. Whoever asked may ask again in a worker, with more."""
