"""Identifiers of the registry as values, and how they are spelled. Pure; imports nothing of ours.

A subject belongs to a context. In the default context (`.`) it is spelled by its name alone, in any other
`:.context:name`; `:.context:` alone, an empty name, means the context itself (its config, its mode), and may be read
without its last colon. A name that itself begins with a context is spelled with its own even in the default one, so
that no two subjects share a spelling.
"""

from typing import Literal, NamedTuple, NewType, get_args

SchemaId = NewType("SchemaId", int)
Version = NewType("Version", int)

MAX_INT = 2**31 - 1

Level = Literal["NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE"]
LEVELS: tuple[Level, ...] = get_args(Level)  # what each means, `compat.level` knows

DEFAULT_CONTEXT = "."
GLOBAL_CONTEXT = ".__GLOBAL"  # config and mode above all contexts; holds no subjects
ANY_CONTEXT = "*"  # the wildcard of prefixes, `:*:`


class Subject(NamedTuple):
    """A subject by context and name; an empty name stands for the context itself."""

    context: str
    name: str

    def __str__(self) -> str:
        """The qualified spelling: what the API shows and the log keeps."""
        is_plain = self.context == DEFAULT_CONTEXT and not (self.name.startswith(":") and is_qualified(self.name))
        return self.name if is_plain else f":{self.context}:{self.name}"

    @property
    def is_context(self) -> bool:
        return not self.name

    @property
    def is_top(self) -> bool:
        """Does `/config` or `/mode` mean it: the default context, or what is above all?"""
        return self.is_context and self.context in (DEFAULT_CONTEXT, GLOBAL_CONTEXT)


def subject_of(spelling: str, context: str = DEFAULT_CONTEXT) -> Subject:
    """Read a spelling; one without a context belongs to `context`. Total: every text is a subject."""
    if spelling.startswith(":"):
        named, colon, name = spelling[1:].partition(":")
        if named.startswith(DEFAULT_CONTEXT) or (colon and named == ANY_CONTEXT):
            return Subject(named, name)
    return Subject(context, spelling)


def is_qualified(spelling: str) -> bool:
    """Does the spelling name its context itself?"""
    return subject_of(spelling, "").context != ""


def context_of(text: str) -> str:
    """A context as written in a path (`c`, `.c`, `:.c:`, `:.:`) in its one spelling, `.c`.

    Raises ValueError when a colon is inside it.
    """
    bare = text.removeprefix(":").removesuffix(":") if text.startswith(":") else text
    if ":" in bare:
        raise ValueError(text)
    return bare if bare.startswith(DEFAULT_CONTEXT) else f".{bare}"


def delimited(context: str) -> str:
    """The context as Confluent's messages spell it: `:.c:`, and nothing for the default context."""
    return "" if context == DEFAULT_CONTEXT else f":{context}:"


class Place(NamedTuple):
    """One version of one subject."""

    subject: Subject
    version: Version
