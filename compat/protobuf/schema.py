"""What the registry sees of a Protobuf schema. Nothing is worked out before it is asked for."""

import binascii
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool

from compat.policy import Policy, TooMuch
from compat.protobuf.canonical import canonical, identity, normalized
from compat.protobuf.compare import compare as compare_descriptors
from compat.protobuf.parse import Files, files_of, prepare_again, read_again
from compat.protobuf.parse import prepare as prepare_texts
from compat.protobuf.pool import loaded
from compat.protobuf.protoc import ROOT
from compat.protobuf.tags import retagged, tags_of
from compat.protobuf.text import Style, written
from compat.report import Report
from compat.schema import Description, InvalidSchema, Source, Tagged


@dataclass(frozen=True, eq=False)
class ProtobufSchema:
    """A parsed Protobuf schema. Its descriptors are not to be changed."""

    source: Source
    origin: Files
    is_new: bool

    @cached_property
    def file(self) -> FileDescriptorProto:
        """The schema's own file, named `protoc.ROOT`: every type name is full and starts with a dot."""
        file = FileDescriptorProto()
        file.CopyFrom(self.origin.file)
        file.ClearField("source_code_info")
        return file

    @cached_property
    def files(self) -> FileDescriptorSet:
        """The schema's own file, last, after every file that it needs, each after its own imports."""
        files = FileDescriptorSet()
        files.CopyFrom(self.origin.needed)
        files.file.append(self.file)
        return files

    @cached_property
    def pool(self) -> DescriptorPool:
        """All files in a pool of their own, which resolves the features of editions (`has_presence`, `is_packed`)."""
        return loaded(list(self.files.file))

    @cached_property
    def places(self) -> dict[tuple[int, ...], tuple[int, int]]:
        """Line and column, from 1, by the path of an element (`SourceCodeInfo`); none where there was no text."""
        locations = self.origin.file.source_code_info.location
        return {tuple(found.path): (found.span[0] + 1, found.span[1] + 1) for found in locations}

    @property
    def warnings(self) -> tuple[str, ...]:
        """What protoc finds odd though valid: an import that is not used."""
        return self.origin.warnings

    def describe(self, *, normalize: bool = False) -> Description:
        return self._normalized if normalize else self._described

    def rendered(self, form: str) -> str:
        match form:
            case "serialized":
                file = FileDescriptorProto.FromString(self._canonical.SerializeToString(deterministic=True))
                file.name = ROOT
                return binascii.b2a_base64(file.SerializeToString(deterministic=True), newline=False).decode()
            case "ignore_extensions":
                return written(self._canonical, self.origin.needed, Style(extensions=False))
            case _:
                return self.source.text

    def tags(self) -> tuple[Tagged, ...]:
        return tags_of(self.file, self.origin.needed)

    def with_tags(self, *, add: tuple[Tagged, ...] = (), remove: tuple[Tagged, ...] = ()) -> str:
        file, needed = retagged(self.file, self.origin.needed, add=add, remove=remove)
        return written(canonical(file, needed), needed)

    @cached_property
    def _canonical(self) -> FileDescriptorProto:
        return canonical(self.file, self.origin.needed)

    @cached_property
    def _described(self) -> Description:
        return self._description(self._canonical, Style())

    @cached_property
    def _normalized(self) -> Description:
        return self._description(normalized(self._canonical), Style(is_normal=True))

    def _description(self, file: FileDescriptorProto, style: Style) -> Description:
        needed = self.origin.needed
        text, found = written(file, needed, style), identity(file, self.origin.contents)
        if self.is_new:
            self._refuse_changed_meaning(text, file)
        fields = tuple(field.name for message in file.message_type[:1] for field in message.field)
        return Description(text, found, fields)

    def _refuse_changed_meaning(self, text: str, file: FileDescriptorProto) -> None:
        """Whoever reads what is stored must find this schema and no other. Nobody's schema is known to fail here."""
        try:
            again = read_again(text, self.origin)
        except InvalidSchema as refused:
            raise InvalidSchema(f"the stored form of this schema could not be read again: {refused.message}") from None
        if canonical(again.file, again.needed).SerializeToString(deterministic=True) != file.SerializeToString(
            deterministic=True
        ):
            raise InvalidSchema("no text of a .proto file says what this descriptor says")


def prepare(sources: Sequence[Source], *, strict: bool) -> None:
    """Does for many sources at once what takes the time: what is parsed, and under `strict` described, next is quick.

    What is refused here is refused again then, and told.
    """
    prepare_texts(sources)
    if strict:
        prepare_again(_stored(sources))


def _stored(sources: Sequence[Source]) -> Iterator[tuple[str, Files]]:
    """The stored forms, which will be read again."""
    for source in sources:
        with suppress(InvalidSchema, TooMuch):
            origin = files_of(source, strict=True)
            schema = ProtobufSchema(source, origin, is_new=False)
            yield schema.describe().text, origin


def parse(source: Source, *, strict: bool) -> ProtobufSchema:
    """The schema of a source: strict for new ones, lenient for what is stored. Raises InvalidSchema, TooMuch."""
    return ProtobufSchema(source, files_of(source, strict=strict), is_new=strict)


def compare(
    reader: ProtobufSchema, writer: ProtobufSchema, policy: Policy = Policy(), *, budget: int | None = None
) -> Report:
    """As of any two descriptors; what is equal is told without putting together all that it needs."""
    if reader.origin.imports.key == writer.origin.imports.key and reader.file == writer.file:
        return Report()
    return compare_descriptors(reader, writer, policy, budget=budget)
