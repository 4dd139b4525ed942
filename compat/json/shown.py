"""What an answer shows: the declaration at a path, and how the new schema refuses a document."""

from dataclasses import dataclass
from typing import Any, Final

from compat.json.bundle import Opaque
from compat.json.document import Document
from compat.json.drafts import Json
from compat.json.text import written

SHOWN: Final = 300  # characters of a declaration, a document or a sentence of a validator

_SPELLED: Final = {  # Confluent's paths have the words of draft-07, in small letters where schemas are combined
    "additionalItems": ("additionalItems", "items"),
    "allof": ("allOf",),
    "anyof": ("anyOf",),
    "dependencies": ("dependencies", "dependentRequired", "dependentSchemas"),
    "id": ("$id", "id"),
    "items": ("prefixItems", "items"),
    "oneof": ("oneOf",),
}


def cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def spelled(path: tuple[str, ...]) -> str:
    """As Confluent spells a path: no name in it is escaped."""
    return f"#/{'/'.join(path)}"


def declared(document: Document, path: tuple[str, ...]) -> str:
    """What a schema has at a path, as its text; nothing where it has nothing there."""
    at: Json = document.root
    for step in path:
        at = _followed(document, at, step)
        keywords = [keyword for keyword in _SPELLED.get(step, (step,)) if isinstance(at, dict) and keyword in at]
        if keywords:
            at = at[keywords[0]]
        elif isinstance(at, list):
            if not step.isdecimal():  # a name in `required`
                return cut(written(at)) if step in at else ""
            if int(step) >= len(at):
                return ""
            at = at[int(step)]
        else:
            return ""
    return cut(written(at))


def _followed(document: Document, schema: Json, step: str) -> Json:
    seen: set[int] = set()
    while isinstance(schema, dict) and step not in schema and document.has_target(schema) and id(schema) not in seen:
        seen.add(id(schema))
        schema = document.target(schema)
    return schema


@dataclass(frozen=True, slots=True)
class Complaint:
    """How a schema refuses a document: a sentence with the place in the document, and the way in the schema."""

    sentence: str
    path: tuple[str, ...]


def complaint(document: Document, value: Json) -> Complaint:
    """What the validator says first. It takes the schema as one, so the way passes through references unseen."""
    import jsonschema_rs  # noqa: PLC0415  (a tenth of a second of a start that may never need it)

    try:
        bundle = document.bundled
        validator: Any = jsonschema_rs.validator_for(bundle.root, validate_formats=False, offline=True)
        error = next(validator.iter_errors(value), None)
    except (Opaque, ValueError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError):
        error = None
    if error is None:
        return Complaint("it is refused", ())
    where = "".join(f"/{step}" for step in error.instance_path)
    steps = [str(step) for step in error.schema_path]
    return Complaint(f"{cut(error.message)} (at {where})" if where else cut(error.message), tuple(_unreferred(steps)))


def _unreferred(steps: list[str]) -> list[str]:
    """Without what only says that a reference was followed."""
    found: list[str] = []
    waiting = iter(steps)
    for step in waiting:
        if step == "$ref":
            continue
        if step in {"$defs", "definitions"} and not found:
            next(waiting, None)
            continue
        found.append(step)
    return found


def likeness(path: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How far two ways into one schema go together."""
    together = 0
    for step, its in zip(path, other, strict=False):
        if step != its and its not in _SPELLED.get(step, ()):
            break
        together += 1
    return together
