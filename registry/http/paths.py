"""From a raw path to a route: segments are split before they are decoded, so `%2F` in a subject is no slash.

Empty segments do not count, hence neither do trailing slashes. `/contexts/{context}/…` pins a request to a context.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote

from registry.names import context_of
from registry.refusals import Reason


class Routed(Protocol):
    """A row of the table of routes, as far as finding it goes."""

    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str: ...


R = TypeVar("R", bound=Routed)


@dataclass(slots=True)
class _Node(Generic[R]):
    fixed: dict[str, "_Node[R]"] = field(default_factory=dict)
    blank: "_Node[R] | None" = None
    routes: dict[str, tuple[R, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match(Generic[R]):
    """The routes of a path by method, with the names and raw values of the blanks."""

    routes: Mapping[str, tuple[R, tuple[str, ...]]]
    values: tuple[str, ...]


class Paths(Generic[R]):
    """All routes as a tree of segments; a fixed segment wins over a blank one."""

    def __init__(self, routes: Iterable[R]) -> None:
        self._root: _Node[R] = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: R) -> None:
        node, names = self._root, []
        for segment in split(route.path):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.blank = node.blank or _Node()
                node = node.blank
            else:
                node = node.fixed.setdefault(segment, _Node())
        node.routes[route.method] = (route, tuple(names))

    def find(self, segments: list[str]) -> Match[R] | None:
        """The routes of a path, or None when there is no such path."""
        return self._find(self._root, segments, 0, ())

    def _find(self, node: _Node[R], segments: list[str], at: int, values: tuple[str, ...]) -> Match[R] | None:
        if at == len(segments):
            return Match(node.routes, values) if node.routes else None
        fixed = node.fixed.get(segments[at])
        if fixed is not None:
            found = self._find(fixed, segments, at + 1, values)
            if found is not None:
                return found
        if node.blank is not None:
            return self._find(node.blank, segments, at + 1, (*values, segments[at]))
        return None


def split(raw_path: str) -> list[str]:
    return [segment for segment in raw_path.split("/") if segment]


def decoded(segment: str) -> str:
    """Plain percent-decoding: a plus is a plus. Bytes that are not UTF-8 are refused."""
    if "%" not in segment:
        return segment
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError as error:
        raise Reason.BAD_REQUEST.refusal(details=f"The path segment '{segment}' is not UTF-8") from error


def pinned(segments: list[str]) -> tuple[list[str], str | None]:
    """The path without a `/contexts/{context}` before it, and that context."""
    if len(segments) < 3 or segments[0] != "contexts":
        return segments, None
    return segments[2:], context_or_refused(decoded(segments[1]))


def context_or_refused(spelled: str) -> str:
    """The context that a request names. Refuses what is none."""
    try:
        return context_of(spelled)
    except ValueError as error:
        raise Reason.BAD_CONTEXT.refusal(context=spelled) from error
