"""What is known about schemas as texts: descriptions, parsed schemas, renderings, all cached by digest.

Small texts are parsed here, on the event loop; larger ones in a worker process, with a deadline, and so are those of
formats that are dangerous to read, or of which nothing is loaded yet. A text is parsed when somebody asks about it,
never while the log is replayed.
"""

from compat import FORMATS, Description, InvalidSchema, Schema, Source, Tagged, parse
from compat.worker import Workers
from registry.engines import Engines
from registry.recent import Recent
from registry.state.facts import Describe, Missing, Tagging, Tags

PARSED = 16  # bytes of a parsed schema for a character of its text: 9 in Avro, 21 in JSON Schema


class Schemas:
    """Descriptions and parsed schemas. `inline_limit` is in characters of all texts of a source."""

    def __init__(self, workers: Workers, inline_limit: int, *, room: int = 64 * 1024 * 1024) -> None:
        self._workers = workers
        self._engines = Engines()
        self._inline_limit = inline_limit
        self._described: Recent[tuple[bytes, bool, bool], Description | InvalidSchema] = Recent(
            room, lambda _key, found: 512 + (len(found.text) if isinstance(found, Description) else 0)
        )
        self._rendered: Recent[tuple[bytes, str], str] = Recent(room // 4, lambda _key, text: 512 + len(text))
        self._parsed: Recent[bytes, Schema] = Recent(room, lambda _key, schema: 512 + PARSED * weight(schema.source))

        self._sources: Recent[tuple[str, str], Source] = Recent(room // 4, lambda key, _source: 512 + len(key[1]))

    def plain(self, kind: str, text: str) -> Source:
        """The source of a text that refers to nothing; kept, because it knows its digest once that was asked for."""
        source = self._sources.get((kind, text))
        if source is None:
            source = Source(kind, text)
            self._sources.put((kind, text), source)
        return source

    def is_for_here(self, source: Source) -> bool:
        """May the event loop read this itself?"""
        most = FORMATS[source.kind].read_here
        limit = self._inline_limit if most is None else min(self._inline_limit, most)
        return weight(source) <= limit and self._engines.is_here(source.kind)

    def description(self, question: Describe) -> Description:
        """The known answer. Raises Missing, or InvalidSchema when that is the answer."""
        found = self._described.get(_key(question))
        if found is None:
            raise Missing([question])
        if isinstance(found, InvalidSchema):
            raise found.with_traceback(None)
        return found

    async def describe(self, question: Describe) -> Description | InvalidSchema:
        """Find the answer, and keep it. Raises Unfinished of `compat.worker`."""
        found: Description | InvalidSchema
        try:
            if self.is_for_here(question.source):
                found = self._describe_here(question)
            else:
                found = await self._workers.describe(
                    question.source, strict=question.strict, normalize=question.normalize
                )
        except InvalidSchema as error:
            found = error
        self._described.put(_key(question), found)
        return found

    def parsed(self, source: Source) -> Schema:
        """The schema of a stored source, parsed here and now. Raises InvalidSchema. For small sources."""
        schema = self._parsed.get(source.digest)
        if schema is None:
            schema = parse(source, strict=False)
            self._parsed.put(source.digest, schema)
        return schema

    async def rendered(self, source: Source, form: str) -> str:
        """The text under the API's `format`; the stored text where the source cannot be read."""
        known = self._rendered.get((source.digest, form))
        if known is None:
            known = await self._render(source, form)
            self._rendered.put((source.digest, form), known)
        return known

    async def _render(self, source: Source, form: str) -> str:
        try:
            if self.is_for_here(source):
                return self.parsed(source).rendered(form)
            return await self._workers.rendered(source, form)
        except InvalidSchema:
            return source.text

    async def tags(self, question: Tags) -> tuple[Tagged, ...] | InvalidSchema:
        try:
            if self.is_for_here(question.source):
                return self.parsed(question.source).tags()
            return await self._workers.tags(question.source)
        except InvalidSchema as error:
            return error

    async def retagged(self, question: Tagging) -> str | InvalidSchema:
        try:
            if self.is_for_here(question.source):
                return self.parsed(question.source).with_tags(add=question.add, remove=question.remove)
            return await self._workers.retagged(question.source, add=question.add, remove=question.remove)
        except InvalidSchema as error:
            return error

    def _describe_here(self, question: Describe) -> Description:
        schema = parse(question.source, strict=question.strict)
        self._parsed.put(question.source.digest, schema)  # what the strict rules let pass, the lenient ones read alike
        return schema.describe(normalize=question.normalize)


def weight(source: Source) -> int:
    """How much text there is to read, in characters."""
    return len(source.text) + sum(len(referent.text) for referent in source.referents)


def _key(question: Describe) -> tuple[bytes, bool, bool]:
    return question.source.digest, question.strict, question.normalize
