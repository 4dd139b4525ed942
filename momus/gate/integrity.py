"""Why a schema cannot be read, at its place in the file that people wrote: a name nobody has, or what parsers say."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Final

from compat import InvalidSchema
from momus.gate import advice
from momus.gate.avro_types import NAMED, PRIMITIVES
from momus.gate.findings import Finding, Location, fingerprint
from momus.gate.places import Text, mention, place_of
from momus.gate.project import Knot, Member, Project

MISSING: Final = "REFERENCE_MISSING"
_WORDS: Final = (*NAMED, "array", "map", "union", *PRIMITIVES)


def refusals(now: Project, member: Member, error: InvalidSchema | Knot) -> list[Finding]:
    """What a parser said of a schema, or, where that is what it fell over, the references that lead nowhere."""
    if isinstance(error, Knot):
        return [unreadable("REFERENCE_CYCLE", member, f"The references go round: {error}")]
    missing = [] if error is member.facts.fault else list(_missing(now, member))
    if missing:
        return missing
    location = place_of(member.path, member.facts.origin, error)
    return [unreadable("SCHEMA_INVALID", member, error.message, location, error.path)]


def unreadable(rule: str, member: Member, message: str, location: Location | None = None, path: str = "") -> Finding:
    """That a schema cannot be read; nothing else can be said of it then."""
    return Finding(
        fingerprint=fingerprint(rule, member.subject, "", "", message),
        rule=rule,
        severity="error",
        message=message,
        subject=member.subject,
        schema_type=member.kind,
        path=path,
        location=location or Location(member.path),
        fix=advice.rule(member.kind, rule).advice,
        is_unreadable=True,
    )


# ------------------------------------------------------------------------------------------------ what nobody has


def _missing(now: Project, member: Member) -> Iterator[Finding]:
    """Its own first; what it needs may refer to nothing too."""
    for one in now.with_all_needed(member):
        for spellings in now.missing(one):
            if not _is_known(one.kind, spellings[0]):
                yield unreadable(MISSING, member, _sentence(now, one, spellings), _place(one, spellings))


def _is_known(kind: str, name: str) -> bool:
    match kind:
        case "PROTOBUF":
            from compat.protobuf.known import names

            return name in names()
        case "JSON":
            from compat.json.known import known_schema

            return known_schema(name) is not None
        case _:  # `recrod` is a slip of the pen, and no reference
            return "." not in name and bool(get_close_matches(name, _WORDS, 1, 0.8))


def _place(member: Member, spellings: tuple[str, ...]) -> Location:
    text = Text(member.path, member.name, member.facts.text, member.facts.origin)
    if member.kind != "PROTOBUF":
        return mention(text, spellings[0])
    from compat.protobuf.tokens import place, prepared

    for one in prepared(member.facts.text).imports:
        if one.name == spellings[0]:
            line, column = place(member.facts.text, one.start)
            return Location(member.path, line, column, line)
    return Location(member.path)


def _sentence(now: Project, member: Member, spellings: tuple[str, ...]) -> str:
    name = spellings[0]
    subject = next((now.promised[one][0] for one in spellings if one in now.promised), "")
    if subject:
        return (
            f"{member.path} refers to '{name}', which only a registry has, as '{subject}', and none was asked: "
            "compare with it (--against registry), or take a snapshot of it (momus snapshot)"
        )
    told = f"{member.path} refers to '{name}', which no schema here has{_hint(now, member, name)}"
    return f"{told}: add the file that has it, or name its subject in the registry under `references.external`"


def _hint(now: Project, member: Member, name: str) -> str:
    if member.kind == "PROTOBUF":
        same = [one for one in now.members.values() if one.kind == "PROTOBUF" and one.path.endswith(f"/{name}")]
        if same:
            root = same[0].path.removesuffix(f"/{name}")
            return f" ({same[0].path} is there as '{same[0].name}': give its entry `root: {root}`)"
    known = {one for other in now.members.values() if other.kind == member.kind for one in _names(other)}
    close = get_close_matches(name, sorted(known), 1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _names(member: Member) -> set[str]:
    match member.kind:
        case "AVRO":
            return set(member.facts.defines)
        case "JSON":
            return {member.facts.name, member.path.rpartition("/")[2], member.path}
        case _:
            return {member.name}
