"""`momus fmt`: one layout, that says the same, and is its own layout."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import compat.protobuf
from momus.gate.layout import Refused, laid_out
from tests.gate.repositories import ID, Repository, field, record, repository

ORDER = "schemas/order.avsc"
MIXED = """version: 1
schemas:
  - {path: "schemas/*.avsc", subject: "{stem}"}
  - {path: "json/*.json", subject: "{stem}"}
  - {path: protos, subject: "{path}"}
"""

TIDY_AVRO = """{
  "type": "record",
  "name": "Order",
  "namespace": "shop",
  "doc": "What was bought.",
  "owner": "shop",
  "fields": [
    {"name": "id", "type": "long", "doc": "Grüße", "x": 1.50},
    {
      "name": "placed_at",
      "type": {"type": "long", "logicalType": "timestamp-millis"}
    },
    {"name": "note", "type": ["null", "string"], "default": null}
  ]
}
"""
UNTIDY_AVRO = """{"fields": [
{"type":"long","name":"id","x":1.50,"doc":"Gr\\u00fc\\u00dfe"},
    {"name": "placed_at", "type": {"logicalType": "timestamp-millis", "type": "long"}},
{"default": null, "name": "note", "type": ["null","string"]}],
"owner":"shop", "name":"Order","doc":"What was bought.","namespace":"shop","type":"record"}"""

TIDY_PROTO = """syntax = "proto3";
package shop;

/* Two
 * lines. */
message Order { // here
  int64 id = 1;

  oneof how {
    string a = 2 [
      deprecated = true
    ];
    string b =
        3;
  }
  option (x) = {
    text: "one "
        "two { // no comment"
    more { y: 1 }
  };
}
"""
UNTIDY_PROTO = """

syntax = "proto3";\r
   package shop;


/* Two
      * lines. */
\tmessage Order { // here
int64 id = 1;\t


oneof how {
string a = 2 [
deprecated = true
];
string b =
3;
}
  option (x) = {
    text: "one "
              "two { // no comment"
      more { y: 1 }
};
}


"""


def protos() -> list[str]:
    known = Path(compat.protobuf.__file__).parent / "known" / "google" / "type"
    return [path.read_text(encoding="utf-8") for path in sorted(known.glob("*.proto"))]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(("A", "B", "C"))
avro_types = st.recursive(
    st.sampled_from(("int", "string", "A")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.fixed_dictionaries({"items": inner, "type": st.just("array")}),
        st.fixed_dictionaries({"x": json_values, "values": inner, "type": st.just("map")}),
        st.fixed_dictionaries(
            {
                "fields": st.lists(
                    st.fixed_dictionaries({"type": inner, "name": names, "default": json_values}), max_size=3
                ),
                "name": names,
                "fieldz": json_values,
                "type": st.just("record"),
            }
        ),
    ),
    max_leaves=8,
)
proto_pieces = st.lists(
    st.sampled_from(
        (
            "{",
            "}",
            "[",
            "]",
            "(",
            ")",
            ";",
            "=",
            "\n",
            "\r\n",
            "\n\n\n",
            "  ",
            "\t",
            "x",
            "// c\n",
            "/* a\n * b\nc */",
            '"s"',
            "'",
            "/",
        )
    ),
    max_size=40,
).map("".join)


@given(json_values)
@settings(max_examples=60)
def test_json_says_the_same_and_is_its_own_layout(value: Any) -> None:
    """Numbers keep their digits, keys their order."""
    made = laid_out("JSON", json.dumps(value))
    assert json.dumps(json.loads(made)) == json.dumps(value)
    assert laid_out("JSON", made) == made


@given(avro_types)
@settings(max_examples=60)
def test_avro_says_the_same_and_is_its_own_layout(value: Any) -> None:
    """But for the order of attributes; what a default or an attribute of one's own holds is left in its order."""
    made = laid_out("AVRO", json.dumps(value))
    assert json.loads(made) == value
    assert laid_out("AVRO", made) == made


@given(proto_pieces)
@settings(max_examples=120)
def test_any_text_keeps_all_but_its_spaces(text: str) -> None:
    """Of Protobuf, be it a schema or not: and the layout is its own."""
    made = laid_out("PROTOBUF", text)
    assert made.split() == text.split()
    assert laid_out("PROTOBUF", made) == made


@given(st.data())
@settings(max_examples=40)
def test_protobuf_with_any_indents_becomes_what_its_authors_wrote(data: st.DataObject) -> None:
    """Google's own files, their indents lost, get them again."""
    text = data.draw(st.sampled_from(protos()))
    spaces = data.draw(st.lists(st.sampled_from(("", " ", "\t", "      ")), min_size=5, max_size=5))
    lost = "\n".join(spaces[at % 5] + line.strip() for at, line in enumerate(text.splitlines()))
    assert laid_out("PROTOBUF", lost) == text


@pytest.mark.parametrize(
    ("kind", "untidy", "tidy"), [("AVRO", UNTIDY_AVRO, TIDY_AVRO), ("PROTOBUF", UNTIDY_PROTO, TIDY_PROTO)]
)
def test_layout_is_the_one_of_the_docs(kind: str, untidy: str, tidy: str) -> None:
    """Two spaces a bracket, short lists and objects on a line, attributes in the usual order."""
    assert laid_out(kind, untidy) == tidy
    assert laid_out(kind, tidy) == tidy


@pytest.mark.parametrize(
    ("kind", "text", "said", "is_wrong"),
    [
        ("AVRO", '{"type": "int", "type": "long"}', "'type' stands twice", True),
        ("AVRO", '// ours\n{"type": "int"}', "comments", False),
        ("AVRO", '{"type": "int",}', "line 1", True),
        ("JSON", '{"minimum": NaN}', "NaN", True),
        ("JSON", '"\\ud800"', "surrogates", True),
        ("JSON", "[" * 100_000, "nested too deeply", True),
    ],
)
def test_what_would_lose_something_is_refused(kind: str, text: str, said: str, *, is_wrong: bool) -> None:
    """By name, and nothing is guessed."""
    with pytest.raises(Refused, match=said) as refused:
        laid_out(kind, text)
    assert refused.value.is_wrong is is_wrong


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    proto = 'syntax = "proto3";\nmessage A {\nint32 a = 1;\n}'
    files = {ORDER: UNTIDY_AVRO, "json/a.json": '{"type":"object"}', "protos/a.proto": proto}
    return repository(tmp_path / "shop", files, MIXED)


def test_check_and_diff_write_nothing(shop: Repository) -> None:
    """One ends with 1 and names the files, the other shows what would change."""
    before = {path: path.read_bytes() for path in shop.root.rglob("*.*") if path.is_file()}
    checked = shop.run("fmt", "--check")
    assert (checked.exit_code, len(checked.stdout.splitlines())) == (1, 3)
    shown = shop.run("fmt", "--diff", "protos/a.proto")
    assert (shown.exit_code, "+  int32 a = 1;" in shown.stdout) == (0, True)
    assert {path: path.read_bytes() for path in before} == before


def test_files_are_written_once_and_then_stay(shop: Repository) -> None:
    """With their permissions; the gate takes them for unchanged schemas, and the second run has nothing to do."""
    (shop.root / ORDER).chmod(0o640)
    assert shop.run("fmt").exit_code == 0
    assert (shop.root / ORDER).read_text() == TIDY_AVRO
    assert (shop.root / ORDER).stat().st_mode & 0o777 == 0o640
    assert (shop.run("fmt").stdout, shop.run("fmt", "--check").exit_code) == ("", 0)
    assert {one["status"] for one in shop.check("--against", "git:HEAD")["subjects"]} == {"compatible"}
    assert sorted(path.name for path in (shop.root / "schemas").iterdir()) == ["order.avsc"]


def test_what_is_refused_is_left_as_it_is(shop: Repository) -> None:
    """Comments do no harm; what cannot be read ends with 3, and the other files are written all the same."""
    commented, broken = f"// ours\n{record(ID)}", '{"type": "record"'
    shop.write({"schemas/commented.avsc": commented, ORDER: record(ID, field("a", "int"))})
    done = shop.run("fmt")
    assert done.exit_code == 0
    assert "schemas/commented.avsc: left as it is: it has comments" in done.stderr
    assert (shop.root / "schemas/commented.avsc").read_text() == commented
    shop.write({"schemas/broken.avsc": broken, ORDER: UNTIDY_AVRO})
    assert shop.run("fmt").exit_code == 3
    assert (shop.root / "schemas/broken.avsc").read_text() == broken
    assert (shop.root / ORDER).read_text() == TIDY_AVRO
