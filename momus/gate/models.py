"""Schemas that are types of a program: `python:package.module:Model`, derived as `momus.serde` derives them.

Each tree is imported in a process of its own, a commit after it was unpacked into a folder: two versions of a module
never meet, and nothing of them is ever imported here. Whoever names types so runs their code, that of old commits too.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from compat import InvalidSchema
from compat.pieces import Piece
from momus.gate.configuration import PYTHON, Configuration, Entry
from momus.gate.facts import Facts, avro_facts, json_facts
from momus.gate.mapping import Place, subject_of, template_of_type
from momus.gate.project import FactsByContent, Member
from momus.gate.trees import Tree, blob_id

PATIENCE: Final = 120  # seconds, for all imports of a tree together
_START: Final = "import sys; sys.path.append(sys.argv[1]); from momus.gate.deriving import main; main()"
Derived = tuple[list[dict[str, Any]], dict[str, str]]
_OURS: Final = str(Path(__file__).parent.parent.parent)


def members(configuration: Configuration, tree: Tree, known: FactsByContent, *, strict: bool) -> Iterator[Member]:
    """Raises WrongConfiguration, if `strict`."""
    entries = [entry for entry in configuration.schemas if entry.path.startswith(PYTHON)]
    roots = list(dict.fromkeys(_root(entry) for entry in entries))
    for root in roots:
        mine = [entry for entry in entries if _root(entry) == root]
        answers, files = _known(tree, root, known) or _derived(configuration, tree, root, mine, known)
        for entry, answer in zip(mine, answers, strict=True):
            if strict or not answer.get("is_absent"):
                yield from _members(configuration, entry, root, answer, tuple(files), strict=strict)


def _known(tree: Tree, root: str, known: FactsByContent) -> Derived | None:
    """What was derived of the same files, in another tree."""
    ids = tree.ids
    same = (
        (answers, files)
        for answers, files in known.derived.get(root, ())
        if files and all(ids.get(file) == id_ for file, id_ in files.items())
    )
    return next(same, None)


def _root(entry: Entry) -> str:
    return "" if entry.root in (None, ".") else str(entry.root)


def _joined(root: str, file: str) -> str:
    return f"{root}/{file}" if root else file


def _asked(entry: Entry) -> tuple[str, str, str]:
    module, _, name = entry.path.removeprefix(PYTHON).partition(":")
    return entry.kind or "AVRO", module, name


# ------------------------------------------------------------------------------------------------ the other process


def _derived(
    configuration: Configuration, tree: Tree, root: str, entries: Sequence[Entry], known: FactsByContent
) -> Derived:
    """An answer for each entry, and the files that were imported, with the ids of their contents."""
    with tree.on_disk(root) as folder:
        request = {
            "root": str(folder / root),
            "work": str(configuration.root),
            "types": [_asked(entry) for entry in entries],
        }
        try:
            done = subprocess.run(  # noqa: S603  (a list, and no shell)
                [sys.executable, "-P", "-B", "-c", _START, _OURS],
                input=json.dumps(request), cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return _all(entries, f"the import did not end within {PATIENCE} seconds"), {}
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            return _all(entries, f"the import ended the process ({done.returncode}): {last}"), {}
        files = {_joined(root, file): blob_id((folder / root / file).read_bytes()) for file in answer["files"]}
    if not any("fault" in each for each in answer["answers"]):
        known.derived.setdefault(root, []).append((answer["answers"], files))
    return answer["answers"], files


def _all(entries: Sequence[Entry], fault: str) -> list[dict[str, Any]]:
    return [{"fault": fault} for _ in entries]


# ------------------------------------------------------------------------------------------------ what it says


def _members(
    configuration: Configuration,
    entry: Entry,
    root: str,
    answer: Mapping[str, Any],
    sources: tuple[str, ...],
    *,
    strict: bool,
) -> Iterator[Member]:
    kind, module, name = _asked(entry)
    guessed = _joined(root, module.replace(".", "/") + ".py")
    if "fault" in answer:
        fault = InvalidSchema(f"{entry.path}: {answer['fault']}", "", answer.get("line") or 1, 1)
        facts = Facts("", is_readable=False, fault=fault, fragment=name)
        path = _joined(root, answer["file"]) if answer.get("file") else guessed
        yield _member(configuration, entry, name, path, facts, sources, strict=strict)
        return
    for one in answer["types"]:
        place = one["places"].get(one["name"].rpartition(".")[2])
        path = _joined(root, place["at"][0]) if place else guessed
        yield _member(configuration, entry, one["name"], path, _facts(kind, root, one), sources, strict=strict)


def _facts(kind: str, root: str, one: Mapping[str, Any]) -> Facts:
    place = one["places"].get(one["name"].rpartition(".")[2])
    if "fault" in one:
        line, column = place["at"][1:3] if place else (1, 1)
        fault = InvalidSchema(one["fault"], "", line, column)
        return Facts("", is_readable=False, fault=fault, fragment=one["name"])
    value = json.loads(one["text"])
    found = (avro_facts if kind == "AVRO" else json_facts)(one["text"], value)
    top = Piece(value) if place is None else _at(value, place["at"], root)
    return replace(found, origin=_lifted(value, top, one["places"], root), fragment=one["name"])


def _lifted(value: Any, here: Piece, places: Mapping[str, Any], root: str) -> Piece:
    """A schema's parts: those of a class are where it stands, those of a field at the field's line."""
    if isinstance(value, list):
        return replace(here, value=[_lifted(part, here, places, root) for part in value])
    if not isinstance(value, dict):
        return replace(here, value=value)
    place = places.get(_class_of(value))
    own = _at(value, place["at"], root) if place else here
    fields = place["fields"] if place else {}

    def field(name: str, inner: Any) -> Piece:
        return _lifted(inner, _at(inner, fields[name], root) if name in fields else own, places, root)

    def part(key: str, inner: Any) -> Piece:
        if key == "fields":
            return replace(own, value=[field(one["name"], one) for one in inner])
        if key == "properties":
            return replace(own, value={name: field(name, one) for name, one in inner.items()})
        return _lifted(inner, own, places, root)

    return replace(own, value={key: part(key, inner) for key, inner in value.items()})


def _class_of(value: Mapping[str, Any]) -> str:
    """Of the schema of a class; Avro has its name as `name`, JSON Schema as `title`."""
    key = "name" if "fields" in value or "symbols" in value else "title"
    is_class = not value.keys().isdisjoint(("fields", "symbols", "properties", "enum", "$defs"))
    found = value.get(key)
    return found if is_class and isinstance(found, str) else ""


def _at(value: Any, span: Sequence[Any], root: str) -> Piece:
    file, line, column, end = span
    return Piece(value, line, column, end, _joined(root, file))


def _member(
    configuration: Configuration,
    entry: Entry,
    name: str,
    path: str,
    facts: Facts,
    sources: tuple[str, ...],
    *,
    strict: bool,
) -> Member:
    kind, module, _ = _asked(entry)
    spelled = f"{module}:{name}"
    place = Place(f"{module.replace('.', '/')}/{name}", spelled, entry, kind)
    template = template_of_type(place, name)[0]
    subject = subject_of(configuration, place, template, facts, strict=strict)
    entry = configuration.with_settings(entry, subject)
    id_ = blob_id((facts.text or f"{facts.fault} {strict}").encode())  # what fails now is told, though it failed before
    return Member(path, spelled, subject, kind, entry, facts, id_, sources)
