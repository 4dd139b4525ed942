"""Proofs: a message of the writer for a rule that is broken, and what the reader's own classes make of its bytes.

Both sides get a pool of descriptors and the classes that real programs would have (upb). Messages are made along the
way from a root to the place, with values that tell kinds apart, and each is written, read, and compared field by
field; the first that shows what the rule says is the witness. What is not shown is not claimed.

A pool can be crashed by a descriptor that is made to do so: this is for worker processes only.
"""

from typing import Final

from google.protobuf import json_format, text_format
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import DecodeError, Message

from compat.protobuf.dynamic import Side
from compat.protobuf.rules import Effect, Fault
from compat.protobuf.samples import Maker
from compat.protobuf.sight import Seen, in_json, seen_by
from compat.protobuf.walk import Pair
from compat.report import Witness

RUNS: Final = 5_000  # messages that are tried for one answer
TEXT: Final = 100_000  # characters of one witness


class Prover:
    """Makes and runs the witnesses of one comparison. Pools are built when they are needed first."""

    def __init__(self, reader: FileDescriptorSet, writer: FileDescriptorSet) -> None:
        self._files = reader, writer
        self._sides: tuple[Side, Side] | None = None
        self._made: Maker | None = None
        self._failed = False
        self._runs = RUNS

    def witness(self, fault: Fault, pair: Pair) -> Witness | None:
        """The proof of a fault that was met by way of `pair`, if one was found."""
        sides = self._both()
        if sides is None:
            return None
        reader, writer = sides
        *_, root = pair.back()
        way = tuple(reversed([step.number for step in pair.back() if step.number]))
        for message in self._maker(writer).messages(fault, root.writer.full_name, way):
            if self._runs <= 0:
                return None
            self._runs -= 1
            empty = reader.make(root.reader.full_name)
            seen = _shown(fault, way, message, empty, sides)
            if seen is not None:
                return _witness(message, seen)
        return None

    def _maker(self, writer: Side) -> "Maker":
        if self._made is None:
            self._made = Maker(writer)
        return self._made

    def _both(self) -> tuple[Side, Side] | None:
        if self._sides is None and not self._failed:
            try:
                self._sides = Side(self._files[0]), Side(self._files[1])
            except (TypeError, DecodeError):  # stored schemas hold more than a pool takes
                self._failed = True
        return self._sides


def _witness(message: Message, seen: Seen) -> Witness | None:
    data = message.SerializePartialToString(deterministic=True)
    json = _json(message)
    name = message.DESCRIPTOR.full_name
    where = ".".join(map(str, seen.place))
    if not seen.place:
        said = f"the reader {seen.effect}: {seen.read}"
    else:
        said = f"field {where} is {seen.written}, and the reader {seen.effect}: {seen.read}"
    if len(json) + 2 * len(data) > TEXT:
        return None
    return Witness(json, data.hex(), f"message {name}: {said}")


def _json(message: Message) -> str:
    """ProtoJSON, under the names of the text; the text format where JSON has no form for it."""
    try:
        return json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None)
    except Exception:  # noqa: BLE001  (values of well-known types that have no JSON raise what they like)
        return text_format.MessageToString(message, as_one_line=True)


def _shown(
    fault: Fault, way: tuple[int, ...], message: Message, empty: Message, sides: tuple[Side, Side]
) -> Seen | None:
    """The effect that the rule speaks of, at its place or inside it."""
    effects = fault.rule.effects
    seen = (
        in_json(message, empty) if Effect.JSON in effects else seen_by(message, empty, *sides, unset=not fault.setting)
    )
    place = way if not fault.number else (*way, fault.number)
    for one in seen:
        if one.effect not in effects:
            continue
        if one.effect in (Effect.REFUSED, Effect.JSON, Effect.MISSING) or one.place[: len(place)] == place:
            return one
        if place[: len(one.place)] == one.place and one.effect in (Effect.LOST, Effect.MISREAD):
            return one  # a map is lost or changed with what is in it
    return None
