"""How protoc's complaints are worded for people: the first one, in its own words where they are clear, and a hint."""

import re
from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from google.protobuf.descriptor_pb2 import FileDescriptorSet

from compat.protobuf import known
from compat.protobuf.protoc import Complaint
from compat.protobuf.text import TYPES
from compat.schema import InvalidSchema

MOST_NAMES: Final = 1000  # that are searched for one that is near

_REWORDED: Final = (
    (
        r'Option "(?P<name>\(.*\))" unknown\..*',
        "the option {name} is defined by none of the imports; import the file that defines it, by a reference",
    ),
    (r'Option "(?P<name>[^"]*)" unknown\..*', "there is no option {name}"),
    (r"Reached maximum recursion limit .*", "messages are nested too deeply: 32 levels are the most"),
    (
        r"map_entry should not be set explicitly.*|.* is a synthetic MapEntry message type, which .*",
        "map_entry is for the entry of a map, beside its field, named like it; write map<KeyType, ValueType> instead",
    ),
    (
        r'Expected top-level statement \(e\.g\. "message"\)',
        "this is no statement of a .proto file; there is one like message, enum, import, option or service expected",
    ),
    (
        r"Field numbers 19000 through 19999 are reserved for the protocol buffer library implementation",
        "the field numbers from 19000 to 19999 belong to Protobuf itself",
    ),
)
_DECLARED = re.compile(r"\b(?:message|enum)\s+(\w+)")
_UNDEFINED = re.compile(r'"(?P<name>[^"]+)" is not defined')
_NOT_IMPORTED = re.compile(r'"(?P<name>[^"]+)" seems to be defined in "(?P<file>[^"]+)", which is not imported by .*')


def refusal(
    complaints: tuple[Complaint, ...], text: str = "", needed: FileDescriptorSet | None = None
) -> InvalidSchema:
    """What is answered to a text that protoc refuses, or to a descriptor."""
    serious = [complaint for complaint in complaints if not complaint.message.startswith("warning: ")] or complaints
    first = next((complaint for complaint in serious if complaint.line), serious[0])
    said = first.message.strip().removesuffix(".")
    message = next((_filled(words, found) for words, found in _matches(said)), said)
    if found := _UNDEFINED.fullmatch(said):
        message += _near(found["name"], text, needed or FileDescriptorSet())
    elif found := _NOT_IMPORTED.fullmatch(said):
        message = f'"{found["name"]}" is not defined; it is in "{found["file"]}", which has to be imported itself'
    elif text.lstrip().startswith("{"):
        message += "; this looks like JSON"
    more = f"; {len(serious) - 1} more complaints" if len(serious) > 2 else ""
    return InvalidSchema(f"{message}{more}", "", first.line, first.column)


def _matches(said: str) -> Iterator[tuple[str, re.Match[str]]]:
    for pattern, words in _REWORDED:
        if found := re.fullmatch(pattern, said):
            yield words, found


def _filled(words: str, found: re.Match[str]) -> str:
    return words.format(**found.groupdict())


def _near(name: str, text: str, needed: FileDescriptorSet) -> str:
    """A hint: the type that was meant, or the import that has it."""
    simple = name.rpartition(".")[2]
    imported = [f"{file.package}.{message.name}" for file in needed.file for message in file.message_type]
    imported += [f"{file.package}.{enum.name}" for file in needed.file for enum in file.enum_type]
    for full in imported:
        if full.rpartition(".")[2].lower() == simple.lower():
            return f"; did you mean '{full}'?"
    for known_file in known.names():
        if known_file.rpartition("/")[2] == f"{_snake(simple)}.proto" and known_file not in text:
            return f'; is import "{known_file}" missing?'
    declared = _DECLARED.findall(text)
    near = get_close_matches(simple, [*TYPES.values(), *declared[:MOST_NAMES], *imported[:MOST_NAMES]], 1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
