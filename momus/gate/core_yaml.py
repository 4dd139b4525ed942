"""JSON Schema written in YAML, read as JSON without surprises: each value with its line and column.

Plain words mean what YAML 1.2 says, which is what JSON says: a date is a text, a key is a text. What other readers of
YAML take for something else (`no`, `010`, `<<`) is refused by line, as are keys given twice; aliases may not grow
beyond a bound.
"""

import re
from typing import Any, Final

import yaml

from compat import InvalidSchema
from compat.pieces import Piece

LONGEST: Final = 1 << 20  # characters
MOST: Final = 20_000  # values, aliases written out
DEEPEST: Final = 100

_NULL: Final = re.compile(r"null|Null|NULL|~|")
_BOOLEAN: Final = re.compile(r"true|True|TRUE|false|False|FALSE")
_WHOLE: Final = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_DOUBTFUL: Final = (
    (re.compile(r"yes|no|on|off", re.IGNORECASE), "is true or false to some readers of YAML, and a text to others"),
    (re.compile(r"[-+]?0[0-9_]+"), "is octal to some readers of YAML, and decimal to others"),
    (re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*|[-+]?[0-9]+(?::[0-5]?[0-9])+"), "is a number to some readers of YAML"),
    (re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"), "is a number that JSON does not have"),
)
_PLAIN: Final = "plain"
_TAGS: Final = (_PLAIN, "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


def read(text: str) -> Piece:
    """Raises InvalidSchema."""
    if len(text) > LONGEST:
        raise InvalidSchema(f"the text has {len(text)} characters; {LONGEST} are the most")
    try:
        node = _composed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise InvalidSchema(f"no YAML: {error.problem or error.context}", "", *where) from None
    except yaml.YAMLError as error:
        raise InvalidSchema(f"no YAML: {error}", "", 1, 1) from None
    if node is None:
        raise InvalidSchema("the text has no value", "", 1, 1)
    return _Reader().piece(node, 0)


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # the fast one, where there is one
    """Plain words are ours to read: they keep a tag of their own."""

    def resolve(self, kind: type[yaml.Node], value: str, implicit: Any) -> str:
        if kind is yaml.ScalarNode and implicit[0]:
            return _PLAIN
        return str(super().resolve(kind, value, (False, False)))


def _composed(text: str) -> yaml.Node | None:
    """The nodes of the one document. How deep they go is seen before they are made: making them recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise _wrong(event, f"values are nested more than {DEEPEST} deep")
    return yaml.compose(text, Loader=_Loader)


class _Reader:
    def __init__(self) -> None:
        self._count = 0

    def piece(self, node: yaml.Node, depth: int) -> Piece:
        self._count += 1
        if self._count > MOST:
            raise _wrong(node, f"the text has more than {MOST} values, its aliases written out")
        if depth > DEEPEST:  # an alias within what it stands for has no end
            raise _wrong(node, f"values are nested more than {DEEPEST} deep, or an alias is within what it stands for")
        if node.tag not in _TAGS:
            raise _wrong(node, f"the tag {node.tag} is none of JSON's: leave it out")
        value: Any
        if isinstance(node, yaml.MappingNode):
            value = self._members(node, depth)
        elif isinstance(node, yaml.SequenceNode):
            value = [self.piece(one, depth + 1) for one in node.value]
        else:
            value = _scalar(node)
        last = node.end_mark.line + (1 if node.end_mark.column or isinstance(node, yaml.ScalarNode) else 0)
        first = node.start_mark.line + 1
        return Piece(value, first, node.start_mark.column + 1, max(first, last))

    def _members(self, node: yaml.MappingNode, depth: int) -> dict[str, Piece]:
        found: dict[str, Piece] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _wrong(key, "a key is a text")
            if key.value == "<<" and key.tag == _PLAIN:
                raise _wrong(key, "'<<' is of an older YAML: write the members out, or refer to them with $ref")
            if key.value in found:
                raise _wrong(key, f"the key '{key.value}' is there already, on line {found[key.value].line}")
            found[key.value] = self.piece(value, depth + 1)
        return found


def _scalar(node: yaml.Node) -> Any:
    text = str(node.value)
    if node.tag != _PLAIN:
        return text
    for doubtful, why in _DOUBTFUL:
        if doubtful.fullmatch(text):
            raise _wrong(node, f'{text} {why}: write it as "{text}", or as what is meant')
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if _WHOLE.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _wrong(node: yaml.Node | yaml.Event, message: str) -> InvalidSchema:
    mark = node.start_mark
    return InvalidSchema(message, "", *((mark.line + 1, mark.column + 1) if mark else (1, 1)))
