"""For users' tests: `assert_compatible(new, against=old)`, by the engine that decides in the registry."""

from collections.abc import Sequence

from compat import POLICIES, Policy, Source, compare, parse
from compat.level import Candidate, Level, answer

__all__ = ["Incompatible", "assert_compatible"]


class Incompatible(AssertionError):
    """The new schema breaks somebody; `messages` are those that a registry would answer."""

    def __init__(self, told: str, messages: tuple[str, ...]) -> None:
        super().__init__(told)
        self.messages = messages


def assert_compatible(
    new: Source | str,
    *,
    against: Source | str | Sequence[Source | str],
    kind: str = "AVRO",
    level: str = "BACKWARD",
    policy: str = "STRICT",
) -> None:
    """`new` may follow `against`: one old schema, or all, oldest first. Texts are of `kind`; a Source has its own.

    Raises Incompatible, with a message that breaks; InvalidSchema for what is no schema.
    """
    if policy not in POLICIES:
        raise ValueError(f"there is no policy {policy}: {', '.join(POLICIES)} are known")
    olds = [against] if isinstance(against, Source | str) else list(against)
    sources = [_source(old, kind) for old in olds]
    proposed = _source(new, kind)
    candidate = Candidate(proposed, proposed.kind, parse(proposed).describe().text)
    candidates = [
        Candidate(source, source.kind, source.text, number) for number, source in reversed(list(enumerate(sources, 1)))
    ]
    said = answer(
        Level[level],
        candidate,
        candidates,
        lambda reader, writer: compare(parse(reader, strict=False), parse(writer, strict=False), Policy(policy)),
    )
    if said.is_compatible:
        return
    lines = []
    for found in said.findings:
        roles = ("new", "old") if found.direction == "BACKWARD" else ("old", "new")
        lines.append(f"{found.difference.rule}: {found.difference.description(*roles)}")  # type: ignore[arg-type]
        if found.difference.witness:
            lines.append(f"  for example {found.difference.witness.json}: {found.difference.witness.error}")
    raise Incompatible("\n".join(lines or said.messages), said.messages)


def _source(schema: Source | str, kind: str) -> Source:
    return schema if isinstance(schema, Source) else Source(kind, schema)
