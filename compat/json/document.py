"""A schema and all it refers to, resolved: what each `$ref` means, and forms that need no other text.

Nothing is fetched: what no given text has is missing. A `Document` and the values in it are never changed once made;
a schema in it is known by the identity of its dict, which stands at one place of one text, so that a walk which
remembers `id(schema)` ends on recursive schemas too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final
from urllib.parse import unquote, urljoin

from compat.json.bundle import Bundle, Opaque, bundled, modernized
from compat.json.drafts import (
    IN_PLACE,
    Draft,
    Json,
    Steps,
    declared_draft,
    draft_of,
    stored_schemas,
    subschemas,
)
from compat.json.known import known_schema
from compat.json.text import read
from compat.schema import InvalidSchema, Referent, Source

__all__ = ["Bundle", "Document", "Fault", "Opaque", "Place"]

_REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a schema stands: under which URI its references are read, in which draft and text, and by which way."""

    base: str
    draft: Draft
    text: int  # 0 is the schema's own, n the nth referent's, -1 one that everybody knows
    steps: Steps


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a reference: the sentence, and where it stands."""

    message: str
    place: Place


@dataclass(frozen=True, eq=False)
class Document:
    """`root` is the value of the text, `referred` those of the referents, `draft` the one that the text is read by."""

    source: Source
    root: Json
    draft: Draft
    referred: tuple[Json, ...]
    _places: dict[int, Place] = field(repr=False)
    _targets: dict[int, Json] = field(repr=False)
    _dynamic: frozenset[int] = field(repr=False)

    def place(self, schema: Json) -> Place:
        """Where a schema of this document stands. Of a boolean nothing more is known than the document's draft."""
        return self._places.get(id(schema)) or Place("", self.draft, 0, ())

    def draft_at(self, schema: Json) -> Draft:
        return self.place(schema).draft

    def target(self, schema: dict[str, Json]) -> Json:
        """What the reference in a schema (`$ref`, `$dynamicRef`, `$recursiveRef`) means. Raises KeyError: nothing."""
        return self._targets[id(schema)]

    def has_target(self, schema: dict[str, Json]) -> bool:
        return id(schema) in self._targets

    def parts(self, schema: Json) -> Iterator[tuple[str, Json]]:
        """All schemas that have a say in what a schema means, each with the keyword it is under."""
        if not isinstance(schema, dict):
            return
        if id(schema) in self._targets:
            yield "$ref", self._targets[id(schema)]
        draft = self.draft_at(schema)
        if "$ref" not in schema or not draft.is_ref_alone:
            for steps, part in subschemas(schema, draft):
                yield str(steps[0]), part

    @cached_property
    def reachable(self) -> tuple[Json, ...]:
        """Every schema that has a say, each object once, the root first."""
        found: dict[int, Json] = {}
        waiting = [self.root]
        while waiting:
            schema = waiting.pop()
            if isinstance(schema, dict) and id(schema) not in found:
                found[id(schema)] = schema
                waiting += [part for _, part in self.parts(schema)]
        return tuple(found.values())

    @cached_property
    def missing(self) -> tuple[Fault, ...]:
        """References that have a say and lead nowhere."""
        return tuple(
            Fault(
                f"'{schema[word]}' refers to nothing that is known here{_hint(schema[word])}",
                replace(self.place(schema), steps=(*self.place(schema).steps, word)),
            )
            for schema in self.reachable
            for word in _REFERENCES
            if _refers(schema, word, self.draft_at(schema)) and id(schema) not in self._targets
        )

    @cached_property
    def cycle(self) -> Fault | None:
        """A way from a schema back to itself on which no member or item is entered: nothing says what it means."""
        done: set[int] = set()
        for start in self.reachable:
            if id(start) in done:
                continue
            on_way = {id(start): start}
            stack = [(start, self._in_place(start))]
            while stack:
                schema, ahead = stack[-1]
                following = next(ahead, None)
                if following is None:
                    stack.pop()
                    done.add(id(schema))
                    on_way.pop(id(schema), None)
                elif id(following) in on_way:
                    return Fault("a reference leads back to itself, and no member or item between", self.place(schema))
                elif id(following) not in done:
                    on_way[id(following)] = following
                    stack.append((following, self._in_place(following)))
        return None

    def _in_place(self, schema: Json) -> Iterator[Json]:
        return (
            part
            for keyword, part in self.parts(schema)
            if isinstance(part, dict) and (keyword in IN_PLACE or keyword == "$ref")
        )

    @cached_property
    def opaque(self) -> str:
        """Why this document has no bundle: what it means cannot be said without more. Empty when it can."""
        if self.missing:
            return self.missing[0].message
        if self.cycle:
            return self.cycle.message
        if any(id(schema) in self._dynamic for schema in self.reachable):
            return "a dynamic reference has more than one meaning"
        return ""

    @cached_property
    def bundled(self) -> Bundle:
        """This schema as one text in its own draft; in the newest one where its texts are of several. Raises Opaque."""
        if any(self.draft_at(schema) is not self.draft for schema in self.reachable):
            return self.modern
        return bundled(self)

    @cached_property
    def modern(self) -> Bundle:
        """This schema as one text in the newest draft, so that schemas of any two drafts can be held together.

        Raises Opaque. In one point it is wider than draft-04: there an integer is not written 1.0.
        """
        return self.bundled if self.draft is Draft.DRAFT_2020 and self._is_of_one_draft else modernized(self)

    @property
    def _is_of_one_draft(self) -> bool:
        return all(self.draft_at(schema) is self.draft for schema in self.reachable)


def _hint(reference: Json) -> str:
    remote = isinstance(reference, str) and reference.startswith(("http:", "https:"))
    return "; nothing is fetched, so register it and give it as a reference of this name" if remote else ""


def _refers(schema: dict[str, Json], word: str, draft: Draft) -> bool:
    if not isinstance(schema.get(word), str):
        return False
    return word == "$ref" or draft is (Draft.DRAFT_2019 if word == "$recursiveRef" else Draft.DRAFT_2020)


# ------------------------------------------------------------------------------------------------ making one


def resolve(source: Source) -> Document:
    """The document of a source. Raises InvalidSchema when one of its texts is no JSON or no schema."""
    root = _schema(source.text)
    draft = draft_of(root)
    index = _Index(root, draft)
    referred = tuple(_referred(referent) for referent in source.referents)
    for number, (referent, schema) in enumerate(zip(source.referents, referred, strict=True), 1):
        index.add_referent(number, referent.name, schema)
    index.resolve_all()
    return Document(source, root, draft, referred, index.places, index.targets, frozenset(index.dynamic))


def _referred(referent: Referent) -> Json:
    try:
        return _schema(referent.text)
    except InvalidSchema as error:
        raise InvalidSchema(f"the reference '{referent.name}' is no JSON schema: {error}") from None


def _schema(text: str) -> Json:
    value = read(text)
    if isinstance(value, dict | bool):
        return value
    kind = {str: "string", list: "array", type(None): "null"}.get(type(value), "number")
    raise InvalidSchema(f"Invalid JSON schema: expected an object or boolean at the root, found {kind}")


class _Index:
    """Which schema stands where, under which URIs and anchors, and then what every reference means."""

    def __init__(self, root: Json, draft: Draft) -> None:
        self.places: dict[int, Place] = {}
        self.targets: dict[int, Json] = {}
        self.dynamic: set[int] = set()
        self._draft = draft
        self._roots: dict[str, Json] = {}
        self._anchors: dict[tuple[str, str], Json] = {}
        self._dynamic_anchors: dict[str, dict[int, Json]] = {}
        self._recursive_anchors: set[int] = set()
        self._kept: list[Json] = []  # a text that everybody knows lives as long as its places
        self._waiting: list[dict[str, Json]] = []
        self._roots[""] = root
        self._base = _own_uri(root, draft, "")
        self._enter(root, Place("", draft, 0, ()))

    def add_referent(self, number: int, name: str, schema: Json) -> None:
        """The names it is known by, from the most to the least literal; the first text of a name has it."""
        draft = draft_of(schema, self._draft)
        bare = name.removesuffix("#")
        for uri in (name, bare, joined(self._base, bare), bare.removeprefix("./"), f"./{bare}"):
            self._roots.setdefault(uri, schema)
        self._enter(schema, Place(bare, draft, number, ()))

    def resolve_all(self) -> None:
        while self._waiting:
            schema = self._waiting.pop()
            place = self.places[id(schema)]
            for word in _REFERENCES:
                if _refers(schema, word, place.draft):
                    self._resolve(schema, word, place)
                    break

    def _enter(self, schema: Json, place: Place) -> None:
        """Takes a schema in, and all within it."""
        stack = [(schema, place)]
        while stack:
            inner, at = stack.pop()
            if not isinstance(inner, dict) or id(inner) in self.places:
                continue
            draft = (declared_draft(inner) or at.draft) if at.steps and self._has_id(inner, at.draft) else at.draft
            here = Place(self._identified(inner, draft, at.base), draft, at.text, at.steps)
            self.places[id(inner)] = here
            self._name(inner, here)
            if any(word in inner for word in _REFERENCES):
                self._waiting.append(inner)
            for steps, part in (*subschemas(inner, draft), *stored_schemas(inner)):
                stack.append((part, Place(here.base, draft, at.text, (*at.steps, *steps))))

    @staticmethod
    def _has_id(schema: dict[str, Json], draft: Draft) -> bool:
        return isinstance(schema.get(draft.id_keyword), str)

    def _identified(self, schema: dict[str, Json], draft: Draft, base: str) -> str:
        """The base URI inside a schema; its own `$id` counts, and is a name it is known by."""
        uri = _own_uri(schema, draft, base)
        if uri != base:
            self._roots.setdefault(uri, schema)
        return uri

    def _name(self, schema: dict[str, Json], place: Place) -> None:
        if place.draft <= Draft.DRAFT_7:
            own = schema.get(place.draft.id_keyword)
            if isinstance(own, str) and "#" in own[:-1]:
                uri, anchor = _parted(joined(place.base, own))
                self._anchors.setdefault((uri, anchor), schema)
            return
        for word in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := schema.get(word), str):
                self._anchors.setdefault((place.base, name), schema)
        if isinstance(name := schema.get("$dynamicAnchor"), str):
            self._dynamic_anchors.setdefault(name, {})[id(schema)] = schema
        if schema.get("$recursiveAnchor") is True:
            self._recursive_anchors.add(id(schema))

    def _resolve(self, schema: dict[str, Json], word: str, place: Place) -> None:
        found = self._found(place, schema[word])
        if found is None:
            return
        self.targets[id(schema)] = found
        _, fragment = _parted(schema[word])
        if word == "$dynamicRef":
            rivals = self._dynamic_anchors.get(fragment, {})
            if id(found) in rivals and len(rivals) > 1:
                self.dynamic.add(id(schema))
        elif word == "$recursiveRef" and id(found) in self._recursive_anchors and len(self._recursive_anchors) > 1:
            self.dynamic.add(id(schema))

    def _found(self, place: Place, reference: str) -> Json | None:
        uri, fragment = _parted(joined(place.base, reference))
        root = self._root(uri, place)
        if root is None:
            return None
        fragment = unquote(fragment)
        if not fragment:
            return root
        if not fragment.startswith("/"):
            return self._anchors.get((self.places[id(root)].base if isinstance(root, dict) else uri, fragment))
        return self._at_pointer(root, fragment, place.draft)

    def _root(self, uri: str, place: Place) -> Json | None:
        for name in (uri, uri.removeprefix("./"), f"./{uri}"):
            if name in self._roots:
                return self._roots[name]
        known = known_schema(uri)
        if known is not None:
            self._kept.append(known)
            self._roots[uri] = known
            self._enter(known, Place(uri, draft_of(known, place.draft), -1, ()))
        return known

    def _at_pointer(self, root: Json, pointer: str, draft: Draft) -> Json | None:
        steps: list[str | int] = []
        value = root
        near = self.places[id(root)] if isinstance(root, dict) else Place("", draft, 0, ())
        beneath = near.steps
        for token in pointer.split("/")[1:]:
            key = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, list) and key.isdecimal() and int(key) < len(value):
                steps.append(int(key))
            elif isinstance(value, dict) and key in value:
                steps.append(key)
            elif isinstance(value, dict) and value is root and key == "$defs":
                steps.append("definitions")  # Confluent lets a definition of old be found under its new name
            else:
                return None
            if steps[-1] == "definitions" and isinstance(value, dict) and "definitions" not in value:
                return None
            value = value[steps[-1]]
            if isinstance(value, dict) and id(value) in self.places:
                near, steps = self.places[id(value)], []
                beneath = near.steps
        if not isinstance(value, dict | bool):
            return None
        self._enter(value, Place(near.base, near.draft, near.text, (*beneath, *steps)))
        return value


def joined(base: str, reference: str) -> str:
    """A reference read under a base URI. Bases may be plain names, or of schemes that have no paths."""
    if not reference or reference.startswith("#"):
        return f"{_parted(base)[0]}{reference}"
    try:
        return urljoin(base, reference)
    except ValueError:  # no URI: it is a name, if anything
        return reference


def _parted(uri: str) -> tuple[str, str]:
    """Without its fragment, and the fragment."""
    whole, _, fragment = uri.partition("#")
    return whole, fragment


def _own_uri(schema: Json, draft: Draft, base: str) -> str:
    """The URI that a schema gives itself, without its fragment; else the one around it."""
    if not isinstance(schema, dict) or ("$ref" in schema and draft.is_ref_alone):
        return base
    own = schema.get(draft.id_keyword)
    return _parted(joined(base, own))[0] if isinstance(own, str) else base
