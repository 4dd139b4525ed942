"""A schema and all it refers to, resolved: what each `$ref` means, and forms that need no other text.

Nothing is fetched: what no given text has is missing. A `Document` and the values in it are never changed once made;
a schema in it is known by the identity of its dict, which stands at one place of one text, so that a walk which
remembers `id(schema)` ends on recursive schemas too.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from compat.json.bundle import Bundle, Opaque, bundled, modernized
from compat.json.drafts import IN_PLACE, Draft, Json, draft_of, subschemas
from compat.json.index import REFERENCES, Index, Place, Referred, referred, refers, schema_of
from compat.schema import Source

__all__ = ["Bundle", "Document", "Fault", "Opaque", "Place"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a reference: the sentence, and where it stands."""

    message: str
    place: Place


@dataclass(frozen=True, eq=False)
class Document:
    """`root` is the value of the text, `referred` are the referents', `draft` the one that the text is read by."""

    source: Source
    root: Json
    draft: Draft
    referred: tuple[Referred, ...]
    _places: dict[int, Place] = field(repr=False)
    _targets: dict[int, Json] = field(repr=False)
    _dynamic: frozenset[int] = field(repr=False)

    def place(self, schema: Json) -> Place:
        """Where a schema of this document stands. Of a boolean nothing more is known than the document's draft."""
        return self._places.get(id(schema)) or Place("", self.draft, None, ())

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
            for word in REFERENCES
            if refers(schema, word, self.draft_at(schema)) and id(schema) not in self._targets
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


# ------------------------------------------------------------------------------------------------ making one


def resolve(source: Source) -> Document:
    """The document of a source. Raises InvalidSchema when one of its texts is no JSON or no schema."""
    root = schema_of(source.text)
    draft = draft_of(root)
    index = Index(root, draft)
    texts = tuple(referred(referent, draft) for referent in source.referents)
    for referent, text in zip(source.referents, texts, strict=True):
        index.add(referent, text)
    index.resolve_all()
    return Document(source, root, draft, texts, index.names.places, index.targets, frozenset(index.dynamic))
