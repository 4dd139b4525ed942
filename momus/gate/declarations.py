"""Files that declare several Avro types: Avro IDL (`.avdl`) and protocols (`.avpr`), and what each type is by itself.

A type with a subject of its own is a schema, and others refer to it; a type without one is written into those that use
it. Which has one is for `project` to say.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from compat import InvalidSchema
from compat.avro.apart import apart, full_name, protocol, self_contained
from compat.avro.idl import Import, read
from compat.pieces import Piece, plain, read_json
from momus.gate.facts import Facts, avro_facts

SUFFIXES: Final = (".avdl", ".avpr")


@dataclass(frozen=True)
class Declarations:
    """`types` by full name; `main` is the one schema that the text says it is about, if it says so."""

    types: Mapping[str, Piece]
    main: Piece | None = None
    imports: tuple[Import, ...] = ()
    fault: InvalidSchema | None = None
    text: str = ""

    @property
    def heads(self) -> list[str]:
        """The types that no other one here uses."""
        used = {one for name, uses in self.uses.items() for one in uses if one != name}
        return [name for name in self.types if name not in used]

    @cached_property
    def uses(self) -> dict[str, set[str]]:
        """The types of this text that each of them needs, itself too if it is recursive."""
        return {name: texts_in(piece) & self.types.keys() for name, piece in self.types.items()}

    @property
    def rings(self) -> dict[str, set[str]]:
        """Types that need each other, each with the others: neither can be had before the other."""
        uses, left = self.uses, set(self.types)
        while ends := {name for name in left if not (uses[name] - {name}) & left}:
            left -= ends  # what needs none that is left is on no ring
        reached = {name: _reached(name, uses, left) for name in left}
        rings = {name: {other for other in reached[name] if name in reached[other]} for name in left}
        return {name: others - {name} for name, others in rings.items() if others - {name}}


def declarations_of(suffix: str, content: bytes) -> Declarations:
    """Of a file by its content. What is wrong with it is its `fault`."""
    text = content.decode("utf-8", "replace")
    try:
        content.decode()
        if suffix == ".avdl":
            idl = read(text)
            return Declarations(idl.types, idl.main, idl.imports, text=text)
        top = read_json(text)
        if suffix == ".avpr":
            return Declarations(protocol(top), text=text)
        found: dict[str, Piece] = {}
        apart(top, "", found)
        return Declarations(found, text=text)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        fault = InvalidSchema("the file is no UTF-8, which schemas are written in", "", line, 1)
    except json.JSONDecodeError as error:
        fault = InvalidSchema(f"no JSON: {error.msg}", "", error.lineno, error.colno)
    except (ValueError, RecursionError):
        fault = InvalidSchema("no JSON, or nested too deeply", "", 1, 1)
    except InvalidSchema as invalid:
        fault = invalid
    return Declarations({}, fault=fault, text=text)


def facts(piece: Piece, inner: Mapping[str, Piece], fragment: str) -> Facts:
    """Of one schema, with the types of `inner` written into it."""
    whole = self_contained(piece, {name: one for name, one in inner.items() if name != full_name(piece)})
    try:
        value = plain(whole)
        text = json.dumps(value, ensure_ascii=False)
        found = avro_facts(text, value)
    except RecursionError:
        fault = InvalidSchema("the type is nested too deeply, with all that is written into it", "", piece.line, 1)
        return Facts("", is_readable=False, fault=fault, fragment=fragment)
    name = found.name or (value if isinstance(value, str) else "")
    return replace(found, name=found.name, record=name, origin=whole, fragment=fragment)


def broken(declarations: Declarations, fault: InvalidSchema) -> Facts:
    return Facts(declarations.text, is_readable=False, fault=fault)


def _reached(name: str, uses: Mapping[str, set[str]], within: set[str]) -> set[str]:
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = (uses[waiting.pop()] & within) - found
        found |= new
        waiting += new
    return found


def texts_in(piece: Piece) -> set[str]:
    """All texts in a type: those that are no names of types do no harm."""
    found: set[str] = set()
    waiting: list[Piece] = [piece]
    while waiting:
        one = waiting.pop()
        if one.text:
            found.add(one.text)
        waiting += [part for key, part in one.parts.items() if key not in ("doc", "default", "name", "symbols")]
    return found


def imported(paths: Iterable[str], known: Mapping[str, Declarations]) -> dict[str, Piece]:
    """The types of other files, each part with the file where it stands; of two with one name the first counts."""
    found: dict[str, Piece] = {}
    for path in paths:
        for name, piece in known[path].types.items():
            found.setdefault(name, _of_file(piece, path))
    return found


def _of_file(piece: Piece, path: str) -> Piece:
    value = piece.value
    if isinstance(value, dict):
        value = {key: _of_file(part, path) for key, part in value.items()}
    elif isinstance(value, list):
        value = [_of_file(part, path) for part in value]
    return replace(piece, value=value, file=piece.file or path)
