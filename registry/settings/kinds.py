"""The kinds of settings: what each may be, how it is read, and how it is spelled again. Knows no setting."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
Default = TypeVar("Default")
Word = TypeVar("Word", bound=str | int)

MOST_SECONDS = 10**6

SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")  # what a Kafka broker takes; neither . nor ..


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a setting may be. `read` takes what flags, variables and TOML give; raises ValueError or KeyError."""

    word: str  # in `--flag WORD`
    right: str
    read: Callable[[object], T]
    spell: Callable[[T], str] = str
    is_secret: bool = False  # a message never repeats what was told


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is in no representation of it: who needs it takes it out by name."""

    text: str = field(repr=False)


def setting(kind: Kind[T], sentence: str, *, default: Default) -> T | Default:
    """A default of None is a setting that need not be told."""
    value: T | Default = field(default=default, metadata={"kind": kind, "sentence": sentence})
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value.strip()


_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_SIZES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_TIMES = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0}


def _size(value: object) -> int:
    number, unit = _number_and_unit(value)
    size = number * _SIZES[unit.lower()]
    if size < 1 or size != int(size):
        raise ValueError(value)
    return int(size)


def _spell_size(size: int) -> str:
    unit = next(unit for unit in ("GiB", "MiB", "KiB", "") if size % _SIZES[unit.lower()] == 0)
    return f"{size // _SIZES[unit.lower()]}{unit}"


def _seconds(value: object) -> float:
    number, unit = _number_and_unit(value)
    seconds = number * _TIMES[unit.lower()]
    if not 0 < seconds < MOST_SECONDS:
        raise ValueError(value)
    return seconds


def _servers(value: object) -> str:
    servers = [each.strip() for each in _text(value).split(",")]
    for each in servers:
        parts = SERVER.fullmatch(each)
        if parts is None or not 0 < int(parts["port"]) <= 65535:
            raise ValueError(value)
    return ",".join(servers)


def _topic(value: object) -> str:
    topic = _text(value)
    if TOPIC.fullmatch(topic) is None or topic in {".", ".."}:
        raise ValueError(value)
    return topic


def _secret(value: object) -> Secret:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return Secret(value.rstrip("\r\n"))  # of the file or the command that it came from


def _number_and_unit(value: object) -> tuple[float, str]:
    parts = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)", str(value).strip())
    if parts is None:
        raise ValueError(value)
    return float(parts[1]), parts[2]


def _url(value: object) -> str:
    url = _text(value).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(value)
    return url


def whole(low: int, high: int) -> Kind[int]:
    def read(value: object) -> int:
        number = int(str(value))
        if not low <= number <= high:
            raise ValueError(value)
        return number

    return Kind("NUMBER", f"a whole number from {low} to {high}", read)


def one_of(*values: Word) -> Kind[Word]:
    """One of these words, in whatever case."""
    known = {str(value).lower(): value for value in values}
    words = [str(value) for value in values]
    right = f"{', '.join(words[:-1])} or {words[-1]}"
    return Kind("|".join(words), right, lambda value: known[str(value).strip().lower()])


text = Kind("TEXT", "a text that is not empty", _text)
folder = Kind("DIR", "the path of a folder", lambda value: Path(_text(value)).expanduser())
switch = Kind(
    "true|false", "true or false", lambda value: _SWITCH[str(value).strip().lower()], lambda value: str(value).lower()
)
size = Kind("SIZE", "a size of one byte or more, as 65536, 512KiB or 10MiB", _size, _spell_size)
seconds = Kind(
    "SECONDS", f"a time above 0 and below {MOST_SECONDS} seconds, as 10, 2.5, 500ms or 1m", _seconds, "{:g}".format
)
address = Kind("URL", "an address, as http://registry.example:8081", _url)
servers = Kind("HOST:PORT,...", "brokers as HOST:PORT, with commas between them", _servers)
topic_name = Kind("TOPIC", "a topic's name: up to 249 of a-z, A-Z, 0-9, '.', '_' and '-'", _topic)
path = Kind("FILE", "the path of a file", lambda value: Path(_text(value)).expanduser())
secret = Kind("SECRET", "a text that is not empty", _secret, lambda _: "hidden", is_secret=True)
