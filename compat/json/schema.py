"""What the registry sees of a JSON schema. Nothing is worked out before it is asked for."""

from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from compat.json.document import Document, resolve
from compat.json.parse import check, is_well_formed
from compat.json.tags import retagged, tags_of
from compat.json.text import written
from compat.schema import Description, Source, Tagged


@dataclass(frozen=True)
class JsonSchema:
    """A parsed JSON schema; `document` is what it says, and is not to be changed."""

    source: Source
    document: Document

    def describe(self, *, normalize: bool = False) -> Description:
        return self._normalized if normalize else self._described

    def rendered(self, form: str) -> str:
        del form  # this kind has only one
        return self.source.text

    def tags(self) -> tuple[Tagged, ...]:
        return tags_of(self.document)

    def with_tags(self, *, add: tuple[Tagged, ...] = (), remove: tuple[Tagged, ...] = ()) -> str:
        return retagged(self.document, add=add, remove=remove)

    @cached_property
    def can_be_validated(self) -> bool:
        """May validators be given it? Not what means nothing, or more than one thing; nor what is no schema at all."""
        return not self.document.opaque and is_well_formed(self.document)

    @cached_property
    def _described(self) -> Description:
        text = written(self.document.root)
        return Description(text, self._identity(text), self._fields)

    @cached_property
    def _normalized(self) -> Description:
        text = written(self.document.root, sort=True)
        return Description(text, self._identity(text), self._fields)

    def _identity(self, text: str) -> str:
        """Of the text, in which the order of keys counts, and of all it refers to, as a registry would store it."""
        referred = zip(self.source.referents, self.document.referred, strict=True)
        parts = [part for referent, known in referred for part in (referent.name.encode(), known.digest)]
        digest = blake2b(digest_size=16)
        for part in (text.encode(), *parts):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
        return digest.hexdigest()

    @property
    def _fields(self) -> tuple[str, ...]:
        top, seen = self.document.root, set()
        while isinstance(top, dict) and self.document.has_target(top) and id(top) not in seen:
            seen.add(id(top))
            if "properties" in top and not self.document.draft_at(top).is_ref_alone:
                break
            top = self.document.target(top)
        properties = top.get("properties") if isinstance(top, dict) else None
        return tuple(properties) if isinstance(properties, dict) else ()


def parse(source: Source, *, strict: bool) -> JsonSchema:
    """The schema of a source: strict for new ones, lenient for what is stored. Raises InvalidSchema."""
    document = resolve(source)
    if strict:
        check(document)
    return JsonSchema(source, document)
