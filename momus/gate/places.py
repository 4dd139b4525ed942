"""Where in a text the thing is that a path of a difference speaks of: in the new text, and its like in the old one.

Paths are those of `compat`. What a text only names is looked for where it is defined, be it in another file. A path
that leads nowhere gives the nearest place on the way: a line that is too wide is better than none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]
from typing import Final

from momus.gate.findings import Location


@dataclass(frozen=True, slots=True)
class Text:
    """A file, under the name by which others refer to it."""

    file: str
    name: str
    text: str


@dataclass(slots=True, eq=False)
class Node:
    """A piece of a text. `value` is that of a string, `parts` what is inside an object or list, by key or index."""

    owner: Text
    start: int
    end: int = 0
    value: str | None = None
    parts: dict[str | int, "Node"] = field(default_factory=dict)

    def text_at(self, key: str) -> str:
        part = self.parts.get(key)
        return part.value or "" if part else ""

    @property
    def location(self) -> Location:
        text = self.owner.text
        line = text.count("\n", 0, self.start) + 1
        column = self.start - text.rfind("\n", 0, self.start)
        return Location(self.owner.file, line, column, line + text.count("\n", self.start, self.end))


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
            return _Avro(readers, writers).places(_steps(path))
        case _:
            return _Json(readers, writers).places(_steps(path.removeprefix("#")))


def _steps(path: str) -> list[str]:
    return [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]


# ------------------------------------------------------------------------------------------------ JSON texts

_SPACE: Final = re.compile(r"(?:[\s\ufeff]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_PLAIN: Final = re.compile(r"[^\s,\]}/]+")


def read(owner: Text) -> Node | None:
    """The pieces of a JSON text, None if it is none."""
    try:
        return _Scanner(owner).value(0)
    except (ValueError, IndexError, RecursionError):
        return None


class _Scanner:
    def __init__(self, owner: Text) -> None:
        self._owner = owner
        self._text = owner.text

    def value(self, at: int) -> Node:
        at = self._skip(at)
        node = Node(self._owner, at)
        first = self._text[at]
        if first == '"':
            node.value, node.end = scanstring(self._text, at + 1, False)  # noqa: FBT003  (not strict)
        elif first in "{[":
            node.end = self._inside(node, at + 1, "}" if first == "{" else "]")
        else:
            found = _PLAIN.match(self._text, at)
            if not found:
                raise JSONDecodeError("no value", self._text, at)
            node.end = found.end()
        return node

    def _inside(self, node: Node, at: int, close: str) -> int:
        while self._text[at := self._skip(at)] != close:
            key: str | int = len(node.parts)
            if close == "}":
                key, at = scanstring(self._text, at + 1, False)  # noqa: FBT003
                at = self._skip(at) + 1
            part = self.value(at)
            node.parts[key] = part
            at = self._skip(part.end)
            at += self._text[at] == ","
        return at + 1

    def _skip(self, at: int) -> int:
        found = _SPACE.match(self._text, at)
        return found.end() if found else at


class _Both:
    """A walk over the texts of both sides at once. `self.way` is what was walked in the old one."""

    def __init__(self, readers: list[Text], writers: list[Text]) -> None:
        self._readers = [node for node in map(read, readers) if node]
        self._writers = [node for node in map(read, writers) if node]

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
        return Places(new.location if new else None, old.location if old else None, "".join(f"/{step}" for step in way))

    def entered(self, node: Node, roots: list[Node], steps: list[str]) -> Node:
        """What the node stands for."""
        raise NotImplementedError

    def part(self, node: Node, step: str) -> tuple[Node | None, str | int]:
        if step in node.parts:
            return node.parts[step], step
        if step.isdecimal() and int(step) in node.parts:
            return node.parts[int(step)], int(step)
        return next(((part, key) for key, part in node.parts.items() if part.value == step), (None, step))

    def like(self, _new: Node, key: str | int, old: Node) -> tuple[Node | None, str]:
        return old.parts.get(key), str(key)


_NAMED: Final = frozenset(("record", "error", "enum", "fixed"))


class _Avro(_Both):
    """Fields and branches are found again by their names; a type's name stands for its definition."""

    def entered(self, node: Node, roots: list[Node], steps: list[str]) -> Node:
        name = node.value if node.value is not None else node.text_at("type") if steps[0] not in node.parts else ""
        if not name:
            return node
        known = [(full, one) for root in roots for full, one in _definitions(root, "")]
        same = [one for full, one in known if full == name] or [
            one for full, one in known if full.rpartition(".")[2] == name
        ]
        return same[0] if same else node

    def like(self, new: Node, key: str | int, old: Node) -> tuple[Node | None, str]:
        if not isinstance(key, int):
            return old.parts.get(key), str(key)
        wanted = _names(new.parts[key])
        for index, part in old.parts.items():
            if not wanted.isdisjoint(_names(part)):
                return part, str(index)
        return None, ""


def _names(node: Node) -> set[str]:
    aliases = node.parts.get("aliases")
    also = {one.value or "" for one in aliases.parts.values()} if aliases else set()
    return {node.value or node.text_at("name") or node.text_at("type")} | also


def _definitions(node: Node, space: str) -> Iterator[tuple[str, Node]]:
    if node.text_at("type") in _NAMED and node.text_at("name"):
        name = node.text_at("name")
        space = node.text_at("namespace") if "namespace" in node.parts else space
        full = f"{space}.{name}" if space and "." not in name else name
        space = full.rpartition(".")[0]
        yield full, node
    for part in node.parts.values():
        if part.parts:
            yield from _definitions(part, space)


class _Json(_Both):
    """A `$ref` stands for what it refers to, unless what is looked for is beside it."""

    def entered(self, node: Node, roots: list[Node], steps: list[str]) -> Node:
        for _ in range(20):  # a reference may lead to itself
            reference = node.text_at("$ref")
            if not reference or steps[0] in node.parts:
                return node
            target = self._target(node, reference, roots)
            if target is None:
                return node
            node = target
        return node

    def _target(self, node: Node, reference: str, roots: list[Node]) -> Node | None:
        uri, _, fragment = reference.partition("#")
        root = next((root for root in roots if root.owner is node.owner), None)
        if uri:
            named = (root for root in roots if uri in (root.owner.name, root.text_at("$id"), root.text_at("id")))
            root = next(named, None) or next((one for one in roots if one.text_at("$id").endswith(f"/{uri}")), None)
        for step in _steps(fragment) if fragment.startswith("/") else ():
            root = self.part(root, step)[0] if root else None
        return root


# ------------------------------------------------------------------------------------------------ .proto texts


def _in_protobuf(texts: list[Text], steps: list[str]) -> Location | None:
    """As far as the way goes, through the fields' types; the schema's own text comes first."""
    declared = [(text, dict(_declared(text))) for text in texts]
    if not declared:
        return None
    found = Node(texts[0], 0)
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
        found = Node(text, start, end)
    return found.location


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


def _declared(text: Text) -> Iterator[tuple[tuple[str, ...], tuple[int, int, str]]]:
    """Messages and enums by their names, fields and values by number and by name: start, end, and a field's type."""
    from compat.protobuf.tokens import tokens

    way: list[str] = []  # one for each open brace; "" adds nothing to the path
    words: list[str] = []
    start = 0
    for token in tokens(text.text):
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
