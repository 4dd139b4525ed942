"""From a source to descriptors: text or base64, what it imports, and protoc's word on it.

New schemas (`strict`) must be whole: what protoc refuses is refused. Of stored ones, which other registries may have
let in, what can be mended without a change of meaning is mended (`mend.py`); the rest is refused here too, and then
served as it is by those who stored it.
"""

import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError

from compat.protobuf import known
from compat.protobuf.canonical import DESCRIPTOR, enums_of, messages_of
from compat.protobuf.complaints import refusal
from compat.protobuf.mend import mended
from compat.protobuf.protoc import Complaint, Refused, checked, compiled
from compat.protobuf.tokens import LONGEST_TEXT, Prepared, blanked, place, prepared
from compat.schema import InvalidSchema, Source

MOST_ATTEMPTS = 10  # to mend a stored text
KEPT = 64  # small files that were compiled: references are read again with each schema that has them
SMALL = 1 << 17  # bytes of such a file and all that it needs

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")

Library = dict[str, FileDescriptorProto]
"""The files of references by the names under which they are imported, in dependency order."""


@dataclass(frozen=True, eq=False)
class Files:
    """A schema's file, with source locations where there was text, and every file that it needs, in dependency order.

    `text` is what the locations are of, "" for a descriptor that came as one.
    """

    file: FileDescriptorProto
    needed: FileDescriptorSet
    text: str = ""
    warnings: tuple[str, ...] = ()


def files_of(source: Source, *, strict: bool) -> Files:
    """Raises InvalidSchema; TooMuch when protoc does not come to an end."""
    library: Library = {}
    for referent in source.referents:
        if referent.name in library or referent.name == DESCRIPTOR:
            continue  # the first stays, as with Confluent; and what descriptors are is not the sender's to say
        try:
            file = _read(referent.text, library, strict=False).file
        except InvalidSchema as refused:
            raise InvalidSchema(f"in reference '{referent.name}': {refused}") from None
        file.name = referent.name
        file.ClearField("source_code_info")
        library[referent.name] = file
    return _read(source.text, library, strict=strict)


def read_again(text: str, origin: Files) -> Files:
    """The files of another text that needs the same. Raises InvalidSchema, TooMuch."""
    return _compiled(text, {file.name: file for file in origin.needed.file}, strict=True)


def _read(text: str, library: Library, *, strict: bool) -> Files:
    if _BASE64.fullmatch(text):
        return _described(text, library)
    return _compiled(text, library, strict=strict)


# ------------------------------------------------------------------------------------------------ descriptors


def _described(text: str, library: Library) -> Files:
    """A descriptor in base64."""
    if len(text) > LONGEST_TEXT:
        raise InvalidSchema(f"the schema has {len(text)} bytes; {LONGEST_TEXT} are the most")
    try:
        file = FileDescriptorProto.FromString(binascii.a2b_base64("".join(text.split()), strict_mode=True))
    except (binascii.Error, DecodeError):
        raise InvalidSchema("this is neither the text of a .proto file nor base64 of a FileDescriptorProto") from None
    missing = [name for name in (*file.dependency, *file.option_dependency) if not _is_there(name, library)]
    if missing:
        raise InvalidSchema(_no_such_import(missing[0], library))
    needed = _needed(file, library)
    file.ClearField("source_code_info")
    reserved = [name for message in messages_of(file) for name in message.reserved_name]
    for name in (*reserved, *(name for enum in enums_of(file) for name in enum.reserved_name)):
        if not _is_name(name):  # protoc does not look
            raise InvalidSchema(f"a reserved name is a name: {name!r} is none")
    try:
        return Files(checked(file, needed), needed)
    except Refused as refused:
        raise refusal(refused.complaints) from None


def _is_name(name: object) -> bool:
    """Strings of a descriptor are bytes where they are no UTF-8."""
    return isinstance(name, str) and name.isascii() and name.isidentifier()


# ------------------------------------------------------------------------------------------------ texts


def _compiled(text: str, library: Library, *, strict: bool) -> Files:
    found = prepared(text)
    missing = [imported for imported in found.imports if not _is_there(imported.name, library)]
    if missing and strict:
        raise InvalidSchema(_no_such_import(missing[0].name, library), "", *place(text, missing[0].start))
    sent = blanked(found.text, [(imported.start, imported.end) for imported in missing])
    needed = _closure((imported.name for imported in found.imports), library)
    for attempt in range(MOST_ATTEMPTS, 0, -1):
        try:
            file, warnings = _by_protoc(_encoded(sent), needed)
            if found.entries:
                file = _with_entries(file, found, needed)
        except Refused as refused:
            again = mended(sent, refused.complaints) if attempt > 1 and not strict else None
            if again is None:
                raise refusal(refused.complaints, text, needed) from None
            sent = again
        else:
            return Files(file, needed, sent, warnings)
    raise AssertionError  # the last attempt raises


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidSchema("a text has no halves of characters (surrogates)", "", *place(text, error.start)) from None


def _by_protoc(text: bytes, needed: FileDescriptorSet) -> tuple[FileDescriptorProto, tuple[str, ...]]:
    descriptors = needed.SerializeToString(deterministic=True)
    if len(text) + len(descriptors) > SMALL:
        found = compiled(text, needed)
        return found.file, _worded(found.warnings)
    serialized, warnings = _kept(text, descriptors)
    return FileDescriptorProto.FromString(serialized), warnings


@lru_cache(maxsize=KEPT)
def _kept(text: bytes, needed: bytes) -> tuple[bytes, tuple[str, ...]]:
    found = compiled(text, FileDescriptorSet.FromString(needed))
    return found.file.SerializeToString(), _worded(found.warnings)


def _worded(warnings: Iterable[Complaint]) -> tuple[str, ...]:
    return tuple(
        f"{warning.message.removeprefix('warning: ')} (line {warning.line}, column {warning.column})"
        for warning in warnings
        if warning.line  # without a place it is the hint that a syntax line would be nice
    )


def _with_entries(file: FileDescriptorProto, found: Prepared, needed: FileDescriptorSet) -> FileDescriptorProto:
    """Messages that called themselves map entries made so. Java's clients write maps like this; protoc reads it not."""
    for path in found.entries:
        messages = file.message_type
        for name in path[:-1]:
            messages = next(message for message in messages if message.name == name).nested_type
        entry = next(message for message in messages if message.name == path[-1])
        entry.options.map_entry = True
    checked(file, needed)
    return file


# ------------------------------------------------------------------------------------------------ other files


def _is_there(name: str, library: Library) -> bool:
    return name in library or name in known.names()


def _needed(file: FileDescriptorProto, library: Library) -> FileDescriptorSet:
    return _closure((*file.dependency, *file.option_dependency), library)


def _closure(names: Iterable[str], library: Library) -> FileDescriptorSet:
    """The files of these names and all that they import, each after its own imports. What is not there is left out."""
    found: Library = {}
    seen: set[str] = set()
    waiting = [iter(names)]
    opened: list[FileDescriptorProto] = []
    while waiting:
        for name in waiting[-1]:
            file = library.get(name) or known.known(name)
            if file is not None and name not in seen:
                seen.add(name)
                opened.append(file)
                waiting.append(iter((*file.dependency, *file.option_dependency)))
                break
        else:
            waiting.pop()
            if opened:
                file = opened.pop()
                found[file.name] = file
    return FileDescriptorSet(file=found.values())


def _no_such_import(name: str, library: Library) -> str:
    near = get_close_matches(name, [*library, *known.names()], 1, 0.8)
    hint = f"; did you mean '{near[0]}'?" if near else ": name it there, with the subject and version that have it"
    return f"'{name}' is imported, but is not among the references{hint}"
