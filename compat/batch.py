"""Many messages at a time, each on its own: what is wrong with one costs the others nothing.

Values come and go as JSON texts, which cross to another process and into an answer as they are. Nothing here is for a
server's own process: `compat/jobs.py` runs it in a worker, within the deadline and the memory that one has.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from compat import InvalidSchema, Source, TooMuch, parse
from compat.faults import CodecError
from compat.framing import FramingError, Path
from compat.messages import Fault, Messages, fault_of, messages

MOST_ANSWERED: Final = 16 << 20  # bytes of JSON, or of messages, in the answers of one batch
MOST_FAULTS_TOLD: Final = 10_000  # of one batch; then one of each message
KEPT: Final = 32  # schemas ready to work

Faults = tuple[Fault, ...]


@dataclass(frozen=True)
class By:
    """By what messages are written and read: the arguments of `compat.messages.messages`."""

    source: Source
    reader: Source | None = None
    logical: bool = True
    message: str = ""
    ignore_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Payload:
    """A message without its frame, and the Protobuf indexes that were in it."""

    data: bytes
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one: its bytes, which are a message or JSON, or why there are none."""

    data: bytes = b""
    faults: Faults = ()


@dataclass(frozen=True, slots=True)
class Written:
    """Messages, and the path that belongs into their frames."""

    outcomes: tuple[Outcome, ...]
    path: Path | None = None


def encoded(by: By, texts: Sequence[bytes]) -> Written:
    """A message for each JSON text."""
    try:
        made = compiled(by)
        path = made.path
    except _REFUSALS as error:
        return Written((_faulty(error),) * len(texts))

    def encode(text: bytes) -> bytes:
        value = _value(text)
        found = made.faults(value)
        if found:
            raise _Unfit(found)
        return made.encode(value)

    return Written(tuple(_each(encode, texts, _Room())), path)


def decoded(batches: Iterable[tuple[By, Sequence[Payload]]]) -> tuple[tuple[Outcome, ...], ...]:
    """A JSON text for each message."""
    room = _Room()
    return tuple(tuple(_decoded(by, payloads, room)) for by, payloads in batches)


def faults(batches: Iterable[tuple[By, Sequence[bytes] | Sequence[Payload]]]) -> tuple[tuple[Faults, ...], ...]:
    """All that does not fit, for each JSON text and each message."""
    return tuple(tuple(outcome.faults for outcome in _looked_at(by, items)) for by, items in batches)


@lru_cache(maxsize=KEPT)
def compiled(by: By) -> Messages:
    schema = parse(by.source, strict=False)
    reader = None if by.reader is None else parse(by.reader, strict=False)
    return messages(schema, reader=reader, logical=by.logical, message=by.message, ignore_unknown=by.ignore_unknown)


class _Unfit(Exception):
    def __init__(self, found: Faults) -> None:
        super().__init__(found)
        self.found = found


_REFUSALS: Final = (CodecError, FramingError, InvalidSchema, TooMuch, RecursionError)


class _Room:
    """What the answers may still take."""

    def __init__(self) -> None:
        self._left = MOST_ANSWERED
        self._faults = MOST_FAULTS_TOLD

    def told(self, found: Faults) -> Faults:
        """As many as there is room for, and one in any case."""
        self._faults -= len(found)
        return found if self._faults >= 0 else found[:1]

    def taken(self, data: bytes) -> bytes:
        if len(data) > self._left:
            raise CodecError(f"the answers would take more than {MOST_ANSWERED} bytes: ask for fewer at a time")
        self._left -= len(data)
        return data


def _each(work: Callable[[Any], bytes], items: Iterable[Any], room: _Room) -> Iterable[Outcome]:
    for item in items:
        try:
            outcome = Outcome(room.taken(work(item)))
        except _Unfit as unfit:
            outcome = Outcome(faults=room.told(unfit.found))
        except _REFUSALS as error:
            outcome = _faulty(error)
        yield outcome


def _decoded(by: By, payloads: Sequence[Payload], room: _Room) -> Iterable[Outcome]:
    try:
        made = compiled(by)
    except _REFUSALS as error:
        return (_faulty(error),) * len(payloads)
    return _each(lambda payload: _text(made.decode(payload.data, payload.path)), payloads, room)


def _looked_at(by: By, items: Sequence[bytes] | Sequence[Payload]) -> Iterable[Outcome]:
    try:
        made = compiled(by)
    except _REFUSALS as error:
        return (_faulty(error),) * len(items)

    def look(item: bytes | Payload) -> bytes:
        found = made.faults_in(item.data, item.path) if isinstance(item, Payload) else made.faults(_value(item))
        if found:
            raise _Unfit(found)
        return b""

    return _each(look, items, _Room())


def _faulty(error: Exception) -> Outcome:
    if isinstance(error, CodecError):
        return Outcome(faults=(fault_of(error.message, error.steps),))
    if isinstance(error, RecursionError):
        return Outcome(faults=(fault_of("it is nested too deeply"),))
    if isinstance(error, InvalidSchema):
        return Outcome(faults=(fault_of(f"the schema cannot be read: {error}"),))
    return Outcome(faults=(fault_of(str(error)),))


def _value(text: bytes) -> Any:
    import msgspec  # noqa: PLC0415  (as in compat/jobs.py)

    try:
        return msgspec.json.decode(text)
    except (msgspec.MsgspecError, ValueError) as error:
        raise CodecError(f"it is no JSON: {error}") from None


def _text(value: Any) -> bytes:
    import msgspec  # noqa: PLC0415  (as in compat/jobs.py)

    text: bytes = msgspec.json.encode(value)
    return text
