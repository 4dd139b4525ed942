"""Avro IDL (`.avdl`), read to the schemas that it declares, each piece with its line and column.

The language is that of Avro 1.12: a protocol, or the schema syntax with `namespace` and `schema`. Messages are read and
left out, for they are no schemas. References stay names, in full: what they mean, and whether anything has that name,
is for those to say who have all the texts. Whatever else makes a schema sound is for `compat.avro.parse`.

Java's reader recovers from some mistakes by losing a part (a union within a union, an unknown character): here they are
refused. Tests hold the rest to its answers.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from compat.avro.apart import full_name, space_of
from compat.avro.idl_words import Token, Words
from compat.avro.types import PRIMITIVES, WORDS_OF_FIELD, WORDS_OF_SCHEMA
from compat.pieces import Piece, plain
from compat.schema import InvalidSchema

DEEPEST: Final = 100  # types and values within each other
LONGEST_TEXT: Final = 8 << 20

_LOGICAL: Final = {
    "date": ("int", "date"),
    "time_ms": ("int", "time-millis"),
    "timestamp_ms": ("long", "timestamp-millis"),
    "local_timestamp_ms": ("long", "local-timestamp-millis"),
    "uuid": ("string", "uuid"),
}
_NO_NAMES: Final = frozenset(PRIMITIVES) | {"date", "time_ms", "timestamp_ms", "localtimestamp_ms", "uuid"}
_IMPORTED: Final = ("idl", "protocol", "schema")
_ORDERS: Final = ("ascending", "descending", "ignore")


@dataclass(frozen=True, slots=True)
class Import:
    """`kind` is idl, protocol or schema; the path is relative to the text's own folder."""

    kind: str
    path: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Idl:
    """`types` by full name, in their order. `main` is what the schema syntax declares with `schema`."""

    types: Mapping[str, Piece]
    main: Piece | None
    imports: tuple[Import, ...]


def read(text: str) -> Idl:
    """Raises InvalidSchema."""
    if len(text) > LONGEST_TEXT:
        raise InvalidSchema(f"the text has {len(text)} characters; {LONGEST_TEXT} are the most")
    return _Reader(text).file()


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    value: Piece


class _Reader:
    def __init__(self, text: str) -> None:
        self._words = Words(text)
        self._types: dict[str, Piece] = {}
        self._imports: list[Import] = []
        self._space = ""
        self._deep = 0

    def file(self) -> Idl:
        if self._words.now.kind == "end":
            raise self._words.expected("`protocol`, or a type")
        properties = self._properties()
        main = None
        if self._is_keyword("protocol"):
            self._protocol(properties)
        else:
            main = self._schema_syntax(properties)
        if self._words.now.kind != "end":
            raise self._words.expected("nothing more")
        return Idl(self._types, main, tuple(self._imports))

    def _protocol(self, properties: list[_Property]) -> None:
        words = self._words
        words.taken()
        name, _ = words.name("the protocol's name")
        self._space = space_of(name, self._namespace(properties, ""))
        words.must("{", "before what the protocol has")
        while not words.maybe("}"):
            if words.now.kind == "end":
                raise words.expected("'}', which ends the protocol")
            self._member(in_protocol=True)

    def _schema_syntax(self, properties: list[_Property]) -> Piece | None:
        words, main = self._words, None
        if not properties and self._is_keyword("namespace"):
            words.taken()
            self._space, _ = words.name("a namespace")
            words.must(";", "after the namespace")
        if not properties and self._is_keyword("schema"):
            words.taken()
            main = _without_mark(self._type())
            words.must(";", "after the main schema")
        while words.now.kind != "end":
            self._member(in_protocol=False, properties=properties)
            properties = []
        return main

    def _is_keyword(self, text: str) -> bool:
        return self._words.now.text == text

    def _member(self, *, in_protocol: bool, properties: list[_Property] | None = None) -> None:
        words = self._words
        first = words.now
        properties = properties or self._properties()
        keyword = words.now.text
        is_message = in_protocol and words.ahead(2).text == "(" and keyword != "fixed"
        if keyword == "import" and not properties and not is_message:
            self._import()
        elif keyword in ("record", "error", "enum", "fixed") and not is_message:
            {"enum": self._enum, "fixed": self._fixed}.get(keyword, self._record)(first, properties)
        elif in_protocol:
            self._message()
        else:
            raise words.expected("`record`, `error`, `enum`, `fixed` or `import`")

    def _import(self) -> None:
        words = self._words
        start = words.taken().start
        if words.now.text not in _IMPORTED:
            raise words.expected("`idl`, `protocol` or `schema`, the kind of what is imported")
        kind = words.taken().text
        path = words.string("the path of what is imported")
        words.must(";", "after the import")
        self._imports.append(Import(kind, path, *words.place(start)))

    # ---------------------------------------------------------------------------------------- named types

    def _named(self, first: Token, properties: list[_Property]) -> dict[str, Piece]:
        """From the keyword to the name: what every named type has."""
        words = self._words
        keyword = words.taken()
        name, token = words.name(f"the name of the {keyword.text}")
        space, short = space_of(name, self._namespace(properties, self._space)), name.rpartition(".")[2]
        if short in _NO_NAMES:
            raise words.wrong(f"'{short}' is a type of Avro's own, and no name for another", token.start)
        members = {"type": self._piece(keyword.text, keyword), "name": self._piece(short, token)}
        if space:
            members["namespace"] = self._piece(space, token)
        if first.doc is not None:
            members["doc"] = self._piece(first.doc, first)
        return members

    def _declared(self, first: Token, members: dict[str, Piece], properties: list[_Property]) -> None:
        own = WORDS_OF_SCHEMA | ({"default"} if "symbols" in members else set())
        for each in properties:
            if each.name == "aliases":
                members["aliases"] = self._texts(each)
            elif each.name != "namespace":
                self._refuse_own(each, own)
                members[each.name] = each.value
        piece = self._spanning(members, first)
        name = full_name(piece)
        known = self._types.get(name)
        if known is not None and plain(known) != plain(piece):
            raise self._words.wrong(f"'{name}' is declared twice, and not as the same", first.start)
        self._types[name] = known or piece

    def _record(self, first: Token, properties: list[_Property]) -> None:
        words, outer = self._words, self._space
        members = self._named(first, properties)
        self._space = members["namespace"].value if "namespace" in members else ""
        start = words.must("{", "before the fields")
        fields: list[Piece] = []
        while not words.maybe("}"):
            if words.now.kind == "end":
                raise words.expected("'}', which ends the record")
            fields += self._fields()
        members["fields"] = self._spanning(fields, start)
        self._space = outer
        self._declared(first, members, properties)

    def _enum(self, first: Token, properties: list[_Property]) -> None:
        words = self._words
        members = self._named(first, properties)
        start = words.must("{", "before the symbols")
        symbols: list[Piece] = []
        while words.now.text != "}" or symbols:
            self._properties()  # Java reads them too, and keeps them nowhere
            symbols.append(self._named_piece("a symbol"))
            if not words.maybe(","):
                break
        words.must("}", "or ',' after a symbol")
        members["symbols"] = self._spanning(symbols, start)
        if words.maybe("="):
            members["default"] = self._named_piece("the default symbol")
            words.must(";", "after the default symbol")
        self._declared(first, members, properties)

    def _fixed(self, first: Token, properties: list[_Property]) -> None:
        words = self._words
        members = self._named(first, properties)
        words.must("(", "before the size")
        members["size"] = self._whole("the size, a number")
        words.must(")", "after the size")
        words.must(";", "after a fixed")
        self._declared(first, members, properties)

    def _fields(self) -> list[Piece]:
        """A type with its variables: `int a, b = 3;`."""
        words = self._words
        doc = words.now.doc
        kind = self._type()
        fields = [self._variable(kind, doc)]
        while words.maybe(","):
            fields.append(self._variable(kind, doc))
        if words.now.text != ";":
            raise words.expected("';' or ',' after a field")
        words.taken()
        return fields

    def _variable(self, kind: Piece, doc: str | None) -> Piece:
        words = self._words
        first = words.now
        properties = self._properties()
        name = self._named_piece("the field's name")
        default = self._json() if words.maybe("=") else None
        members = {"name": name, "type": _with_null_placed(kind, default)}
        doc = first.doc if first.doc is not None else doc
        if doc is not None:
            members["doc"] = replace(name, value=doc)
        if default is not None:
            members["default"] = default
        for each in properties:
            if each.name == "aliases":
                members["aliases"] = self._texts(each)
            elif each.name == "order":
                members |= self._order(each)
            else:
                self._refuse_own(each, WORDS_OF_FIELD)
                members[each.name] = each.value
        end = words.tokens[max(words.at - 1, 0)]
        whole = self._spanning(members, first)
        return replace(whole, line=kind.line, column=kind.column, end_line=words.place(end.end - 1)[0])

    def _message(self) -> None:
        words = self._words
        if not words.maybe("void"):
            self._type(of="what the message returns, a type or `void`, or a declaration")
        words.name("the message's name")
        words.must("(", "before the parameters")
        while words.now.text != ")":
            self._variable(self._type(), None)
            if not words.maybe(","):
                break
        words.must(")", "or ',' after a parameter")
        if words.maybe("throws"):
            words.name("the error that is thrown")
            while words.maybe(","):
                words.name("the error that is thrown")
        else:
            words.maybe("oneway")
        words.must(";", "after a message")

    # ---------------------------------------------------------------------------------------- types

    def _type(self, of: str = "a type") -> Piece:
        words = self._words
        first = words.now
        properties = self._properties()
        self._deeper(first)
        kind = self._plain_type(of, is_annotated=bool(properties))
        self._deep -= 1
        if not properties:
            return kind
        if isinstance(kind.value, _Optional):
            inner = self._annotated(kind.value.inner, properties, first)
            return replace(kind, value=_Optional(kind.value.null, inner))
        return self._annotated(kind, properties, first)

    def _plain_type(self, of: str, *, is_annotated: bool) -> Piece:
        words = self._words
        first, following = words.now, words.ahead(1).text
        if first.kind != "word":
            raise words.expected(of)
        if first.text in ("array", "map") and following == "<":
            words.taken()
            words.taken()
            key = "items" if first.text == "array" else "values"
            inner = _without_mark(self._type())
            words.must(">", f"after what the {first.text} has")
            kind = self._spanning({"type": self._piece(first.text, first), key: inner}, first)
        elif first.text == "union" and following == "{":
            kind = self._union()
        else:
            return self._maybe_null(self._single(is_annotated=is_annotated), first)
        if words.now.text == "?":
            raise words.wrong("only a name may be followed by '?': write union { null, … } instead", words.now.start)
        return kind

    def _single(self, *, is_annotated: bool) -> Piece:
        """A type that is one word."""
        words = self._words
        name, token = words.name("a type")
        if token.text == "decimal" and words.now.text == "(":
            return self._decimal(token)
        if token.text in PRIMITIVES:
            return self._piece(name, token)
        if token.text in _LOGICAL:
            kind, logical = _LOGICAL[name]
            return self._piece({"type": self._piece(kind, token), "logicalType": self._piece(logical, token)}, token)
        if is_annotated:
            raise words.wrong(
                f"'{name}' is declared elsewhere, and cannot be annotated here: annotate its declaration, "
                "or the field, between the type and the field's name",
                token.start,
            )
        return self._piece(name if "." in name or not self._space else f"{self._space}.{name}", token)

    def _decimal(self, first: Token) -> Piece:
        words = self._words
        words.taken()
        precision = self._whole("the precision, a number")
        scale = self._whole("the scale, a number") if words.maybe(",") else replace(precision, value=0)
        words.must(")", "after the digits of a decimal")
        if not 0 <= scale.value <= precision.value or precision.value < 1:
            raise words.wrong(
                f"decimal({precision.value}, {scale.value}) is none: the precision is at least 1, "
                "and the scale is between 0 and the precision",
                first.start,
            )
        return self._spanning(
            {
                "type": self._piece("bytes", first), "logicalType": self._piece("decimal", first),
                "precision": precision, "scale": scale,
            }, first,
        )  # fmt: skip

    def _maybe_null(self, kind: Piece, first: Token) -> Piece:
        mark = self._words.now
        if not self._words.maybe("?"):
            return kind
        return self._piece(_Optional(self._piece("null", mark), kind), first)

    def _union(self) -> Piece:
        words = self._words
        first = words.taken()
        words.taken()
        branches: list[Piece] = []
        while True:
            branch = self._type()
            if isinstance(branch.value, list | _Optional):
                raise InvalidSchema(
                    "a union is not directly within a union: write its branches into the outer one", "",
                    branch.line, branch.column,
                )  # fmt: skip
            branches.append(branch)
            if not words.maybe(","):
                break
        words.must("}", "or ',' after a branch")
        return self._spanning(branches, first)

    def _annotated(self, kind: Piece, properties: list[_Property], first: Token) -> Piece:
        if isinstance(kind.value, list):  # a union keeps no properties, in Java neither
            return kind
        members = dict(kind.value) if isinstance(kind.value, dict) else {"type": kind}
        for each in properties:
            self._refuse_own(each, WORDS_OF_SCHEMA)
            members[each.name] = each.value
        if members.get("logicalType", kind).value == "decimal" and "precision" in members:
            members.setdefault("scale", replace(members["precision"], value=0))
        return self._spanning(members, first)

    # ---------------------------------------------------------------------------------------- annotations and values

    def _properties(self) -> list[_Property]:
        """Of two with one name the last counts."""
        words = self._words
        found: dict[str, _Property] = {}
        while words.maybe("@"):
            name, _ = words.name("the annotation's name")
            words.must("(", f'and a value, as in @{name}("text")')
            found[name] = _Property(name, self._json())
            words.must(")", f"after the value of @{name}")
        return list(found.values())

    def _namespace(self, properties: list[_Property], otherwise: str) -> str:
        for each in properties:
            if each.name == "namespace":
                if not isinstance(each.value.value, str):
                    raise self._at(each.value, '@namespace has a text, as in @namespace("com.example")')
                return each.value.value
        return otherwise

    def _texts(self, given: _Property) -> Piece:
        value = given.value.value
        if not isinstance(value, list) or not all(isinstance(one.value, str) for one in value):
            raise self._at(given.value, f'@{given.name} has a list of texts, as in @{given.name}(["old"])')
        return given.value

    def _order(self, given: _Property) -> dict[str, Piece]:
        value = given.value.value
        if not isinstance(value, str) or value.lower() not in _ORDERS:
            raise self._at(given.value, '@order is "ascending", "descending" or "ignore"')
        return {} if value.lower() == "ascending" else {"order": replace(given.value, value=value.lower())}

    def _refuse_own(self, given: _Property, own: frozenset[str] | set[str]) -> None:
        if given.name in own:
            raise self._at(given.value, f"'{given.name}' is a word of Avro's own here, and no annotation")

    def _json(self) -> Piece:
        words = self._words
        first = words.now
        self._deeper(first)
        match first:
            case Token(text="{"):
                piece = self._object()
            case Token(text="["):
                piece = self._list()
            case Token(kind="string"):
                piece = self._piece(words.string("a text"), first)
            case Token(kind="int"):
                piece = self._whole("a number")
            case Token(kind="float"):
                piece = self._piece(_float(words.taken().text), first)
            case Token(text="null" | "true" | "false"):
                piece = self._piece({"null": None, "true": True, "false": False}[words.taken().text], first)
            case _:
                raise words.expected("a value, as JSON has them")
        self._deep -= 1
        return piece

    def _object(self) -> Piece:
        words = self._words
        first = words.taken()
        members: dict[str, Piece] = {}
        while words.now.text != "}" or members:
            key = words.string("a key")
            words.must(":", "after a key")
            members[key] = self._json()
            if not words.maybe(","):
                break
        words.must("}", "or ',' after a value")
        return self._spanning(members, first)

    def _list(self) -> Piece:
        words = self._words
        first = words.taken()
        items: list[Piece] = []
        while words.now.text != "]" or items:
            items.append(self._json())
            if not words.maybe(","):
                break
        words.must("]", "or ',' after a value")
        return self._spanning(items, first)

    def _whole(self, what: str) -> Piece:
        words = self._words
        if words.now.kind != "int":
            raise words.expected(what)
        token = words.taken()
        digits = token.text.rstrip("lL").removeprefix("-")
        try:
            is_octal = digits.startswith("0") and len(digits) > 1 and digits[1] not in "xX"
            value = int(digits, 8) if is_octal else int(digits, 0)
        except ValueError:
            raise words.wrong(f"'{token.text[:40]}' is no number: what starts with 0 is octal", token.start) from None
        value = -value if token.text.startswith("-") else value
        if not -(1 << 63) <= value < 1 << 63:
            raise words.wrong("a whole number has at most 64 bits", token.start)
        return self._piece(value, token)

    # ---------------------------------------------------------------------------------------- small parts

    def _named_piece(self, what: str) -> Piece:
        name, token = self._words.name(what)
        return self._piece(name, token)

    def _piece(self, value: Any, token: Token) -> Piece:
        line, column = self._words.place(token.start)
        return Piece(value, line, column, self._words.place(max(token.end - 1, token.start))[0])

    def _spanning(self, value: Any, first: Token) -> Piece:
        """From the first token to the one that was just taken."""
        line, column = self._words.place(first.start)
        last = self._words.tokens[max(self._words.at - 1, 0)]
        return Piece(value, line, column, self._words.place(max(last.end - 1, last.start))[0])

    def _deeper(self, token: Token) -> None:
        self._deep += 1
        if self._deep > DEEPEST:
            raise self._words.wrong(f"types and values are nested at most {DEEPEST} deep", token.start)

    def _at(self, piece: Piece, message: str) -> InvalidSchema:
        return InvalidSchema(message, "", piece.line, piece.column)


@dataclass(frozen=True, slots=True)
class _Optional:
    """A type with `?`: where its null goes is known when the default is."""

    null: Piece
    inner: Piece


def _without_mark(kind: Piece) -> Piece:
    return replace(kind, value=[kind.value.null, kind.value.inner]) if isinstance(kind.value, _Optional) else kind


def _with_null_placed(kind: Piece, default: Piece | None) -> Piece:
    if not isinstance(kind.value, _Optional):
        return kind
    branches = [kind.value.null, kind.value.inner]
    return replace(kind, value=branches if default is None or default.value is None else branches[::-1])


def _float(text: str) -> float | str:
    """JSON has no NaN: Avro's defaults have them as texts."""
    bare = text.rstrip("fFdD") if "x" not in text.lower() else text
    if bare.lstrip("+-") in ("NaN", "Infinity"):
        return bare.lstrip("+").removeprefix("-" if "NaN" in bare else "+")
    value = float.fromhex(text.rstrip("fFdD") if "p" in text.lower() else text) if "x" in text.lower() else float(bare)
    return ("-Infinity" if value < 0 else "Infinity") if math.isinf(value) else value
