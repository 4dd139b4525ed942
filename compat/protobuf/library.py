"""The files of referents, by the names under which they are imported: each read once, however many import it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from compat.kept import Kept
from compat.protobuf import known
from compat.protobuf.canonical import DESCRIPTOR, content_of
from compat.schema import digest_of

Key = bytes


@dataclass(frozen=True, eq=False)
class Imported:
    """A file under its name, without locations. It is never changed.

    key      names it, and with it all that it imports
    content  what it says, for `identity`
    """

    file: FileDescriptorProto
    key: Key
    content: bytes


@dataclass(frozen=True, eq=False)
class Needed:
    """Some files and all that they import, each after its own imports. They are never changed."""

    key: Key
    all: tuple[Imported, ...]

    @cached_property
    def files(self) -> FileDescriptorSet:
        return FileDescriptorSet(file=[one.file for one in self.all])


Asked = tuple[tuple[str, Key], ...]
Way = tuple[tuple[str, ...], Asked, Imported]
"""The names that a text imports, what they and hidden ones were when it was read, and the file that it was then."""

_WAYS: Final[Kept[tuple[str, str], list[Way]]] = Kept()
_NEEDED: Final[Kept[Key, Needed]] = Kept()
_MOST: Final = 4  # ways to read one text: with an old import and a new one, and some more


@dataclass(slots=True)
class Library:
    """The files of some referents, in dependency order."""

    files: dict[str, Imported] = field(default_factory=dict)
    _hidden: list[tuple[str, Key]] = field(default_factory=list)  # those that hide a file that everybody knows

    def takes(self, name: str) -> bool:
        """The first stays, as with Confluent; and what descriptors are is not the sender's to say."""
        return name not in self.files and name != DESCRIPTOR

    def has(self, name: str) -> bool:
        return name in self.files or known.is_known(name)

    def names(self) -> list[str]:
        return [*self.files, *known.names()]

    def kept(self, name: str, text: str) -> Imported | None:
        """The file of this text, if it was read with the same imports."""
        ways = _WAYS.get((name, text)) or ()
        return next((file for imports, asked, file in ways if self._asked(imports) == asked), None)

    def keep(self, name: str, text: str, file: FileDescriptorProto, imports: Iterable[str]) -> Imported:
        """`imports` are all that the text names, be they there or not."""
        imports = tuple(imports)
        asked = self._asked(imports)
        key = digest_of(name, text, *(part for each in asked for part in each))
        needed = self.needed((*file.dependency, *file.option_dependency))
        made = Imported(file, key, digest_of(content_of(file, needed.files)))
        ways = [(imports, asked, made), *(_WAYS.get((name, text)) or ())][:_MOST]
        _WAYS.put((name, text), ways, len(text) * len(ways))
        return made

    def add(self, name: str, file: Imported) -> None:
        self.files[name] = file
        if known.is_known(name):
            self._hidden.append((name, file.key))

    def needed(self, names: Iterable[str]) -> Needed:
        """The files of these names and all that they import. What is not there is left out."""
        names = list(names)
        key = digest_of(*(part for each in self._asked(names) for part in each))
        found = _NEEDED.get(key)
        if found is None:
            found = Needed(key, tuple(self._closure(names)))
            _NEEDED.put(key, found, sum(one.file.ByteSize() for one in found.all))
        return found

    def _asked(self, names: Iterable[str]) -> Asked:
        """All that what these names mean depends on."""
        named = ((name, self.files[name].key if name in self.files else b"") for name in names)
        return *named, *self._hidden

    def _closure(self, names: Iterable[str]) -> Iterator[Imported]:
        seen: set[str] = set()
        waiting = [iter(names)]
        opened: list[Imported] = []
        while waiting:
            for name in waiting[-1]:
                one = self.files.get(name) or _known(name)
                if one is not None and name not in seen:
                    seen.add(name)
                    opened.append(one)
                    waiting.append(iter((*one.file.dependency, *one.file.option_dependency)))
                    break
            else:
                waiting.pop()
                if opened:
                    yield opened.pop()


def _known(name: str) -> Imported | None:
    file = known.known(name)
    return None if file is None else Imported(file, b"", digest_of(name.encode()))
