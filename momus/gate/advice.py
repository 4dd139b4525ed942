"""Every rule that a finding may name: what it protects, and what to do instead of breaking it.

Protobuf's rules, and those of lint, bring both with them. The reports and the pages of rules read this.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Final, Literal

KINDS: Final = ("AVRO", "JSON", "PROTOBUF")

_AVRO: Final = {
    "TYPE_CHANGED": "Add a field with the new type and a default, and let the old one go once nobody writes it.",
    "NAME_CHANGED": "Keep the name, or put the old full name among the aliases of the new one.",
    "FIXED_SIZE_CHANGED": "Add a field with the new fixed and a default; or use bytes, which may be of any length.",
    "ENUM_SYMBOLS_REMOVED": "Keep the symbols, or give the enum a default: it stands for what is not known.",
    "FIELD_WITHOUT_DEFAULT": "Give the field a default: it stands where old messages have nothing.",
    "UNION_BRANCH_REMOVED": "Keep the branch for as long as messages with it can be read.",
    "UNION_BRANCH_CHANGED": "Change the branch in a way in which it could change alone, or add another type.",
    "DEFAULT_INVALID": "Give the field a default that is a value of its type; of a union, of its first branch.",
    "FIELD_FED_TWICE": "Leave one alias, and give the other field one of its own.",
    "ALIAS_AMBIGUOUS": "Take the alias away while the old field is there, or remove that field first.",
    "FIELD_CLAIMED_TWICE": "Let only one field have the name or the alias.",
    "DECIMAL_CHANGED": "Add a field with the new precision or scale.",
    "BYTES_READ_AS_STRING": "Make sure that all that was written is UTF-8, or add a string field.",
    "PROMOTION_LOSES_DIGITS": "Add a field, or make sure that no number has more digits than the new type holds.",
    "TIME_UNIT_CHANGED": "Add a field with the new unit.",
    "LOGICAL_TYPE_CHANGED": "Add a field with the new meaning.",
    "NAMESPACE_CHANGED": "Put the old full name among the aliases.",
    "UNION_CHOICE_AMBIGUOUS": "Put the branch that all readers should take first, or leave only that one.",
}

_JSON: Final = (
    (r"SCHEMA_ADDED", "Leave the place without a schema, or begin another version of the subject's contract."),
    (r"(MAX|MIN)_\w+_ADDED|(EXCLUSIVE_)?(MAX|MIN)IMUM_ADDED", "Watch the bound where documents are written, not here."),
    (r"MULTIPLE_OF_\w+|PATTERN_\w+", "Watch it where documents are written; or add a property that is held to it."),
    (r"\w+_(DECREASED|INCREASED)", "Keep the bound, and watch the new one where documents are written."),
    (r"TYPE_NARROWED|TYPE_CHANGED", "Allow both types, or add a property with the new type."),
    (
        r"(ADDITIONAL|UNEVALUATED)_PROPERTIES_\w+",
        "Keep the object as open as it is; one that is to be closed is so from its first version.",
    ),
    (
        r"OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL",
        "Use the policy DECLARED, which counts only declared properties; or close objects in their first version.",
    ),
    (r"REQUIRED_\w+", "Let it be optional, and look for it in code. A default in JSON Schema fills nothing in."),
    (
        r"PROPERTY_ADDED_NOT_COVERED\w+",
        "Give the property a schema that takes all that was allowed under its name.",
    ),
    (r"PROPERTY_REMOVED_\w+", "Keep the property declared; documents that have it exist."),
    (r"DEPENDENCY_\w+", "Look for what belongs together in code."),
    (r"UNIQUE_ITEMS_ADDED", "Look for equal items where documents are written."),
    (r"(ADDITIONAL|UNEVALUATED)_ITEMS_\w+", "Keep the array as open as it is."),
    (r"ITEM_ADDED_\w+", "Give the item a schema that takes all that was allowed in its place."),
    (r"ITEM_REMOVED_\w+", "Keep the item declared; arrays that have it exist."),
    (r"ENUM_\w+", "Keep the values, and cease to write them."),
    (r"COMBINED_\w+|PRODUCT_\w+|SUM_\w+", "Keep the branches, and add others to anyOf or oneOf."),
    (r"NOT_TYPE_EXTENDED", "Exclude it where documents are written."),
    (r"(DECLARED_)?DOCUMENT_REFUSED", "Look at the document: the new schema must accept it, as the old one does."),
    (
        r"NOTHING_REFUSED",
        "Set `json_too_strict` to `accept-proven`, or use the policy SEMANTIC: then the proof counts.",
    ),
)

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
    "APPROVAL_ONE_SIDED": (
        "An approval is for those whom its author saw break.",
        "Take it out of the file, and approve the finding anew: it breaks both sides now.",
    ),
    "APPROVAL_UNUSED": ("An approval is of something.", "Take it out of the file."),
}

_OF_ALL_FORMATS: Final = {  # of lint
    "REFERENCE_MISSING": (
        "What a schema refers to is there.",
        "Mend the name, or add the file that has it to the schemas of the configuration.",
    ),
    "NAME_DEFINED_TWICE": (
        "A name is defined in one file, or alike in all that define it.",
        "Let one file define the type, and the others refer to it.",
    ),
    "IGNORE_UNKNOWN": ("What is ignored is a rule of lint.", "Mend the name: `momus rules` has all."),
    "IGNORE_UNUSED": ("Where a rule is ignored it would be broken.", "Take the remark out."),
}

Verb = Literal["check", "lint", "both"]


@dataclass(frozen=True, slots=True)
class Rule:
    """`kind` is the format, "" for what every format has; `verb` is the one whose findings may name it."""

    name: str
    kind: str
    sentence: str
    advice: str
    verb: Verb = "check"


def rules(kind: str | None = None) -> Iterator[Rule]:
    """All rules, or those of one format: of the comparison, then of lint; those of all formats come last."""
    for one in KINDS if kind is None else (kind,):
        yield from _compared(one).values()
        yield from _linted(one).values()
    if kind is None:
        yield from _ours().values()


def rule(kind: str, name: str) -> Rule:
    if name in _ours():
        return _ours()[name]
    if kind not in KINDS:
        return Rule(name, kind, "", "")
    return _compared(kind).get(name) or _linted(kind).get(name) or Rule(name, kind, "", "")


@cache
def _ours() -> dict[str, Rule]:
    both = ("SCHEMA_INVALID", "REFERENCE_CYCLE")
    checked = {name: Rule(name, "", *texts, "both" if name in both else "check") for name, texts in _OURS.items()}
    return checked | {name: Rule(name, "", *texts, "lint") for name, texts in _OF_ALL_FORMATS.items()}


@cache
def _compared(kind: str) -> dict[str, Rule]:
    match kind:
        case "AVRO":
            from compat.avro.rules import RULES as AVRO

            return {name: Rule(name, kind, one.sentence, _AVRO[name]) for name, one in AVRO.items()}
        case "JSON":
            from compat.json.rules import RULES as JSON

            told = [(name, one) for name, one in JSON.items() if one.strict or name == "NOTHING_REFUSED"]
            return {name: Rule(name, kind, one.sentence, _of_json(name)) for name, one in told}
        case _:
            from compat.protobuf.rules import RULES as PROTOBUF

            return {name: Rule(name, kind, one.sentence, one.instead) for name, one in PROTOBUF.items()}


@cache
def _linted(kind: str) -> dict[str, Rule]:
    found = import_module(f"momus.gate.lint.{kind.lower()}").RULES
    return {one.name: Rule(one.name, kind, one.sentence, one.advice, "lint") for one in found}


def _of_json(name: str) -> str:
    """Raises StopIteration where nothing is said of a rule."""
    return next(text for pattern, text in _JSON if re.fullmatch(pattern, name))
