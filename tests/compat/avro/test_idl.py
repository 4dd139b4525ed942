"""Avro IDL against the answers of Java's reader (avro-idl 1.12.0), and what it says to what is wrong.

A row of `idl.jsonl` has the files of a case, the first of which is read, and what Java made of it: the schema of each
type, and of the main one; null where it refused. The cases named "Avro: …" are texts of Apache Avro's own tests, under
its licence. Where we differ from Java, `ours` has our answer and `why` the reason.
"""

import json
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compat import InvalidSchema, Source, parse
from compat.avro.apart import apart, protocol, self_contained
from compat.avro.idl import DEEPEST, Idl, read
from compat.pieces import Piece, plain, read_json

Row = dict[str, Any]
ROWS = [json.loads(line) for line in (Path(__file__).parent / "idl.jsonl").read_text(encoding="utf-8").splitlines()]


def answer(files: dict[str, str]) -> Row | None:
    """The stored texts of all types that the first file has, with those that it imports; None where it is refused."""
    types: dict[str, Piece] = {}
    met: set[str] = set()

    def imported(kind: str, path: str) -> Idl | None:
        if path in met or kind != "idl":
            if path not in met:
                top = read_json(files[path])
                types.update(protocol(top)) if kind == "protocol" else apart(top, "", types)
            met.add(path)
            return None
        met.add(path)
        found = read(files[path])
        for one in found.imports:
            imported(one.kind, normpath(join(dirname(path), one.path)))
        types.update(found.types)
        return found

    def stored(piece: Piece) -> Any:
        return json.loads(parse(Source("AVRO", json.dumps(plain(self_contained(piece, types))))).describe().text)

    try:
        top = imported("idl", next(iter(files)))
        assert top is not None
        main = {} if top.main is None else {"main": stored(top.main)}
        return {"types": {name: stored(piece) for name, piece in types.items()}, **main}
    except (InvalidSchema, KeyError):
        return None


@pytest.mark.parametrize("row", ROWS, ids=[row["case"] for row in ROWS])
def test_text_means_what_java_makes_of_it(row: Row) -> None:
    """Each type is the schema that Java's reader gives, and what it refuses is refused, save where the row says why."""
    wanted = row["ours"] if "why" in row else row["java"]
    if wanted is not None:
        wanted = {
            "types": {name: json.loads(text) for name, text in wanted["types"].items()},
            **({"main": json.loads(wanted["main"])} if "main" in wanted else {}),
        }
    assert answer(row["files"]) == wanted


def test_rows_have_both_answers() -> None:
    """The corpus is no list of refusals, and every difference from Java has a reason."""
    assert sum(row["java"] is not None for row in ROWS) > 60
    assert sum(row["java"] is None for row in ROWS) > 60
    assert all(row["why"] for row in ROWS if "ours" in row)


WRONG = {
    "record R {\n  int a\n}": (3, 1, "expected ';' or ',' after a field, but here is '}'"),
    "record R {\n  string s = 'x';\n}": (2, 14, "strings are written in double quotes"),
    "record R { int a; ": (1, 18, "expected '}', which ends the record, but here is the end of the text"),
    "enum E { A, }": (1, 13, "expected a symbol, but here is '}'"),
    "record R {\n  array<int>? a;\n}": (2, 13, "write union { null, … } instead"),
    "record S {} record R { @x(1) S a; }": (1, 30, "annotate its declaration"),
    "record R {\n  @foo int a;\n}": (2, 8, 'and a value, as in @foo("text")'),
    'import avsc "x";': (1, 8, "`idl`, `protocol` or `schema`"),
    "int f();": (1, 1, "expected `record`, `error`, `enum`, `fixed` or `import`"),
    "record R { decimal(3,5) a; }": (1, 12, "the scale is between 0 and the precision"),
    "record A {}\nrecord A { int a; }": (2, 1, "'A' is declared twice, and not as the same"),
    'record R {\n  string a = "\\q";\n}': (2, 14, "is no escape"),
    "/* x": (1, 1, "the comment that starts here is not closed"),
    "": (1, 1, "but here is the end of the text"),
}


@pytest.mark.parametrize("text", WRONG)
def test_refusal_says_where_and_what_is_right(text: str) -> None:
    """Line, column, what was expected, and how to write it."""
    with pytest.raises(InvalidSchema) as refused:
        read(text)
    line, column, sentence = WRONG[text]
    assert (refused.value.line, refused.value.column) == (line, column)
    assert sentence in refused.value.message


def test_every_piece_knows_its_place() -> None:
    """A field is where its type starts, a name and a default where they stand, whatever the branch of null."""
    lines = (
        '@namespace("n")', "protocol P {", "  /** d */", "  record R {", "    int a,", "      b = 3;",
        '    string? c = "x";', "  }", "}",
    )  # fmt: skip
    text = "\n".join(lines)
    fields = read(text).types["n.R"].parts["fields"].parts
    assert [(fields[index].line, fields[index].column) for index in range(3)] == [(5, 5), (5, 5), (7, 5)]
    assert (fields[1].parts["name"].line, fields[1].parts["default"].column) == (6, 11)
    union = fields[2].parts["type"]
    assert [(part.value, part.column) for part in union.value] == [("string", 5), ("null", 11)]
    assert read(text).types["n.R"].end_line == 8


def test_protocol_of_json_has_the_same_types() -> None:
    """`.avpr` and `.avdl` of one protocol give one schema for each type, wherever JSON has them declared."""
    idl = "protocol n.P { record A { B b; array<m.C> c; } enum B {X} fixed m.C(2); }"
    avpr = (
        '{"protocol": "P", "namespace": "n", "types": [{"type": "record", "name": "A", "fields": ['
        '{"name": "b", "type": {"type": "enum", "name": "B", "symbols": ["X"]}},'
        '{"name": "c", "type": {"type": "array", "items": {"type": "fixed", "name": "m.C", "size": 2}}}]}]}'
    )
    assert {name: plain(one) for name, one in protocol(read_json(avpr)).items()} == {
        name: plain(one) for name, one in read(idl).types.items()
    }


def test_type_that_a_protocol_declares_twice_is_refused() -> None:
    """As Java does, and by line."""
    text = '{"types": [{"type": "fixed", "name": "F", "size": 1},\n {"type": "fixed", "name": "F", "size": 2}]}'
    with pytest.raises(InvalidSchema) as refused:
        protocol(read_json(text))
    assert (refused.value.line, refused.value.message) == (2, "'F' is declared twice")


HOSTILE = {
    "types in types": "record R { " + "array<" * 5000 + "int" + ">" * 5000 + " a; }",
    "values in values": "@a(" + "[" * 5000 + "]" * 5000 + ") record R {}",
    "open brackets": "protocol P {" + "record R {" * 20000,
    "comments": "/*" * 50_000,
    "backquotes": "`" * 50_000,
    "quotes": '"' * 50_000,
    "backslashes": '@a("' + "\\" * 200_001,
    "dots": "record " + "a." * 100_000,
    "digits": "@a(" + "9" * 100_000 + ") record R {}",
    "exponents": "@a(1e" + "9" * 5000 + ") record R { int }",
    "annotations": "@a(1) " * 10_000 + "x",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_refused_soon(case: str) -> None:
    """However deep or long, it is a refusal with a place, and no error of Python's."""
    with pytest.raises(InvalidSchema) as refused:
        read(HOSTILE[case])
    assert refused.value.line >= 1
    assert len(refused.value.message) < 300


def test_what_is_nested_within_reason_is_read() -> None:
    """The bound is far beyond what people write."""
    deep = DEEPEST - 2
    assert read("record R { " + "array<" * deep + "int" + ">" * deep + " a; }").types


SPELLED = (
    "protocol schema namespace import idl record error enum fixed union array map int null void decimal ? { } < > ( ) "
    '[ ] ; , = : @ "x" 1 -2.5e3 NaN `a` a.b a-b /** */ // /* é \n \x1a'
)
WORDS = SPELLED.split(" ")


@settings(max_examples=100)
@given(st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join))
def test_any_words_are_read_or_refused(text: str) -> None:
    """Nothing else happens."""
    try:
        read(text)
    except InvalidSchema as refused:
        assert refused.line >= 1  # noqa: PT017  (most are refused, some are not)
