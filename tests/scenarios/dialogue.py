"""The format of a scenario: readable dialogues with the server, parsed, judged and written again.

A file is one story told to one fresh registry. It looks like this (`README.md` beside this file tells all):

    settings: incompatible_code=409

    # What is promised, in a sentence.
    POST /subjects/orders-value/versions  {"schema": `"string"`}
    200 {"id": 1, "version": 1, "guid": <guid>, ...}

This module knows text and JSON only. It starts no server and sends nothing: that is the runner's part.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")
WIDTH = 120  # an answer that fits is written on one line

_REQUEST = re.compile(rf"(?P<method>{'|'.join(METHODS)}) (?P<target>\S+)(?:\s+(?P<body>.*))?")
_STATUS = re.compile(r"(?P<status>\d{3})(?:\s+(?P<body>.*))?")
_HEADER = re.compile(r"(?P<name>[A-Za-z][A-Za-z-]*):\s*(?P<value>.*)")
_SETTING = re.compile(r"settings:\s*(?P<pairs>.*)")

_STRING = r'"(?:[^"\\]|\\.)*"|`[^`]*`'
_SIGNS = r"(?P<more>\.\.\.)|(?P<bracket>[\[\]{}])"
_TOKEN = re.compile(rf'(?P<string>{_STRING})|(?P<wildcard><(?:{_STRING}|[^"`<>])*>)|{_SIGNS}')
_INSERT = re.compile(rf"<(?P<text>{_STRING}) \* (?P<times>\d+)>|<hex (?P<hex>[0-9a-f ]+)>")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_WILDCARD = re.compile(rf"(?P<kind>\w+)(?P<optional>\?)?(?P<texts>(?:\s*,?\s*(?:{_STRING}))*)(?: as (?P<name>\w+))?")
_MORE = "\0more"  # JSON has no such key: U+0000 is a control character, which no member of the API carries

KINDS: dict[str, Callable[[Any], bool]] = {
    "any": lambda _: True,
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "text": lambda value: isinstance(value, str) and value != "",
    "guid": lambda value: (
        isinstance(value, str) and re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", value) is not None
    ),
}


class BadDialogue(Exception):
    """A scenario file that cannot be read; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A place that may hold more than one value. `source` is its spelling, brackets included."""

    source: str
    kind: str
    texts: tuple[str, ...] = ()
    optional: bool = False
    name: str = ""

    def matches(self, value: Any) -> bool:
        if self.kind == "contains":
            return isinstance(value, str) and all(text in value for text in self.texts)
        return KINDS[self.kind](value)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and the reply that is promised, as written; `start` and `end` are the lines of the reply."""

    line: int
    promise: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: str | None
    status: int
    reply_headers: tuple[tuple[str, str], ...]
    reply: str
    start: int
    end: int

    def expected(self) -> Any:
        """The promised JSON, with `Wildcard`s in it. A text that is promised as text (`= …`) is not JSON."""
        return template_of(self.reply)


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A whole file."""

    name: str
    settings: Mapping[str, str]
    exchanges: tuple[Exchange, ...]
    lines: tuple[str, ...] = field(repr=False, default=())


def parse(text: str, name: str = "dialogue") -> Dialogue:
    """Read a file. Raises BadDialogue."""
    lines = text.split("\n")
    settings: dict[str, str] = {}
    exchanges: list[Exchange] = []
    promise: list[str] = []
    at = 0
    while at < len(lines):
        line = lines[at]
        if line.startswith("#"):
            promise.append(line[1:].strip())
        elif not line.strip():
            promise = []
        elif not exchanges and (found := _SETTING.fullmatch(line)):
            settings |= dict(_pair(part, name, at) for part in found["pairs"].split())
        else:
            exchange = _exchange(lines, at, " ".join(promise), name)
            exchanges.append(exchange)
            promise = []
            at = exchange.end
            continue
        at += 1
    return Dialogue(name, settings, tuple(exchanges), tuple(lines))


def _pair(part: str, name: str, at: int) -> tuple[str, str]:
    key, equals, value = part.partition("=")
    if not equals:
        raise BadDialogue(f"{name}:{at + 1}: a setting is written key=value, not {part!r}")
    return key, value


def _exchange(lines: list[str], at: int, promise: str, name: str) -> Exchange:
    request = _REQUEST.fullmatch(lines[at])
    if request is None:
        raise BadDialogue(f"{name}:{at + 1}: neither comment nor request: {lines[at]!r}")
    body, headers, start = _part(lines, at + 1, request["body"])
    status = _STATUS.fullmatch(lines[start]) if start < len(lines) else None
    if status is None:
        raise BadDialogue(f"{name}:{start + 1}: a request is followed by its status")
    reply, reply_headers, end = _part(lines, start + 1, status["body"])
    if end < len(lines) and lines[end].strip():
        raise BadDialogue(f"{name}:{end + 1}: a blank line ends an exchange")
    try:
        template_of(reply)
    except ValueError as error:
        raise BadDialogue(f"{name}:{start + 1}: {error}") from None
    return Exchange(
        line=at + 1,
        promise=promise,
        method=request["method"],
        target=request["target"],
        headers=headers,
        body=body or None,
        status=int(status["status"]),
        reply_headers=reply_headers,
        reply=reply,
        start=start,
        end=end,
    )


def _part(lines: list[str], at: int, first: str | None) -> tuple[str, tuple[tuple[str, str], ...], int]:
    """The rest of a request or reply: indented lines continue the body, the others are headers."""
    body = [first] if first else []
    headers = []
    while at < len(lines):
        line = lines[at]
        if line.startswith(" ") and line.strip():
            body.append(line.strip())
        elif found := _HEADER.fullmatch(line):
            headers.append((found["name"], found["value"]))
        else:
            break
        at += 1
    return "\n".join(body), tuple(headers), at


# What is sent


def sent(template: str, variables: Mapping[str, str]) -> bytes:
    """The bytes of a request's body: variables, backquoted texts, repetitions and raw bytes put in."""
    text = substituted(template, variables)
    out = bytearray()
    position = 0
    for insert in _INSERT.finditer(text):
        out += _plain(text[position : insert.start()])
        out += bytes.fromhex(insert["hex"]) if insert["hex"] else _times(insert["text"], int(insert["times"]))
        position = insert.end()
    return bytes(out + _plain(text[position:]))


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """Put captured values in for `${name}`."""
    return _VARIABLE.sub(lambda found: variables[found[1]], text)


def _times(literal: str, times: int) -> bytes:
    return (str(_text_of(literal)) * times).encode()


def _plain(text: str) -> bytes:
    return re.sub(r"`[^`]*`", lambda found: json.dumps(found[0][1:-1], ensure_ascii=False), text).encode()


def _text_of(literal: str) -> Any:
    return literal[1:-1] if literal.startswith("`") else json.loads(literal)


# What is promised


def template_of(reply: str) -> Any:
    """The JSON of a promised reply with `Wildcard`s. None when there is no body or it is promised as text."""
    if not reply or reply.startswith("="):
        return None
    wildcards: list[Wildcard] = []
    return _resolved(json.loads("".join(_json_parts(reply, wildcards))), wildcards)


def _json_parts(text: str, wildcards: list[Wildcard]) -> Iterator[str]:
    """The text as true JSON: each wildcard is the string NUL + its number, `...` a member or element named `_MORE`."""
    inside: list[str] = []
    position = 0
    for token in _TOKEN.finditer(text):
        yield text[position : token.start()]
        position = token.end()
        if token["string"]:
            yield json.dumps(_text_of(token["string"]))
        elif token["wildcard"]:
            wildcards.append(_wildcard(token["wildcard"]))
            yield json.dumps(f"\0{len(wildcards) - 1}")
        elif token["more"]:
            yield json.dumps(_MORE) + (": null" if inside and inside[-1] == "{" else "")
        else:
            yield token["bracket"]
            if token["bracket"] in "[{":
                inside.append(token["bracket"])
            elif inside:
                inside.pop()
    yield text[position:]


def _wildcard(source: str) -> Wildcard:
    found = _WILDCARD.fullmatch(source[1:-1])
    if found is None or (found["kind"] not in KINDS and found["kind"] != "contains"):
        raise ValueError(f"no wildcard: {source}")
    texts = tuple(str(_text_of(text)) for text in re.findall(_STRING, found["texts"]))
    return Wildcard(source, found["kind"], texts, found["optional"] is not None, found["name"] or "")


def _resolved(value: Any, wildcards: list[Wildcard]) -> Any:
    if isinstance(value, dict):
        return {key: _resolved(member, wildcards) for key, member in value.items()}
    if isinstance(value, list):
        return [_resolved(element, wildcards) for element in value]
    if isinstance(value, str) and value.startswith("\0") and value != _MORE:
        return wildcards[int(value[1:])]
    return value


def differences(exchange: Exchange, reply: Reply, variables: dict[str, str]) -> list[str]:
    """What in the reply is not as promised; values that the promise names are put into `variables`."""
    found = [] if reply.status == exchange.status else [f"status {reply.status}, promised {exchange.status}"]
    for name, promised in exchange.reply_headers:
        found += _header_differences(name, substituted(promised, variables), reply.headers.get(name), variables)
    return found + _body_differences(exchange, reply.body, variables)


def _header_differences(name: str, promised: str, value: str | None, variables: dict[str, str]) -> list[str]:
    if promised == "<absent>":
        return [] if value is None else [f"header {name} is {value!r}, promised none"]
    if promised.startswith("<"):
        return list(_compared(_wildcard(promised), value, f"header {name}", variables))
    return [] if value == promised else [f"header {name} is {value!r}, promised {promised!r}"]


def _body_differences(exchange: Exchange, body: str, variables: dict[str, str]) -> list[str]:
    if exchange.reply.startswith("="):
        promised = substituted(exchange.reply[1:].strip(), variables)
        whole = _wildcard(promised) if promised.startswith("<") else promised
        return list(_compared(whole, body, "text", variables))
    if not exchange.reply:
        return [f"a body, promised none: {body}"] if body else []
    try:
        value = loads(body)
    except ValueError as error:
        return [f"no JSON ({error}): {body}"]
    return list(_compared(template_of(substituted(exchange.reply, variables)), value, "", variables))


def loads(body: str) -> Any:
    """The JSON of a reply. Raises ValueError, for a member that is there twice as well."""
    return json.loads(body, object_pairs_hook=_members)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError(f"a member twice among {[key for key, _ in pairs]}")
    return members


def _compared(promised: Any, value: Any, path: str, variables: dict[str, str]) -> Iterator[str]:
    if isinstance(promised, Wildcard):
        if not promised.matches(value):
            yield f"{path or 'the whole'} is {_short(value)}, promised {promised.source}"
        elif promised.name:
            variables[promised.name] = str(value)
    elif isinstance(promised, dict) and isinstance(value, dict):
        yield from _compared_members(promised, value, path, variables)
    elif isinstance(promised, list) and isinstance(value, list):
        wanted = [element for element in promised if element != _MORE]
        if len(value) < len(wanted) or (len(value) > len(wanted) and _MORE not in promised):
            yield f"{path or 'the whole'} has {len(value)} elements, promised {len(wanted)}: {_short(value)}"
        for index, (element, actual) in enumerate(zip(wanted, value, strict=False)):
            yield from _compared(element, actual, f"{path}/{index}", variables)
    elif type(promised) is not type(value) or promised != value:
        yield f"{path or 'the whole'} is {_short(value)}, promised {_short(promised)}"


def _compared_members(
    promised: dict[str, Any], value: dict[str, Any], path: str, variables: dict[str, str]
) -> Iterator[str]:
    for key, member in promised.items():
        if key in value:
            yield from _compared(member, value[key], f"{path}/{key}", variables)
        elif key != _MORE and not (isinstance(member, Wildcard) and member.optional):
            yield f"{path}/{key} is missing"
    if _MORE not in promised:
        yield from (f"{path}/{key} is not promised: {_short(value[key])}" for key in value if key not in promised)


def _short(value: Any) -> str:
    return rendered(value, None)


# Writing replies again


def regenerated(dialogue: Dialogue, replies: Mapping[int, Reply]) -> str:
    """The file with the replies that differ (by the line of their exchange) put in; wildcards that match stay."""
    lines = list(dialogue.lines)
    for exchange in reversed(dialogue.exchanges):
        if exchange.line in replies:
            lines[exchange.start : exchange.end] = _reply_lines(exchange, replies[exchange.line])
    return "\n".join(lines)


def _reply_lines(exchange: Exchange, reply: Reply) -> list[str]:
    body = _reply_body(exchange, reply.body)
    first, *rest = f"{reply.status} {body}".rstrip().split("\n")
    headers = [f"{name}: {_header_again(value, reply.headers.get(name))}" for name, value in exchange.reply_headers]
    return [first, *rest, *headers]


def _header_again(promised: str, value: str | None) -> str:
    if value is None:
        return "<absent>"
    wildcard = _wildcard(promised) if promised.startswith("<") and promised != "<absent>" else None
    return promised if wildcard and wildcard.matches(value) else value


def _reply_body(exchange: Exchange, body: str) -> str:
    if not body:
        return ""
    if exchange.reply.startswith("="):
        return _text_again(exchange.reply[1:].strip(), body)
    try:
        value = loads(body)
    except ValueError:
        return _text_again("", body)
    return rendered(value, template_of(exchange.reply))


def _text_again(promised: str, body: str) -> str:
    if promised.startswith("<") and _wildcard(promised).matches(body):
        return f"= {promised}"
    first, *rest = body.split("\n")
    return f"= <contains {json.dumps(first, ensure_ascii=False)}>" if rest else f"= {first}"


def rendered(value: Any, template: Any, indent: int = 0) -> str:
    """The value as a reply is written; where the template's wildcards still hold, they stay."""
    if isinstance(template, Wildcard):
        return template.source if template.matches(value) else rendered(value, None, indent)
    if isinstance(value, dict):
        return _joined("{}", _member_texts(value, template if isinstance(template, dict) else {}, indent), indent)
    if isinstance(value, list):
        known = template if isinstance(template, list) else []
        more = _MORE in known
        known = [element for element in known if element != _MORE]
        shown = value[: len(known)] if more else value
        parts = [rendered(v, known[i] if i < len(known) else None, indent + 2) for i, v in enumerate(shown)]
        return _joined("[]", [*parts, "..."] if more else parts, indent)
    if isinstance(value, Wildcard):
        return value.source
    if isinstance(value, str) and '"' in value and "`" not in value and value.isprintable():
        return f"`{value}`"
    return json.dumps(value, ensure_ascii=False)


def _member_texts(value: dict[str, Any], template: dict[str, Any], indent: int) -> list[str]:
    more = _MORE in template
    keys = [key for key in template if key in value and key != _MORE]
    keys += [] if more else [key for key in value if key not in template]
    parts = [f"{json.dumps(key)}: {rendered(value[key], template.get(key), indent + 2)}" for key in keys]
    return [*parts, "..."] if more else parts


def _joined(brackets: str, parts: list[str], indent: int) -> str:
    line = f"{brackets[0]}{', '.join(parts)}{brackets[1]}"
    if len(line) + indent + 4 <= WIDTH and "\n" not in line:
        return line
    pad = "\n" + " " * (indent + 2)
    return f"{brackets[0]}{pad}{f',{pad}'.join(parts)}\n{' ' * max(indent, 1)}{brackets[1]}"
