"""Records of foreign logs, and records that are nearly right: real shapes, then bent. For what nothing may break."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import strategies as st

from tests.state.blocks import blocks
from tests.state.vendors import R0, R1, R2, C, K, Pair

REAL = [
    (block.key, block.value)
    for name in ("confluent.txt", "others.txt", "unreadable.txt")
    for block in blocks(name)
    if block.key is not None
]

ODD: list[Any] = [None, True, False, 0, -1, 1, 2**31, 2**63, 10**30, 1.5, "", "\x00", "😀", [], {}, [[]], {"a": None}]
ODD += ["SCHEMA", "CONFIG", "MODE", "NOOP", ":.c:s", ":.c:", ":.__GLOBAL:", ":*:", "momus.format", "IMPORT", "FULL"]
MEMBERS = ["keytype", "subject", "version", "magic", "id", "schema", "deleted", "references", "metadata", "ruleSet"]
MEMBERS += ["mode", "compatibilityLevel", "md5", "seq", "later", "context", "highest", "format", "alias", "lifecycle"]

values = st.sampled_from(ODD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=3),
    max_leaves=6,
)


@st.composite
def bent(draw: st.DrawFn, content: bytes | None) -> bytes | None:
    """JSON with some members changed, added or gone, at any depth; bytes with a few of them changed, or cut."""
    if content is None:
        return None
    try:
        parsed = json.loads(content)
    except ValueError:
        parsed = None
    how = draw(st.sampled_from(["left", "left", "members", "members", "bytes", "cut", "gone"]))
    if how == "members" and isinstance(parsed, dict):
        for _ in range(draw(st.integers(1, 3))):
            _bend(draw, parsed)
        return json.dumps(parsed, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    if how == "bytes" and content:
        at = draw(st.integers(0, len(content) - 1))
        return content[:at] + draw(st.binary(max_size=3)) + content[at + draw(st.integers(0, 2)) :]
    if how == "cut":
        return content[: draw(st.integers(0, len(content)))]
    return None if how == "gone" else content


def _bend(draw: st.DrawFn, members: dict[str, Any]) -> None:
    name = draw(st.sampled_from([*members, *MEMBERS]))
    inside = members.get(name)
    inside = inside[0] if isinstance(inside, list) and inside else inside
    if isinstance(inside, dict) and draw(st.booleans()):
        _bend(draw, inside)
    elif draw(st.integers(0, 3)):
        members[name] = deepcopy(draw(values))  # it may be bent in turn
    else:
        members.pop(name, None)


STRANGE_RECORDS = st.sampled_from(REAL).flatmap(lambda pair: st.tuples(bent(pair[0]), bent(pair[1])))


A, B = '"string"', '"int"'
foreign_subjects = st.sampled_from(["s", "t", ":.c:s"])
SCHEMAS = [(1, A), (2, B), (3, '"long"'), (4, A)]  # A has two ids


@st.composite
def foreign(draw: st.DrawFn, *, conflicts: bool) -> Pair:
    """A record of any vendor. A deletion of a subject is of all its versions, as all of them write it."""
    vendor = draw(st.sampled_from([C, C, K, R0, R1, R2]))
    subject, number = draw(foreign_subjects), draw(st.sampled_from([1, 2, 3]))
    kind = draw(st.sampled_from(["version", "version", "version", "gone", "deleted", "config", "no config", "mode"]))
    match kind:
        case "version":
            id_, text = draw(st.sampled_from([*SCHEMAS, (1, B)] if conflicts else SCHEMAS))
            return vendor.version(
                subject, number, id_, text, deleted=draw(st.booleans()), references=draw(st.sampled_from([[], []]))
            )
        case "gone":
            return vendor.no_version(subject, number)
        case "deleted":
            return vendor.deleted(subject, None if vendor in (R0, R1, R2) else 9)
        case "config":
            return vendor.config(draw(st.sampled_from([None, subject])), draw(st.sampled_from(["FULL", "NONE"])))
        case "no config":
            return vendor.no_config(draw(st.sampled_from([None, subject])))
        case _:
            return vendor.mode(subject, "READONLY")
