"""Where in a text the thing is that a path of a difference speaks of: in the new text, and its like in the old one.

Paths are those of `compat`. What a text only names is looked for where it is defined, be it in another file. A path
that leads nowhere gives the nearest place on the way: a line that is too wide is better than none.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from compat import InvalidSchema
from compat.pieces import Piece, lines_of, read_json
from momus.gate.avro_types import NAMED, full_name
from momus.gate.findings import Location

KEPT: Final = 16  # texts that are kept in pieces: each finding asks for those of its schema


@dataclass(frozen=True, slots=True)
class Text:
    """A schema's text, under the name by which others refer to it, and the file that it is in.

    Where the text was made of what is in the file, `origin` has its parts, with their places there.
    """

    file: str
    name: str
    text: str
    origin: Piece | None = None


@dataclass(frozen=True, slots=True)
class Places:
    new: Location | None
    old: Location | None
    old_path: str


def places(kind: str, path: str, readers: list[Text], writers: list[Text]) -> Places:
    """`path` is the reader's; the first text of each side is the schema itself, then come those that it needs."""
    match kind:
        case "PROTOBUF":
            steps = [step for step in path.removeprefix("#").split("/") if step]
            reader, writer = (_in_protobuf(texts, steps) for texts in (readers, writers))
            return Places(reader, writer, path if writer else "")
        case "AVRO":
            return _Avro(readers, writers).places(steps_of(path))
        case _:
            return _Json(readers, writers).places(steps_of(path.removeprefix("#")))


def steps_of(path: str) -> list[str]:
    """Those of a JSON pointer, as they are called in the text."""
    return [step_of(written) for written in path.split("/")[1:]]


def step_of(written: str) -> str:
    return written.replace("~1", "/").replace("~0", "~")


def place_of(file: str, origin: Piece | None, invalid: InvalidSchema) -> Location:
    """Where a refusal of a schema's text points in its file."""
    if origin is None or invalid.line and not invalid.path:  # noqa: RUF021
        line = invalid.line or 1
        return Location(file, line, invalid.column or 1, line)
    return _location(_found(_placed(origin, file), steps_of(invalid.path.removeprefix("#"))))


def mention(text: Text, name: str) -> Location:
    """Where a text that is JSON has this string, or one that ends with it: the first such place."""
    root = read(text)
    short = name.rpartition(".")[2]
    waiting = [root] if root else []
    nearest = None
    while waiting:
        piece = waiting.pop()
        if piece.text and piece.text.partition("#")[0] == name:
            return _location(piece)
        nearest = piece if piece.text and piece.text == short else nearest
        waiting += reversed(piece.parts.values())
    return _location(nearest) if nearest else Location(text.file)


# ------------------------------------------------------------------------------------------------ texts in pieces


def read(owner: Text) -> Piece | None:
    """The pieces of a text, None if it is no JSON."""
    if owner.origin is not None:
        return _placed(owner.origin, owner.file)
    return _pieces(owner.text, owner.file)


@lru_cache(maxsize=KEPT)
def _pieces(text: str, file: str) -> Piece | None:
    """One text has many findings."""
    try:
        return read_json(text, file)
    except (ValueError, RecursionError):
        return None


def _placed(piece: Piece, file: str) -> Piece:
    """With the name of its file in each part that has none."""
    value = piece.value
    if isinstance(value, dict):
        value = {key: _placed(part, file) for key, part in value.items()}
    elif isinstance(value, list):
        value = [_placed(part, file) for part in value]
    return replace(piece, value=value, file=piece.file or file)


def _location(piece: Piece) -> Location:
    return Location(piece.file, piece.line, piece.column, piece.end_line)


def _found(piece: Piece, steps: list[str]) -> Piece:
    """What the steps lead to, or the last piece on the way."""
    for step in steps:
        inner = piece.parts.get(step) or (piece.parts.get(int(step)) if step.isdecimal() else None)
        if inner is None:
            break
        piece = inner
    return piece


class _Both:
    """A walk over the texts of both sides at once. `self.way` is what was walked in the old one."""

    def __init__(self, readers: list[Text], writers: list[Text]) -> None:
        self._readers = [piece for piece in map(read, readers) if piece]
        self._writers = [piece for piece in map(read, writers) if piece]
        self._named = {(text.name, text.file) for text in (*readers, *writers)}

    def places(self, steps: list[str]) -> Places:
        new = self._readers[0] if self._readers else None
        old = self._writers[0] if self._writers else None
        way: list[str] = []
        is_old_there = old is not None
        while steps and new is not None:
            new, old = self.entered(new, self._readers, steps), old and self.entered(old, self._writers, steps)
            part, key = self.part(new, steps[0])
            if part is None:
                break
            if old is not None and is_old_there:
                like, like_key = self.like(new, key, old)
                is_old_there = like is not None
                way += [like_key] if is_old_there else []
                old = like or old
            new, steps = part, steps[1:]
        return Places(
            _location(new) if new else None, _location(old) if old else None, "".join(f"/{step}" for step in way)
        )

    def entered(self, node: Piece, roots: list[Piece], steps: list[str]) -> Piece:
        """What the node stands for."""
        raise NotImplementedError

    def part(self, node: Piece, step: str) -> tuple[Piece | None, str | int]:
        if step in node.parts:
            return node.parts[step], step
        if step.isdecimal() and int(step) in node.parts:
            return node.parts[int(step)], int(step)
        return next(((part, key) for key, part in node.parts.items() if part.text == step), (None, step))

    def like(self, _new: Piece, key: str | int, old: Piece) -> tuple[Piece | None, str]:
        return old.parts.get(key), str(key)


class _Avro(_Both):
    """Fields and branches are found again by their names; a type's name stands for its definition."""

    def entered(self, node: Piece, roots: list[Piece], steps: list[str]) -> Piece:
        name = node.text or node.text_at("type") if steps[0] not in node.parts else ""
        if not name:
            return node
        known = [(full, one) for root in roots for full, one in _definitions(root, "")]
        same = [one for full, one in known if full == name] or [
            one for full, one in known if full.rpartition(".")[2] == name
        ]
        return same[0] if same else node

    def like(self, new: Piece, key: str | int, old: Piece) -> tuple[Piece | None, str]:
        if not isinstance(key, int):
            return old.parts.get(key), str(key)
        wanted = _names(new.parts[key])
        for index, part in old.parts.items():
            if not wanted.isdisjoint(_names(part)):
                return part, str(index)
        return None, ""


def _names(node: Piece) -> set[str]:
    aliases = node.parts.get("aliases")
    also = {one.text for one in aliases.parts.values()} if aliases else set()
    return {node.text or node.text_at("name") or node.text_at("type")} | also


def _definitions(node: Piece, space: str) -> Iterator[tuple[str, Piece]]:
    if node.text_at("type") in NAMED and node.text_at("name"):
        name = node.text_at("name")
        space = node.text_at("namespace") if "namespace" in node.parts else space
        full = full_name(name, space)
        space = full.rpartition(".")[0]
        yield full, node
    for part in node.parts.values():
        if part.parts:
            yield from _definitions(part, space)


class _Json(_Both):
    """A `$ref` stands for what it refers to, unless what is looked for is beside it."""

    def entered(self, node: Piece, roots: list[Piece], steps: list[str]) -> Piece:
        for _ in range(20):  # a reference may lead to itself
            reference = node.text_at("$ref")
            if not reference or steps[0] in node.parts:
                return node
            target = self._target(node, reference, roots)
            if target is None:
                return node
            node = target
        return node

    def _target(self, node: Piece, reference: str, roots: list[Piece]) -> Piece | None:
        uri, _, fragment = reference.partition("#")
        root = next((root for root in roots if root.file == node.file), None)
        if uri:
            named = (one for one in roots if (uri, one.file) in self._named or uri in (_id(one), one.text_at("id")))
            root = next(named, None) or next((one for one in roots if _id(one).endswith(f"/{uri}")), None)
        for step in steps_of(fragment) if fragment.startswith("/") else ():
            root = self.part(root, step)[0] if root else None
        return root


def _id(piece: Piece) -> str:
    return piece.text_at("$id")


# ------------------------------------------------------------------------------------------------ .proto texts


def _in_protobuf(texts: list[Text], steps: list[str]) -> Location | None:
    """As far as the way goes, through the fields' types; the schema's own text comes first."""
    declared = [(text, _known(text.text)) for text in texts]
    if not declared:
        return None
    found = texts[0], 0, 0
    text, known = declared[0]
    scope: tuple[str, ...] = ()
    of_type = steps[0] if steps else ""
    for number, step in enumerate(steps):
        if (*scope, step) not in known:
            target = _message(of_type, (text, known), declared)
            if target is None:
                break
            text, known, scope = target
            scope = scope if number else scope[:-1]
            step = step if number else target[2][-1]  # noqa: PLW2901  (a type of another file is named in full)
            if (*scope, step) not in known:
                break
        scope = (*scope, step)
        start, end, of_type = known[scope]
        found = text, start, end
    return _span(*found)


def _span(text: Text, start: int, end: int) -> Location:
    place = lines_of(text.text)
    return Location(text.file, *place(start), place(max(end - 1, start))[0])


Declared = dict[tuple[str, ...], tuple[int, int, str]]


def _message(
    name: str, here: tuple[Text, Declared], all_: list[tuple[Text, Declared]]
) -> tuple[Text, Declared, tuple[str, ...]] | None:
    """Where a type is declared: the longest end of its name counts, as the package is not part of the way."""
    parts = name.lstrip(".").split(".")
    for first in range(len(parts)):
        for text, known in (here, *all_):
            ends = [way for way in known if way[-len(parts) + first :] == tuple(parts[first:])]
            if ends and parts[first:]:
                return text, known, min(ends, key=len)
    return None


@lru_cache(maxsize=KEPT)
def _known(text: str) -> Declared:
    return dict(_declared(text))


def _declared(text: str) -> Iterator[tuple[tuple[str, ...], tuple[int, int, str]]]:
    """Messages and enums by their names, fields and values by number and by name: start, end, and a field's type."""
    from compat.protobuf.tokens import tokens

    way: list[str] = []  # one for each open brace; "" adds nothing to the path
    words: list[str] = []
    start = 0
    for token in tokens(text):
        if not words:
            start = token.start
        if token.text == "{":
            is_named = len(words) > 1 and words[0] in ("message", "enum", "oneof", "service")
            name = words[1] if is_named else words[words.index("group") + 1] if "group" in words[:-1] else ""
            here = tuple(part for part in way if part)
            if name and words[0] != "oneof":
                yield (*here, name), (start, token.end, "")
            way.append("" if words[:1] == ["oneof"] else name)
            words = []
        elif token.text == "}":
            way = way[:-1]
            words = []
        elif token.text == ";":
            if "=" in words[1:-1] and words[0] not in ("option", "syntax", "edition"):
                at = words.index("=")
                here = tuple(part for part in way if part)
                kind = words[at - 3] if words[at - 2] == ">" else words[at - 2]  # the value of a map
                span = (start, token.end, kind if at > 1 else "")
                yield (*here, words[at + 1]), span
                yield (*here, words[at - 1]), span
            words = []
        else:
            words.append(token.text)
