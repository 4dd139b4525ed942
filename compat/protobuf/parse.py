"""From a source to descriptors: text or base64, what it imports, and protoc's word on it.

New schemas (`strict`) must be whole: what protoc refuses is refused. Of stored ones, which other registries may have
let in, what can be mended without a change of meaning is mended (`mend.py`); the rest is refused here too, and then
served as it is by those who stored it.
"""

import binascii
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import DecodeError

from compat.kept import Kept
from compat.policy import TooMuch
from compat.protobuf.canonical import enums_of, messages_of
from compat.protobuf.complaints import refusal
from compat.protobuf.library import Imported, Library, Needed
from compat.protobuf.mend import mended
from compat.protobuf.protoc import Compiled, Complaint, Refused, checked, compiled, compiled_together
from compat.protobuf.tokens import LONGEST_TEXT, Prepared, blanked, place, prepared
from compat.schema import InvalidSchema, Referent, Source

MOST_ATTEMPTS = 10  # to mend a stored text
TOGETHER = 64  # texts in one run of protoc
LARGEST = 1 << 19  # bytes of them

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")


@dataclass(frozen=True, eq=False)
class Files:
    """A schema's file, with source locations where there was text, and every file that it needs.

    `text` is what the locations are of, "" for a descriptor that came as one.
    """

    file: FileDescriptorProto
    imports: Needed
    library: Library
    text: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def needed(self) -> FileDescriptorSet:
        """In dependency order. They are not to be changed."""
        return self.imports.files

    @property
    def contents(self) -> list[bytes]:
        """What the needed files say."""
        return [one.content for one in self.imports.all]


def files_of(source: Source, *, strict: bool) -> Files:
    """Raises InvalidSchema; TooMuch when protoc does not come to an end."""
    library = Library()
    for referent in source.referents:
        _add(referent, library)
    return _read(source.text, library, strict=strict)


def read_again(text: str, origin: Files) -> Files:
    """The files of another text that needs the same. Raises InvalidSchema, TooMuch."""
    return _compiled(text, origin.library, strict=True)


def _add(referent: Referent, library: Library) -> None:
    name, text = referent.name, referent.text
    if not library.takes(name):
        return
    found = library.kept(name, text)
    if found is None:
        try:
            file = _read(text, library, strict=False).file
        except InvalidSchema as refused:
            raise InvalidSchema(f"in reference '{name}': {refused}") from None
        file.name = name
        file.ClearField("source_code_info")
        is_text = not _BASE64.fullmatch(text)
        imports = [one.name for one in _prepared(text).imports] if is_text else _dependencies(file)
        found = library.keep(name, text, file, imports)
    library.add(name, found)


def _dependencies(file: FileDescriptorProto) -> tuple[str, ...]:
    return (*file.dependency, *file.option_dependency)


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
    missing = [name for name in _dependencies(file) if not library.has(name)]
    if missing:
        raise InvalidSchema(_no_such_import(missing[0], library))
    needed = library.needed(_dependencies(file))
    file.ClearField("source_code_info")
    reserved = [name for message in messages_of(file) for name in message.reserved_name]
    for name in (*reserved, *(name for enum in enums_of(file) for name in enum.reserved_name)):
        if not _is_name(name):  # protoc does not look
            raise InvalidSchema(f"a reserved name is a name: {name!r} is none")
    try:
        return Files(checked(file, needed.files), needed, library)
    except Refused as refused:
        raise refusal(refused.complaints) from None


def _is_name(name: object) -> bool:
    """Strings of a descriptor are bytes where they are no UTF-8."""
    return isinstance(name, str) and name.isascii() and name.isidentifier()


# ------------------------------------------------------------------------------------------------ texts


def _compiled(text: str, library: Library, *, strict: bool) -> Files:
    found, sent, needed = _sent(text, library, strict=strict)
    for attempt in range(MOST_ATTEMPTS, 0, -1):
        try:
            file, warnings = _by_protoc(_encoded(sent), needed)
            if found.entries:
                file = _with_entries(file, found, needed.files)
        except Refused as refused:
            again = mended(sent, refused.complaints) if attempt > 1 and not strict else None
            if again is None:
                raise refusal(refused.complaints, text, needed.files) from None
            sent = again
        else:
            return Files(file, needed, library, sent, warnings)
    raise AssertionError  # the last attempt raises


def _sent(text: str, library: Library, *, strict: bool) -> tuple[Prepared, str, Needed]:
    """What protoc is given first."""
    found = _prepared(text)
    missing = [imported for imported in found.imports if not library.has(imported.name)]
    if missing and strict:
        raise InvalidSchema(_no_such_import(missing[0].name, library), "", *place(text, missing[0].start))
    sent = blanked(found.text, [(imported.start, imported.end) for imported in missing])
    return found, sent, library.needed(imported.name for imported in found.imports)


_PREPARED: Final[Kept[str, Prepared]] = Kept()


def _prepared(text: str) -> Prepared:
    """Raises InvalidSchema."""
    found = _PREPARED.get(text)
    if found is None:
        found = prepared(text)
        _PREPARED.put(text, found, len(text))
    return found


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidSchema("a text has no halves of characters (surrogates)", "", *place(text, error.start)) from None


_COMPILED: Final[Kept[tuple[bytes, bytes], tuple[bytes, tuple[str, ...]]]] = Kept()
"""By text and what it needs: a descriptor, and warnings. A text is read as a schema, as a referent, and compared."""


def _by_protoc(text: bytes, needed: Needed) -> tuple[FileDescriptorProto, tuple[str, ...]]:
    found = _COMPILED.get((text, needed.key)) or _keep(text, needed, compiled(text, needed.files))
    serialized, warnings = found
    return FileDescriptorProto.FromString(serialized), warnings


def _keep(text: bytes, needed: Needed, found: Compiled) -> tuple[bytes, tuple[str, ...]]:
    kept = found.file.SerializeToString(), _worded(found.warnings)
    _COMPILED.put((text, needed.key), kept, len(text) + len(kept[0]))
    return kept


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


def _no_such_import(name: str, library: Library) -> str:
    near = get_close_matches(name, library.names(), 1, 0.8)
    hint = f"; did you mean '{near[0]}'?" if near else ": name it there, with the subject and version that have it"
    return f"'{name}' is imported, but is not among the references{hint}"


# ------------------------------------------------------------------------------------------------ many at a time


@dataclass(frozen=True, slots=True)
class _Task:
    """A text that protoc has not read yet, with what it needs."""

    text: bytes
    needed: Needed


def prepare(sources: Iterable[Source]) -> None:
    """Has protoc read the texts of many sources together: its start, and what they import, cost as much as for one.

    Nothing is said of what is refused, nor by whom: whoever asks for the source is told.
    """
    waiting = [_tasks(source) for source in sources]
    while waiting:
        asked = [(each, task) for each in waiting if (task := next(each, None)) is not None]
        _read_together([task for _, task in asked])
        waiting = [each for each, _ in asked]


def prepare_again(texts: Iterable[tuple[str, Files]]) -> None:
    """The same for `read_again`."""
    tasks: list[_Task] = []
    for text, origin in texts:
        with suppress(InvalidSchema):
            tasks += _task(text, origin.library)
    _read_together(tasks)


def _tasks(source: Source) -> Iterator[_Task]:
    """What is to be read for it, one after the other: each needs those before."""
    library = Library()
    with suppress(InvalidSchema, TooMuch):
        for referent in source.referents:
            if library.takes(referent.name) and library.kept(referent.name, referent.text) is None:
                yield from _task(referent.text, library)
            _add(referent, library)
        yield from _task(source.text, library)


def _task(text: str, library: Library) -> Iterator[_Task]:
    if _BASE64.fullmatch(text):
        return
    _, sent, needed = _sent(text, library, strict=False)
    task = _Task(_encoded(sent), needed)
    if _COMPILED.get((task.text, needed.key)) is None:
        yield task


def _read_together(tasks: Iterable[_Task]) -> None:
    """In runs that are not too large, of texts that agree on what is called how."""
    left = {(task.text, task.needed.key): task for task in tasks}
    while left:
        files: dict[str, Imported] = {}
        run: list[_Task] = []
        size = 0
        for key, task in list(left.items()):
            size += len(task.text)
            if len(run) == TOGETHER or (run and size > LARGEST):
                break
            if all(files.get(one.file.name, one).key == one.key for one in task.needed.all):
                files |= {one.file.name: one for one in task.needed.all}
                run.append(left.pop(key))
        _run(run, FileDescriptorSet(file=[one.file for one in files.values()]))


def _run(tasks: list[_Task], needed: FileDescriptorSet) -> None:
    """What comes to nothing here is left to whoever asks for it."""
    if len(tasks) < 2:
        return
    try:
        found = compiled_together([task.text for task in tasks], needed)
    except (Refused, TooMuch):
        half = len(tasks) // 2
        _run(tasks[:half], needed)
        _run(tasks[half:], needed)
        return
    for task, one in zip(tasks, found, strict=True):
        if one is not None:
            _keep(task.text, task.needed, one)
