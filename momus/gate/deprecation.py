"""Fields that were called deprecated for long enough, and may go: `deprecation: {versions: N, days: D}`.

A field is deprecated by `"deprecated": true` in Avro and JSON Schema, by a doc that begins with "Deprecated" in Avro,
and by `[deprecated = true]` in Protobuf. What counts is what the versions before said, not what the change says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol

from compat import InvalidSchema, Source, TooMuch, parse
from compat.avro.text import read as read_avro
from compat.json.text import read as read_json
from momus.gate.avro_types import RECORDS, Spot, types_in
from momus.gate.configuration import Deprecation
from momus.gate.findings import Approval, Finding
from momus.gate.lint.json import JsonSchemaText, properties
from momus.gate.lint.protobuf import ProtoText
from momus.gate.places import Text, step_of, steps_of


@dataclass(frozen=True, slots=True)
class Before:
    """A version that was; `day` is when it came, where that is known."""

    source: Source
    day: date | None = None


def allowed(
    findings: Sequence[Finding], rule: Deprecation, new: Source, olds: Sequence[Before], today: date
) -> list[Finding]:
    """The findings; those of fields that may go are approved. `olds` are newest first."""
    try:
        now, before = fields_of(new), [(fields_of(old.source), old.day) for old in olds]
    except (InvalidSchema, TooMuch):  # nothing is known, so nothing is allowed
        return list(findings)
    return [_judged(finding, rule, now, before, today) for finding in findings]


def _judged(
    finding: Finding, rule: Deprecation, new: "Fields", olds: "Sequence[tuple[Fields, date | None]]", today: date
) -> Finding:
    if not finding.can_be_approved or not finding.server_message or not olds:
        return finding
    if finding.schema_type == "AVRO" and finding.direction == "reader":
        return finding  # a path is the reader's, by positions; and a new reader misses no field that went
    field = olds[0][0].at([step for step in finding.path.removeprefix("#").split("/") if step])
    if field is None or field in new.marks:
        return finding
    marked = [old.marks.get(field, False) for old, _ in olds]
    since = marked.index(False) if False in marked else len(marked)  # versions, from the newest on without a gap
    day = olds[since - 1][1] if since else None
    days = (today - day).days if day else 0
    if rule.versions and since >= rule.versions:
        reason = f"the field was deprecated in {since} version{'s' * (since > 1)} before"
    elif rule.days and since and days >= rule.days:
        reason = f"the field was deprecated for {days} days, since {day}"
    else:
        return finding
    approval = Approval(finding.fingerprint, reason, finding.subject, finding.rule, "deprecation")
    return replace(finding, approved=approval)


Field = tuple[str, str]
"""What a field is in, and its name; of Protobuf its number."""


class Fields(Protocol):
    """Those of a schema and of all that it needs, with whether they are deprecated; and which one is at a path."""

    @property
    def marks(self) -> dict[Field, bool]: ...
    def at(self, steps: Sequence[str]) -> Field | None: ...


def fields_of(source: Source) -> Fields:
    """Raises InvalidSchema, TooMuch."""
    made: dict[str, Callable[[Source], Fields]] = {"AVRO": AvroFields, "JSON": JsonFields, "PROTOBUF": ProtobufFields}
    return made[source.kind](source)


class AvroFields:
    def __init__(self, source: Source) -> None:
        texts = [read_avro(text).top[0] for text in (source.text, *(referent.text for referent in source.referents))]
        self._top = texts[0]
        spots = (spot for text in texts for spot in types_in(text) if _is_record(spot))
        self._records = {spot.full_name or "": spot.value for spot in spots}

    @cached_property
    def marks(self) -> dict[Field, bool]:
        return {
            (name, field["name"]): _is_marked(field)
            for name, record in self._records.items()
            for field in record["fields"]
        }

    def at(self, steps: Sequence[str]) -> Field | None:
        """The last field on the way. Where a type is named, the way goes on in its definition."""
        names = {id(record): name for name, record in self._records.items()}
        node, owner, found = self._top, "", None
        for step in steps:
            node = self._entered(node, step)
            owner = names.get(id(node), owner)
            if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
                if isinstance(node, dict) and (owner, node.get("name")) in self.marks:
                    found = (owner, node["name"])
            elif isinstance(node, dict) and step in node:
                node = node[step]
            else:
                break
        return found

    def _entered(self, node: Any, step: str) -> Any:
        name = node.get("type") if isinstance(node, dict) and step not in node else node
        if not isinstance(name, str):
            return node
        ends = (full for full in self._records if full.rpartition(".")[2] == name)
        return self._records.get(name) or self._records.get(next(ends, ""), node)


def _is_record(spot: Spot) -> bool:
    return spot.kind in RECORDS and isinstance(spot.value, dict) and isinstance(spot.value.get("fields"), list)


def _is_marked(field: dict[str, Any]) -> bool:
    doc = field.get("doc")
    return field.get("deprecated") is True or (isinstance(doc, str) and doc.lstrip().lower().startswith("deprecated"))


class JsonFields:
    """A property is in the object that declares it, whatever reference led there; other texts are not followed."""

    def __init__(self, source: Source) -> None:
        self._document = JsonSchemaText("JSON", Text("", "", source.text), "", read_json(source.text))

    @cached_property
    def marks(self) -> dict[Field, bool]:
        return {
            (self._document.path(spot.at), name): isinstance(schema, dict) and schema.get("deprecated") is True
            for spot in self._document.spots
            for name, schema in properties(spot).items()
        }

    def at(self, steps: Sequence[str]) -> Field | None:
        """The last property on the way."""
        node, way, found = self._document.value, "", None
        for before, step in pairwise(["", *steps]):
            key = step_of(step)
            node, way = self._entered(node, key, way)
            owner = way.removesuffix("/properties")
            if before == "properties" and (owner, key) in self.marks:
                found = (owner, key)
            if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            elif isinstance(node, dict) and key in node:
                node = node[key]
            else:
                break
            way += f"/{step}"
        return found

    def _entered(self, node: Any, key: str, way: str) -> tuple[Any, str]:
        """What a `$ref` within the text stands for, unless what is looked for is beside it."""
        for _ in range(20):  # a reference may lead to itself
            reference = node.get("$ref") if isinstance(node, dict) and key not in node else None
            if not isinstance(reference, str) or not reference.startswith("#"):
                break
            way, node = reference[1:], self._document.value
            for step in steps_of(way):
                node = node.get(step) if isinstance(node, dict) else None
        return node, way


class ProtobufFields:
    """A message is called by its names, without the package: so are the paths of the comparison."""

    def __init__(self, source: Source) -> None:
        schema: Any = parse(source, strict=False)
        self._files = (schema.file, *reversed(schema.origin.needed.file))

    @cached_property
    def marks(self) -> dict[Field, bool]:
        found: dict[Field, bool] = {}
        for file in self._files:
            for message in ProtoText("", "", file).messages:
                for field in message.value.field:
                    found.setdefault(("/".join(message.names), str(field.number)), field.options.deprecated)
        return found

    def at(self, steps: Sequence[str]) -> Field | None:
        field = ("/".join(steps[:-1]), steps[-1] if steps else "")
        return field if field in self.marks else None
