"""Files that every schema may import without a reference: those that come with protoc, and `known/` beside this.

`known/google/type` is Google's, `known/confluent` has what Confluent's registry knows. Each is compiled when it is
first imported. A reference of the same name wins; nothing here decides that.
"""

from functools import cache
from importlib import metadata
from pathlib import Path

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from compat.protobuf.protoc import PACKAGE, compiled

FOLDER = Path(__file__).with_name("known")


@cache
def known(name: str) -> FileDescriptorProto | None:
    """The descriptor of a known file, for reading only."""
    if name not in _paths():
        return None
    text = text_of(name).encode()
    file = compiled(text, FileDescriptorSet(file=needed_by(_imports(text)))).file
    file.name = name
    file.ClearField("source_code_info")
    return file


def is_known(name: str) -> bool:
    return name in _paths()


def text_of(name: str) -> str:
    return _paths()[name].read_text(encoding="utf-8")


def names() -> list[str]:
    return sorted(_paths())


def needed_by(imports: list[str]) -> list[FileDescriptorProto]:
    """The known files among `imports` and all that they import, in dependency order."""
    found: dict[str, FileDescriptorProto] = {}

    def visit(name: str) -> None:
        file = known(name)
        if file is not None and name not in found:
            for inner in file.dependency:
                visit(inner)
            found[name] = file

    for name in imports:
        visit(name)
    return list(found.values())


def _imports(text: bytes) -> list[str]:
    lines = [line.split(b'"') for line in text.splitlines() if line.startswith(b"import ")]
    return [line[1].decode() for line in lines]


@cache
def _paths() -> dict[str, Path]:
    ours = {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*.proto")}
    theirs = (Path(str(file.locate())).resolve() for file in metadata.files(PACKAGE) or () if file.suffix == ".proto")
    return ours | {path.as_posix().rpartition("/include/")[2]: path for path in theirs}
