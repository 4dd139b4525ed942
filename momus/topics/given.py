"""The schema that somebody names on a command line: a file's, or one of a registry's by subject, id or GUID."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from compat import InvalidSchema, Referent, Schema, Source, parse
from momus.client import AsyncRegistryClient, Refusal
from momus.client.values import Schema as StoredSchema
from momus.gate.configuration import SUFFIXES
from momus.gate.faults import WrongConfiguration
from momus.serde.store import Store
from momus.topics.faults import NoSchema
from momus.topics.schemas import AS_WRITTEN, Compiled, Known, Reading, Unusable, compiled

NAMED: Final = "--subject, --id, --guid or --schema"


@dataclass(frozen=True, slots=True)
class Wish:
    """What was said of it. `id` and `guid` beside a `file` are what goes before its messages."""

    file: Path | None = None
    kind: str | None = None
    references: tuple[tuple[str, Path], ...] = ()
    id: int | None = None
    guid: UUID | None = None
    subject: str = ""
    version: str = "latest"

    @property
    def is_any(self) -> bool:
        return self.file is not None or self.id is not None or self.guid is not None or bool(self.subject)

    @property
    def needs_registry(self) -> bool:
        return self.is_any and self.file is None


async def known_of(wish: Wish, client: AsyncRegistryClient | None, reading: Reading = AS_WRITTEN) -> Compiled:
    """Raises NoSchema, and RegistryError."""
    if wish.file is not None:
        found = Known(source_of_file(wish.file, wish.kind, wish.references), wish.id, wish.guid)
    else:
        assert client is not None
        found = await _stored(wish, client)
    done = compiled(found, reading)
    if isinstance(done, Unusable):
        where = str(wish.file) if wish.file else f"{_said(wish)} of the registry"
        raise NoSchema(f"{where} cannot be used: {done.why}")
    return done


async def _stored(wish: Wish, client: AsyncRegistryClient) -> Known:
    try:
        answer: StoredSchema
        if wish.guid is not None:
            answer = by = await client.get_schema_by_guid(str(wish.guid))
            number, guid = by.id, by.guid
        elif wish.id is not None:
            answer = of = await client.get_schema(wish.id, subject=wish.subject)
            number, guid = wish.id, of.guid
        else:
            answer = version = await client.get_version(wish.subject, _version(wish.version))
            number, guid = version.id, version.guid
        source = await Store(client).source(answer)
    except Refusal as refusal:
        if not refusal.is_not_there:
            raise
        raise NoSchema(f"the registry does not have {_said(wish)}: {refusal.message}") from refusal
    return Known(source, number, wish.guid or (UUID(guid) if guid else None), rule_set=answer.rule_set)


def _version(text: str) -> int | Literal["latest"]:
    return int(text) if text.isdecimal() else "latest"


def _said(wish: Wish) -> str:
    if wish.guid is not None:
        return f"GUID {wish.guid}"
    return f"id {wish.id}" if wish.id is not None else f"{wish.subject} version {wish.version}"


def source_of_file(file: Path, kind: str | None = None, references: tuple[tuple[str, Path], ...] = ()) -> Source:
    """Raises NoSchema and WrongConfiguration."""
    kind = kind or SUFFIXES.get(file.suffix)
    if kind is None:
        raise WrongConfiguration(f"{file}: what is it? --format AVRO, JSON or PROTOBUF")
    return Source(kind, _text(file), tuple(Referent(name, _text(each)) for name, each in references))


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise NoSchema(f"{file}: it cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise NoSchema(f"{file}: it is no text: {error}") from error


async def reader_of(text: str, client: AsyncRegistryClient | None, wish: Wish) -> Schema:
    """What `--reader` says: a file, SUBJECT or SUBJECT:VERSION. Raises NoSchema."""
    if (file := Path(text)).is_file() or "/" in text:
        source = source_of_file(file, wish.kind, wish.references)
    elif client is None:
        raise NoSchema(f"the reader {text} is no file that is there, and no registry is asked")
    else:
        source = (await _stored(named(text), client)).source
    try:
        return parse(source, strict=False)
    except InvalidSchema as invalid:
        raise NoSchema(f"the reader {text}: {invalid}") from invalid


def named(text: str) -> Wish:
    """SUBJECT or SUBJECT:VERSION; a subject may have colons itself."""
    subject, _, version = text.rpartition(":")
    if subject and (version == "latest" or version.isdecimal()):
        return Wish(subject=subject, version=version)
    return Wish(subject=text)
