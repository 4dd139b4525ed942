"""Stored texts that protoc refuses, made readable: `mended`. For schemas that other registries have let in.

Only what says nothing about messages is taken away or moved: options that no import defines, labels in a oneof, which
old versions of Confluent's registry wrote, and an enum's zero that its normalization had sorted behind negatives.
"""

from bisect import bisect_left
from collections.abc import Sequence

from compat.protobuf.protoc import Complaint
from compat.protobuf.tokens import Token, blanked, place, tokens

_OPENING, _CLOSING = frozenset("{[(<"), frozenset("}])>")


def mended(text: str, complaints: Sequence[Complaint]) -> str | None:
    """The text without what is complained of; None where nothing can be done."""
    found = list(tokens(text))
    starts = [token.start for token in found]
    gone: set[int] = set()  # tokens, by index
    zeros: list[tuple[int, int, int]] = []
    for complaint in complaints:
        index = bisect_left(starts, _offset(text, complaint))
        if index == len(found):
            continue
        if complaint.message.startswith('Option "(') and '" unknown' in complaint.message:
            gone.update(_option(found, index, gone))
        elif complaint.message.startswith("Fields in oneofs must not have labels"):
            gone.add(index)
        elif complaint.message.startswith("The first enum value must be zero"):
            zeros += _zero(found, index)
    changed = blanked(text, [(found[index].start, found[index].end) for index in sorted(gone)])
    for first, start, end in sorted(zeros, reverse=True):
        changed = f"{changed[:first]}{changed[start:end]} {changed[first:start]}{changed[end:]}"
    return changed if changed != text else None


def _option(found: list[Token], index: int, gone: set[int]) -> range:
    """The tokens of the option whose name is at `index`, with the brackets if it is alone there."""
    before = next((at for at in range(index - 1, -1, -1) if at not in gone), index)
    end, depth = index, 0
    while end < len(found) and (depth or found[end].text not in (";", ",", "]")):
        depth += (found[end].text in _OPENING) - (found[end].text in _CLOSING)
        end += 1
    if end == len(found):
        return range(0)
    match found[before].text, found[end].text:
        case "option", ";":
            return range(before, end + 1)
        case _, ",":
            return range(index, end + 1)
        case "[", "]":
            return range(before, end + 1)
        case ",", "]":
            return range(before, end)
        case _:
            return range(0)


def _zero(found: list[Token], index: int) -> list[tuple[int, int, int]]:
    """Where the first value of an enum starts, which is around `index`, and from where to where its zero is stated."""
    while index and found[index - 1].text not in (";", "{"):
        index -= 1
    start = index
    for at in range(index, len(found)):
        if found[at].text == "}":
            break
        if found[at].text == ";":
            if [token.text for token in found[start + 1 : start + 3]] == ["=", "0"]:
                return [(found[index].start, found[start].start, found[at].end)]
            start = at + 1
    return []


def _offset(text: str, complaint: Complaint) -> int:
    """Where a complaint points; the end of the text if nowhere."""
    lines = text.split("\n", complaint.line)
    if not 0 < complaint.line <= len(lines):
        return len(text)
    start = sum(len(line) + 1 for line in lines[: complaint.line - 1])
    line = lines[complaint.line - 1]
    return next(
        (start + at for at in range(len(line) + 1) if place(line, at)[1] >= complaint.column),
        len(text),
    )
