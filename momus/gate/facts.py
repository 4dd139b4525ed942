"""What a text says about itself without being parsed as a schema: what it defines, and what of others it uses.

Total: a text that no parser will take has no names and uses nothing; the parser will say what is wrong with it.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from compat import InvalidSchema
from compat.pieces import Piece, plain
from momus.gate.avro_types import NAMED, PRIMITIVES, Spot, full_name, types_in
from momus.gate.configuration import YAML

PROPERTY: Final = "momus:subject"
_COMMENT: Final = re.compile(rf"//\s*{PROPERTY}[ \t]+(\S+)")


@dataclass(frozen=True, slots=True)
class Facts:
    """`name` is what others call the whole, `record` what `{record}` means, `uses` the names that others must define.

    An Avro name is used in one of several spellings, of which the first that somebody defines counts.
    """

    text: str
    name: str = ""
    record: str = ""
    defines: frozenset[str] = frozenset()
    uses: tuple[tuple[str, ...], ...] = ()
    subject: str = ""
    is_readable: bool = True
    fault: InvalidSchema | None = None  # what is wrong with the file
    origin: Piece | None = None  # where the file has the parts of the text, if the text was made of something else
    fragment: str = ""  # which schema of its file this is, where a file has several


def facts_of(kind: str, content: bytes, suffix: str = "") -> Facts:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return _no_text(content, error.start)
    if suffix in YAML:
        return _yaml(text)
    return {"AVRO": _avro, "JSON": _json, "PROTOBUF": _protobuf}[kind](text)


def _no_text(content: bytes, at: int) -> Facts:
    line, column = content.count(b"\n", 0, at) + 1, at - content.rfind(b"\n", 0, at)
    fault = InvalidSchema(f"byte {content[at]:#04x} is no UTF-8, which schemas are written in", "", line, column)
    return Facts(content.decode("utf-8", "replace"), is_readable=False, fault=fault)


# ------------------------------------------------------------------------------------------------ Avro


def _avro(text: str) -> Facts:
    try:
        return avro_facts(text, _value(text))
    except (ValueError, RecursionError):
        return Facts(text, is_readable=False)


def avro_facts(text: str, value: Any) -> Facts:
    """Raises RecursionError."""
    defines: dict[str, None] = {}
    uses: dict[tuple[str, ...], None] = {}
    for spot in types_in(value):
        if (name := spot.full_name) is not None:
            defines[name] = None
        elif (name := _used(spot)) is not None:
            uses[tuple(dict.fromkeys((full_name(name, spot.space), name)))] = None
    own = value if isinstance(value, dict) else {}
    name = next(iter(defines), "") if Spot((), own, "").kind in NAMED else ""
    missing = tuple(names for names in uses if defines.keys().isdisjoint(names))
    subject = own.get(PROPERTY)
    return Facts(text, name, name, frozenset(defines), missing, subject if isinstance(subject, str) else "")


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        if "//" not in text and "/*" not in text:
            raise
        from compat.avro.text import read  # which knows comments, as Java does

        try:
            return read(text).top[0]
        except InvalidSchema as refused:
            raise ValueError(refused.message) from None


def _used(spot: Spot) -> str | None:
    """The name that stands for a type here."""
    is_whole = isinstance(spot.value, dict)
    kind = spot.value.get("type") if is_whole else spot.value
    is_own = kind in PRIMITIVES or (is_whole and kind in ("array", "map")) if isinstance(kind, str) else True
    return None if is_own else kind


# ------------------------------------------------------------------------------------------------ JSON Schema


def _json(text: str) -> Facts:
    try:
        return json_facts(text, json.loads(text))
    except (ValueError, RecursionError):
        return Facts(text, is_readable=False)


def _yaml(text: str) -> Facts:
    from momus.gate.core_yaml import read

    try:
        origin = read(text)
    except InvalidSchema as fault:
        return Facts(text, is_readable=False, fault=fault)
    value = plain(origin)
    return replace(json_facts(json.dumps(value, ensure_ascii=False), value), origin=origin)


def json_facts(text: str, value: Any) -> Facts:
    if not isinstance(value, dict):
        return Facts(text, is_readable=False)
    own = value.get("$id", value.get("id"))
    name = own.partition("#")[0] if isinstance(own, str) else ""
    title, subject = value.get("title"), value.get(PROPERTY)
    return Facts(
        text,
        name,
        title if isinstance(title, str) else "",
        frozenset([name]) if name else frozenset(),
        tuple((uri,) for uri in dict.fromkeys(_referred(value))),
        subject if isinstance(subject, str) else "",
    )


def _referred(value: Any) -> Iterator[str]:
    """Every `$ref` that leads out of the text, without its fragment. A property may be called `$ref`: it is no text."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            reference = node.get("$ref")
            if isinstance(reference, str) and (uri := reference.partition("#")[0]):
                yield uri
            waiting += [part for key, part in node.items() if key not in ("enum", "const", "default", "examples")]
        elif isinstance(node, list):
            waiting += node


# ------------------------------------------------------------------------------------------------ Protobuf


def _protobuf(text: str) -> Facts:
    from compat.protobuf.tokens import prepared, tokens

    try:
        imports = prepared(text).imports
    except InvalidSchema:
        return Facts(text, is_readable=False)
    package, message, depth = "", "", 0
    words = [""]
    for token in tokens(text):
        depth += {"{": 1, "}": -1}.get(token.text, 0)
        if words[-1] == "package" and not depth and not package:
            package = token.text
        if words[-1] == "message" and not depth and not message:
            message = token.text
        words[-1] = token.text
        if package and message:
            break
    record = f"{package}.{message}".strip(".")
    return Facts(text, "", record, frozenset(), tuple((one.name,) for one in imports), named_in(text))


def named_in(text: str) -> str:
    """The subject that a comment names."""
    found = _COMMENT.search(text)
    return found[1] if found else ""
