"""For users' tests: `assert_compatible(new, against=old)`, by the engine that decides in the registry.

What `new` and `against` may be is `versions`' to say: texts, files, types of the program, commits, registries.
"""

from collections.abc import Sequence

from compat import POLICIES, Policy, Source, compare, parse
from compat.level import Answer, Candidate, Level, answer
from momus.gate.versions import NothingBefore, Version, asked_of, source_of

__all__ = ["Incompatible", "NothingBefore", "assert_compatible"]


class Incompatible(AssertionError):
    """The new schema breaks somebody; `messages` are those that a registry would answer."""

    def __init__(self, told: str, messages: tuple[str, ...]) -> None:
        super().__init__(told)
        self.messages = messages


def assert_compatible(
    new: Version,
    *,
    against: "Version | Sequence[Version]",
    kind: str | None = None,
    level: str | None = None,
    policy: str | None = None,
    registry: object = None,
    missing_ok: bool = False,
) -> None:
    """`new` may follow `against`.

    new, against  a schema's text (of `kind`, which is AVRO unless said otherwise), a `Source`, the client's `Schema`,
                  the path of a file, a class (derived as serializers derive it; of Protobuf a generated one).
                  `against` may be several, oldest first; or `git:REF` or `git:REF:PATH`, where REF alone is for a
                  `new` that is a path; or `registry:SUBJECT`
    level         BACKWARD, or what the registry asks of the subject
    policy        STRICT, or what the registry asks
    registry      a URL, or the fixture `registry`; otherwise the variable MOMUS_REGISTRY
    missing_ok    passes where there is nothing to compare with: a file or a subject that is new

    Raises Incompatible, with a message that breaks; InvalidSchema for what is no schema; NothingBefore.
    """
    if policy is not None and policy not in POLICIES:
        raise ValueError(f"there is no policy {policy}: {', '.join(POLICIES)} are known")
    if level is not None and level not in Level.__members__:
        raise ValueError(f"there is no level {level}: {', '.join(Level.__members__)} are known")
    proposed = source_of(new, kind)
    asked = asked_of(new, against, proposed.kind, Level[level] if level else None, registry)
    if not asked.olds and not missing_ok:
        raise NothingBefore(f"{asked.about} has nothing to compare with; missing_ok=True lets that pass")
    said = _answer(proposed, asked.olds, asked.level, Policy(policy or asked.policy))
    if not said.is_compatible:
        raise Incompatible("\n".join(_lines(said) or said.messages), said.messages)


def _answer(proposed: Source, olds: Sequence[Source], level: Level, policy: Policy) -> Answer:
    """`olds` are oldest first."""
    candidate = Candidate(proposed, proposed.kind, parse(proposed).describe().text)
    candidates = [
        Candidate(source, source.kind, source.text, number) for number, source in reversed(list(enumerate(olds, 1)))
    ]
    return answer(
        level,
        candidate,
        candidates,
        lambda reader, writer: compare(parse(reader, strict=False), parse(writer, strict=False), policy),
    )


def _lines(said: Answer) -> list[str]:
    lines = []
    for found in said.findings:
        roles = ("new", "old") if found.direction == "BACKWARD" else ("old", "new")
        lines.append(f"{found.difference.rule}: {found.difference.description(*roles)}")  # type: ignore[arg-type]
        if found.difference.witness:
            lines.append(f"  for example {found.difference.witness.json}: {found.difference.witness.error}")
    return lines
