"""One question to a registry, as a value: what is sent, how the answer is read, and what may be done about both.

Nothing here sends anything, or remembers it.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache
from hashlib import blake2b
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote, urlencode

import msgspec

T = TypeVar("T")
Scalar = str | int | bool | None

# What an answer depends on, and so what makes it old.
Room = Literal["content", "digest", "latest"]
IDENTITY = "-_.~!$&'()*,;=:@"  # what may stand in a path as it is; a plus is read as a blank by Karapace

encode = msgspec.json.Encoder().encode


class Ask(msgspec.Struct, Generic[T], frozen=True):
    """`room` is where its answer is kept, if anywhere. `forgets` are the rooms that are wrong once it is answered."""

    method: str
    target: str
    read: Callable[[bytes], T]
    body: bytes = b""
    is_repeatable: bool = False
    room: Room | None = None
    forgets: tuple[Room, ...] = ()
    answers: tuple[int, ...] = ()  # statuses from 300 that are no refusals
    if_missing: T | None = None  # the answer where some registries say 404

    @property
    def key(self) -> str | tuple[str, bytes]:
        """What it is remembered by."""
        return (self.target, blake2b(self.body, digest_size=16).digest()) if self.body else self.target

    def __str__(self) -> str:
        return f"{self.method} {self.target}"


@lru_cache(maxsize=2048)
def segment(name: str) -> str:
    """A name as one segment of a path: what separates segments is encoded, and so is a name of dots alone."""
    if not name:
        raise ValueError("an empty name cannot be asked for")
    if not isinstance(name, str):
        raise TypeError(f"a name is a text, and not a {type(name).__name__}")
    return quote(name, safe=IDENTITY) if name.strip(".") else name.replace(".", "%2E")


def target(path: str, query: Mapping[str, Any] | None = None) -> str:
    """A path with its query. What is empty, false or None is left out: not every registry knows every parameter."""
    pairs = [pair for name, value in (query or {}).items() for pair in _pairs(name, value)]
    return f"{path}?{urlencode(pairs, quote_via=quote)}" if pairs else path


def _pairs(name: str, value: Scalar | Iterable[str]) -> list[tuple[str, str]]:
    if value is None or value is False or value == "":
        return []
    if isinstance(value, str | int):
        return [(name, "true" if value is True else str(value))]
    return [(name, each) for each in value]


def answer(kind: type[T]) -> Callable[[bytes], T]:
    """A reader of JSON as `kind`. null is "not there": some registries write it where others leave a member out."""
    read: Callable[[bytes], T] = _reader(kind)  # type: ignore[arg-type]  # a type has a hash
    return read


@cache
def _reader(kind: Any) -> Callable[[bytes], Any]:
    return lambda body: msgspec.convert(_lean(msgspec.json.decode(body)), kind, strict=False)


def _lean(value: Any) -> Any:
    match value:
        case dict():
            return {name: _lean(each) for name, each in value.items() if each is not None}
        case list():
            return [_lean(each) for each in value]
        case _:
            return value


def text(body: bytes) -> str:
    return body.decode()


def nothing(_body: bytes) -> None:
    return None
