"""Every rule that a finding may name: what it protects, and what to do instead of breaking it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

KINDS: Final = ("AVRO", "JSON", "PROTOBUF")

_AVRO: Final = {
    "TYPE_CHANGED": "Add a field of the new type beside the old one, or widen: int → long → float → double.",
    "NAME_CHANGED": "Keep the name, or carry the old full name among the aliases.",
    "FIXED_SIZE_CHANGED": "Add a new fixed under another name, in a field of its own.",
    "ENUM_SYMBOLS_REMOVED": "Keep the symbols, or give the enum a default for those that are gone.",
    "FIELD_WITHOUT_DEFAULT": "Give the field a default: that is what a reader gets where the writer had no such field.",
    "UNION_BRANCH_REMOVED": "Keep the branch, also when nothing writes it any more.",
    "UNION_BRANCH_CHANGED": "Add the changed type as a new branch under another name, and keep the old one.",
    "DEFAULT_INVALID": "Give the field a default of its own type; in a union, of the first branch.",
    "FIELD_FED_TWICE": "Leave one of the aliases out: a field is read from one field.",
    "ALIAS_AMBIGUOUS": "Leave out the alias that the writer has as a field besides.",
    "FIELD_CLAIMED_TWICE": "Let one field claim the writer's: leave the alias out of the other.",
    "DECIMAL_CHANGED": "Keep precision and scale; put the new decimal into a field of its own.",
}

_LOOK: Final = "Readable, but look whether it still means the same."

_OURS: Final = {
    "SCHEMA_INVALID": ("A text is a schema of its format.", "Mend the text at the place that is named."),
    "REFERENCE_CYCLE": ("References can be put in an order.", "Put the types that need each other into one file."),
    "SCHEMA_TYPE_CHANGED": ("A subject keeps its format.", "Give the schema in the other format a subject of its own."),
    "FIELD_RESERVED": ("A reserved field is in no schema, and stays reserved.", "Give the field another name."),
    "COMPARISON_FAILED": ("A comparison comes to an end.", "Make the schema smaller, or tell us: this should not be."),
    "BASE_UNREADABLE": ("What was there before can be read.", "Nothing is to be done if the change mends it."),
    "SUBJECT_REMOVED": ("A subject that was there stays.", "Delete the subject from the registry once nobody uses it."),
    "BASES_DIFFER": ("Bases agree on what is there.", "See who changed the registry, or register what was merged."),
    "APPROVAL_EXPIRED": ("An approval holds until its day.", "Mend the break, or approve it anew."),
    "APPROVAL_UNUSED": ("An approval is of something.", "Take it out of the file."),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """`kind` is the format, "" for what every format has."""

    name: str
    kind: str
    sentence: str
    advice: str


def rules(kind: str | None = None) -> Iterator[Rule]:
    """All rules, or those of one format; the gate's own come last."""
    for one in KINDS if kind is None else (kind,):
        yield from _rules_of(one).values()
    if kind is None:
        yield from (Rule(name, "", *texts) for name, texts in _OURS.items())


def rule(kind: str, name: str) -> Rule:
    if name in _OURS:
        return Rule(name, "", *_OURS[name])
    return _rules_of(kind).get(name) or Rule(name, kind, "", "")


@cache
def _rules_of(kind: str) -> dict[str, Rule]:
    match kind:
        case "AVRO":
            from compat.avro.rules import RULES as AVRO

            return {name: Rule(name, kind, one.sentence, _AVRO.get(name, _LOOK)) for name, one in AVRO.items()}
        case "JSON":
            from compat.json.rules import RULES as JSON

            told = [(name, one) for name, one in JSON.items() if one.strict or name == "NOTHING_REFUSED"]
            return {name: Rule(name, kind, one.sentence, _json_advice(name)) for name, one in told}
        case _:
            from compat.protobuf.rules import RULES as PROTOBUF

            return {name: Rule(name, kind, one.sentence, one.instead) for name, one in PROTOBUF.items()}


def _json_advice(name: str) -> str:
    """By what happened: a schema may always accept more than it did."""
    if "REQUIRED" in name:
        return "Let the property be optional, or give it a default."
    if name.startswith("PROPERTY") or "ADDITIONAL" in name:
        return "Declare new properties as the old schema let them be, and keep objects as open as they are."
    if name.endswith(("ADDED", "INCREASED", "DECREASED", "NARROWED")):
        return "Keep the limit as wide as it was: what was accepted must stay accepted."
    if "ENUM" in name:
        return "Keep the values, also those that nobody writes any more."
    if "TYPE" in name:
        return "Keep the type, or allow the new one beside it: a list of types, or anyOf."
    return "Accept all that the old schema accepts; put what is stricter into a new property."
