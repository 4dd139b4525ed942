"""Which schema stands where, under which URIs and anchors, and what every reference of a source means.

A text that others refer to is read and gone through once, however many refer to it (`Referred`): with it is kept
where its schemas stand, and what those of its references mean that stay inside it.
"""

from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import blake2b
from typing import Final, TypeVar
from urllib.parse import unquote, urljoin

from compat.json.drafts import Draft, Json, Steps, declared_draft, draft_of, stored_schemas, subschemas
from compat.json.known import known_schema
from compat.json.meta import validator
from compat.json.text import read, written
from compat.kept import Kept
from compat.schema import InvalidSchema, Referent

V = TypeVar("V")

REFERENCES: Final = ("$ref", "$dynamicRef", "$recursiveRef")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a schema stands: under which URI its references are read, in which draft and text, and by which way.

    `referent` is the name of the text: None for the schema's own, a URI for one that everybody knows.
    """

    base: str
    draft: Draft
    referent: str | None
    steps: Steps


@dataclass(slots=True)
class Names:
    """Schemas that were gone through: where each stands, what it is called, and those that refer to something."""

    places: dict[int, Place] = field(default_factory=dict)
    roots: dict[str, Json] = field(default_factory=dict)
    anchors: dict[tuple[str, str], Json] = field(default_factory=dict)
    dynamic_anchors: dict[str, dict[int, Json]] = field(default_factory=dict)
    recursive_anchors: set[int] = field(default_factory=set)
    waiting: list[dict[str, Json]] = field(default_factory=list)

    def enter(self, schema: Json, place: Place) -> None:
        """Takes a schema in, and all within it."""
        stack = [(schema, place)]
        while stack:
            inner, at = stack.pop()
            if not isinstance(inner, dict) or id(inner) in self.places:
                continue
            draft = (declared_draft(inner) or at.draft) if at.steps and _has_id(inner, at.draft) else at.draft
            here = Place(self._identified(inner, draft, at.base), draft, at.referent, at.steps)
            self.places[id(inner)] = here
            self._name(inner, here)
            if any(word in inner for word in REFERENCES):
                self.waiting.append(inner)
            for steps, part in (*subschemas(inner, draft), *stored_schemas(inner)):
                stack.append((part, Place(here.base, draft, at.referent, (*at.steps, *steps))))

    def _identified(self, schema: dict[str, Json], draft: Draft, base: str) -> str:
        """The base URI inside a schema; its own `$id` counts, and is a name it is known by."""
        uri = own_uri(schema, draft, base)
        if uri != base:
            self.roots.setdefault(uri, schema)
        return uri

    def _name(self, schema: dict[str, Json], place: Place) -> None:
        if place.draft <= Draft.DRAFT_7:
            own = schema.get(place.draft.id_keyword)
            if isinstance(own, str) and "#" in own[:-1]:
                uri, anchor = parted(joined(place.base, own))
                self.anchors.setdefault((uri, anchor), schema)
            return
        for word in ("$anchor", "$dynamicAnchor"):
            if isinstance(name := schema.get(word), str):
                self.anchors.setdefault((place.base, name), schema)
        if isinstance(name := schema.get("$dynamicAnchor"), str):
            self.dynamic_anchors.setdefault(name, {})[id(schema)] = schema
        if schema.get("$recursiveAnchor") is True:
            self.recursive_anchors.add(id(schema))

    def take(self, other: "Names") -> None:
        """What another text has; who has a name keeps it."""
        self.places = together(self.places, other.places)
        self.roots = other.roots | self.roots
        self.anchors = other.anchors | self.anchors
        for name, schemas in other.dynamic_anchors.items():
            self.dynamic_anchors.setdefault(name, {}).update(schemas)
        self.recursive_anchors |= other.recursive_anchors

    def at_pointer(self, root: Json, pointer: str, draft: Draft) -> tuple[Json, Place] | None:
        """What a JSON pointer leads to, and where it stands if it was not gone through."""
        steps: list[str | int] = []
        value = root
        near = self.places[id(root)] if isinstance(root, dict) else Place("", draft, None, ())
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
        return value, replace(near, steps=(*beneath, *steps))


# ------------------------------------------------------------------------------------------------ a referent's text


@dataclass(frozen=True, slots=True)
class Inner:
    """References of a text that lead into it by one URI: the schemas, and what each means if that URI is `root`'s."""

    root: Json
    schemas: list[dict[str, Json]]
    targets: dict[int, Json]


@dataclass(frozen=True, eq=False)
class Referred:
    """A text under the name by which others refer to it. It is never changed.

    `inner` are its references that need no other text, by their URI; all others are in `outer`.
    """

    schema: Json
    draft: Draft
    names: Names
    inner: dict[str, Inner]
    outer: list[dict[str, Json]]

    @cached_property
    def digest(self) -> bytes:
        """Of the text as a registry would store it."""
        return blake2b(written(self.schema).encode(), digest_size=16).digest()

    @cached_property
    def is_well_formed(self) -> bool:
        return bool(validator(self.draft).is_valid(self.schema))


_KEPT: Final[Kept[tuple[str, str, Draft], Referred]] = Kept()


def referred(referent: Referent, draft: Draft) -> Referred:
    """The text of a referent, in `draft` if it names none. Raises InvalidSchema."""
    key = referent.text, referent.name, draft
    known = _KEPT.get(key)
    if known is None:
        known = _read(referent, draft)
        _KEPT.put(key, known, len(referent.text))
    return known


def _read(referent: Referent, draft: Draft) -> Referred:
    try:
        schema = schema_of(referent.text)
    except InvalidSchema as error:
        raise InvalidSchema(f"the reference '{referent.name}' is no JSON schema: {error}") from None
    draft = draft_of(schema, draft)
    names = Names()
    bare = referent.name.removesuffix("#")
    for uri in (referent.name, bare, bare.removeprefix("./"), f"./{bare}"):  # from the most to the least literal
        names.roots.setdefault(uri, schema)
    names.enter(schema, Place(bare, draft, referent.name, ()))
    inner: dict[str, Inner] = {}
    outer = [one for one in names.waiting if not _stays_inside(one, names, inner)]
    return Referred(schema, draft, names, inner, outer)


def _stays_inside(schema: dict[str, Json], names: Names, inner: dict[str, Inner]) -> bool:
    """Does its reference lead, by a pointer, to what was gone through in this text? Anchors may be others' too."""
    place = names.places[id(schema)]
    if not refers(schema, "$ref", place.draft):
        return False
    uri, fragment = parted(joined(place.base, schema["$ref"]))
    root = names.roots.get(uri)
    fragment = unquote(fragment)
    if root is None or (fragment and not fragment.startswith("/")):
        return False
    target = root
    if fragment:
        found = names.at_pointer(root, fragment, place.draft)
        if found is None:
            return False
        target = found[0]
    if isinstance(target, dict) and id(target) not in names.places:
        return False
    into = inner.setdefault(uri, Inner(root, [], {}))
    into.schemas.append(schema)
    into.targets[id(schema)] = target
    return True


# ------------------------------------------------------------------------------------------------ all texts


class Index:
    """The schema's own text first, then those of its referents, and what every reference means then."""

    def __init__(self, root: Json, draft: Draft) -> None:
        self.names = Names()
        self.targets: dict[int, Json] = {}
        self.dynamic: set[int] = set()
        self._kept: list[Json] = []  # a text that everybody knows lives as long as its places
        self.names.roots[""] = root
        self._base = own_uri(root, draft, "")
        self.names.enter(root, Place("", draft, None, ()))

    def add(self, referent: Referent, text: Referred) -> None:
        """The first text of a name has it."""
        self.names.roots.setdefault(joined(self._base, referent.name.removesuffix("#")), text.schema)
        self.names.take(text.names)
        self.names.waiting += text.outer
        for uri, inner in text.inner.items():
            if self.names.roots[uri] is inner.root:
                self.targets = together(self.targets, inner.targets)
            else:
                self.names.waiting += inner.schemas

    def resolve_all(self) -> None:
        while self.names.waiting:
            schema = self.names.waiting.pop()
            place = self.names.places[id(schema)]
            for word in REFERENCES:
                if refers(schema, word, place.draft):
                    self._resolve(schema, word, place)
                    break

    def _resolve(self, schema: dict[str, Json], word: str, place: Place) -> None:
        found = self._found(place, schema[word])
        if found is None:
            return
        self.targets[id(schema)] = found
        _, fragment = parted(schema[word])
        names = self.names
        if word == "$dynamicRef":
            rivals = names.dynamic_anchors.get(fragment, {})
            if id(found) in rivals and len(rivals) > 1:
                self.dynamic.add(id(schema))
        elif word == "$recursiveRef" and id(found) in names.recursive_anchors and len(names.recursive_anchors) > 1:
            self.dynamic.add(id(schema))

    def _found(self, place: Place, reference: str) -> Json | None:
        uri, fragment = parted(joined(place.base, reference))
        root = self._root(uri, place)
        if root is None:
            return None
        fragment = unquote(fragment)
        if not fragment:
            return root
        if not fragment.startswith("/"):
            base = self.names.places[id(root)].base if isinstance(root, dict) else uri
            return self.names.anchors.get((base, fragment))
        led = self.names.at_pointer(root, fragment, place.draft)
        if led is None:
            return None
        value, there = led
        self.names.enter(value, there)
        return value

    def _root(self, uri: str, place: Place) -> Json | None:
        for name in (uri, uri.removeprefix("./"), f"./{uri}"):
            if name in self.names.roots:
                return self.names.roots[name]
        known = known_schema(uri)
        if known is not None:
            self._kept.append(known)
            self.names.roots[uri] = known
            self.names.enter(known, Place(uri, draft_of(known, place.draft), uri, ()))
        return known


# ------------------------------------------------------------------------------------------------ small parts


def schema_of(text: str) -> Json:
    """Raises InvalidSchema."""
    value = read(text)
    if isinstance(value, dict | bool):
        return value
    kind = {str: "string", list: "array", type(None): "null"}.get(type(value), "number")
    raise InvalidSchema(f"Invalid JSON schema: expected an object or boolean at the root, found {kind}")


def together(own: dict[int, V], other: dict[int, V]) -> dict[int, V]:
    """`own`, which may be changed, and another without a key of it. To copy a dict is far quicker than to fill one."""
    if len(other) > len(own):
        own, other = other.copy(), own
    own.update(other)
    return own


def refers(schema: dict[str, Json], word: str, draft: Draft) -> bool:
    if not isinstance(schema.get(word), str):
        return False
    return word == "$ref" or draft is (Draft.DRAFT_2019 if word == "$recursiveRef" else Draft.DRAFT_2020)


def joined(base: str, reference: str) -> str:
    """A reference read under a base URI. Bases may be plain names, or of schemes that have no paths."""
    if not reference or reference.startswith("#"):
        return f"{parted(base)[0]}{reference}"
    try:
        return urljoin(base, reference)
    except ValueError:  # no URI: it is a name, if anything
        return reference


def parted(uri: str) -> tuple[str, str]:
    """Without its fragment, and the fragment."""
    whole, _, fragment = uri.partition("#")
    return whole, fragment


def own_uri(schema: Json, draft: Draft, base: str) -> str:
    """The URI that a schema gives itself, without its fragment; else the one around it."""
    if not isinstance(schema, dict) or ("$ref" in schema and draft.is_ref_alone):
        return base
    own = schema.get(draft.id_keyword)
    return parted(joined(base, own))[0] if isinstance(own, str) else base


def _has_id(schema: dict[str, Json], draft: Draft) -> bool:
    return isinstance(schema.get(draft.id_keyword), str)
