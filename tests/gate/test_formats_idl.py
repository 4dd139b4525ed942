"""Files that declare several Avro types, `.avdl` and `.avpr`: their subjects, their lines, and their history."""

import json
from pathlib import Path

import pytest

from momus.client import RegistryClient, Schema
from momus.testing import Registry
from tests.gate.repositories import Repository, field, record, repository, rules

IDL = """@namespace("shop")
protocol Orders {
  import schema "money.avsc";
  import idl "common/base.avdl";

  /** An order. */
  record Order {
    long id;
    Address? to = null;
    array<shop.Line> lines = [];
    Money total;
    base.Tag tag;
  }
  record Line { string sku; }
  record Address { string street; }
  void place(Order order);
}
"""
BASE = "namespace base;\nrecord Tag { int k; }\n"
FILES = {
    "s/orders.avdl": IDL,
    "s/money.avsc": record(field("x", "int"), name="Money"),
    "s/common/base.avdl": BASE,
}
BY_RECORD = 'version: 1\nschemas:\n  - {path: "s/*.{avdl,avsc}", subject: "{record}"}\nignore: ["s/common/**"]\n'
BY_STEM = BY_RECORD.replace("{record}", "{stem}-value")


def subjects(made: Repository, code: int = 0) -> dict[str, str]:
    return {one["subject"]: one["status"] for one in made.check("--all", code=code)["subjects"]}


def where(finding: dict[str, dict[str, object]]) -> tuple[object, object, object]:
    return tuple(finding["location"][key] for key in ("file", "line", "column"))  # type: ignore[return-value]


def test_each_type_may_have_a_subject(tmp_path: Path) -> None:
    """With `{record}`; they refer to each other and to other files' types, and what has no entry is written in."""
    made = repository(tmp_path, FILES, BY_RECORD)
    found = made.check("--all")["subjects"]
    assert {one["subject"] for one in found} == {"shop.Order", "shop.Line", "shop.Address", "shop.Money"}
    order = next(one for one in found if one["subject"] == "shop.Order")
    assert [one["subject"] for one in order["references"]] == ["shop.Address", "shop.Line", "shop.Money"]


def test_finding_points_into_the_idl(tmp_path: Path) -> None:
    """Into the very file and line, be the type its own, another's of the file, or an imported one."""
    made = repository(tmp_path, FILES, BY_RECORD)
    made.write({"s/orders.avdl": IDL.replace("string street;", "string street;\n    string city;")})
    made.write({"s/common/base.avdl": BASE.replace("int k;", "int k; string l;")})
    findings = made.check(code=1)["findings"]
    by_rule = {(one["subject"], one["rule"]): where(one) for one in findings}
    assert by_rule["shop.Address", "FIELD_WITHOUT_DEFAULT"] == ("s/orders.avdl", 16, 5)
    assert by_rule["shop.Order", "UNION_BRANCH_CHANGED"] == ("s/orders.avdl", 9, 5)
    assert by_rule["shop.Order", "FIELD_WITHOUT_DEFAULT"] == ("s/common/base.avdl", 2, 21)
    address = next(one for one in findings if one["subject"] == "shop.Address")
    assert address["referrers"] == ["shop.Order"]
    assert address["oldLocation"]["line"] == 15


def test_file_may_be_one_schema(tmp_path: Path) -> None:
    """Of the one type that no other uses, the others written into it; one that is `schema NAME;` says so itself."""
    made = repository(tmp_path, FILES, BY_STEM)
    made.write({"s/event.avdl": "namespace shop;\nschema array<Event>;\nrecord Event { int a; }\n"})
    assert subjects(made) == {"event-value": "new", "money-value": "compatible", "orders-value": "compatible"}
    made.write({"s/event.avdl": "record A {}\nrecord B {}\n"})
    done = made.run("check")
    assert done.exit_code == 2
    assert "s/event.avdl has several types (A, B), and none of them uses all others" in done.stderr


def test_types_may_be_named_one_by_one(tmp_path: Path) -> None:
    """Patterns fit types' names too; a type that no pattern fits is written into those that use it."""
    config = BY_RECORD.replace('"{record}"', '{shop.Order: orders, "shop.L*": "line-{record}", "**/money.avsc": money}')
    made = repository(tmp_path, FILES, config)
    assert subjects(made).keys() == {"orders", "line-shop.Line", "money"}
    made.write({"s/orders.avdl": IDL.replace("string street;", "string street; int n;")})
    assert {(one["subject"], one["rule"]) for one in made.check(code=1)["findings"]} == {
        ("orders", "UNION_BRANCH_CHANGED")
    }
    made.write({"s/orders.avdl": IDL.replace("void place", "record Extra {} void place")})
    done = made.run("check")
    assert (done.exit_code, "shop.Extra, which the entry" in done.stderr) == (2, True)
    made.write({"momus.yaml": config.replace("subject:", "exclude: [shop.Extra], subject:")})
    assert made.run("check").exit_code == 0
    made.write({"momus.yaml": BY_RECORD.replace("subject:", "exclude: [shop.Extra], subject:")})
    assert subjects(made).keys() == {"shop.Order", "shop.Line", "shop.Address", "shop.Money"}
    made.write({"momus.yaml": config, "s/orders.avdl": "record"})
    assert "SCHEMA_INVALID" in rules(made.check(code=3))


def test_comment_may_name_the_subject(tmp_path: Path) -> None:
    """Of a file that is one schema."""
    text = "namespace n;\n// momus:subject mine\nrecord A { B b; }\nrecord B {}\n"
    made = repository(tmp_path, {"s/a.avdl": text}, BY_RECORD.replace("{record}", "property"))
    assert subjects(made).keys() == {"mine"}


def test_types_that_need_each_other_are_written_into_each_other(tmp_path: Path) -> None:
    """Each has a subject, and who uses both can be registered."""
    text = (
        "namespace n;\nrecord A { B? b; }\nrecord B { array<A> a; C c; }\nrecord C { C? c; }\nrecord D { A a; B b; }\n"
    )
    made = repository(tmp_path, {"s/a.avdl": text}, BY_RECORD)
    found = {one["subject"]: one for one in made.check("--all")["subjects"]}
    assert {subject: [one["name"] for one in verdict["references"]] for subject, verdict in found.items()} == {
        "n.A": ["n.C"], "n.B": ["n.C"], "n.C": [], "n.D": ["n.A"],
    }  # fmt: skip
    with Registry() as registry:
        assert made.run("apply", "--yes", "--registry", registry.url).exit_code == 0
        made.write({"s/a.avdl": text.replace("C c; }\nrecord C", "C c; int x; }\nrecord C")})
        answer = made.check("--registry", registry.url, code=1)
        assert {one["subject"] for one in answer["findings"]} == {"n.A", "n.B", "n.D"}


def test_protocol_of_json_is_read_as_idl_is(tmp_path: Path) -> None:
    """Its types are schemas, and findings point into the .avpr."""

    def avpr(kind: str) -> str:
        order = {"type": "record", "name": "Order", "fields": [field("to", {"type": "fixed", "name": "F", "size": 2})]}
        line = {"type": "record", "name": "Line", "fields": [field("f", "F"), field("x", kind)]}
        return json.dumps({"protocol": "P", "namespace": "shop", "types": [order, line], "messages": {}}, indent=1)

    config = 'version: 1\nschemas: [{path: "s/*.avpr", subject: record}]\n'
    made = repository(tmp_path, {"s/p.avpr": avpr("int")}, config)
    assert subjects(made).keys() == {"shop.F", "shop.Line", "shop.Order"}
    made.write({"s/p.avpr": avpr("string")})
    (finding,) = made.check(code=1)["findings"]
    line = avpr("string").splitlines().index('     "type": "string"') + 1
    assert (finding["subject"], finding["location"]["file"], finding["location"]["line"]) == (
        "shop.Line", "s/p.avpr", line,
    )  # fmt: skip


WRONG = {
    "syntax": (IDL.replace("long id;", "long id"), 9, 5, "expected ';' or ',' after a field"),
    "default": (IDL.replace("long id;", 'long id =\n"x";'), 9, 1, "default of field 'id': 'x' is not valid for long"),
    "import": (IDL.replace("money.avsc", "mony.avsc"), 3, 3, "there is no s/mony.avsc here"),
    "unknown": (IDL.replace("Money total", "Mony total"), 11, 5, "did you mean 'shop.Money'?"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_at_its_line(tmp_path: Path, case: str) -> None:
    """Be it the language, the schema, an import or a name that nobody has; the other files are checked."""
    text, line, column, said = WRONG[case]
    made = repository(tmp_path, FILES, BY_STEM)
    made.write({"s/orders.avdl": text, "s/money.avsc": record(field("x", "string"), name="Money")})
    findings = made.check(code=3)["findings"]
    found = next(one for one in findings if one["rule"] in ("SCHEMA_INVALID", "REFERENCE_MISSING"))
    assert said in found["message"]
    assert where(found) == ("s/orders.avdl", line, column)
    assert "TYPE_CHANGED" in {one["rule"] for one in findings if one["subject"] == "money-value"}


def test_history_is_that_of_the_type(tmp_path: Path) -> None:
    """A version is a change of the type, also by a file that is written into it, and not any change of its file."""
    config = BY_RECORD.replace('"{record}"', '{shop.Order: order, "**/money.avsc": money}')
    made = repository(tmp_path, FILES, config)
    made.commit("message", {"s/orders.avdl": IDL.replace("void place", "void other();\n  void place")})
    made.commit("imported", {"s/common/base.avdl": BASE.replace("int k;", "int k; int z = 0;")})
    made.write({"s/common/base.avdl": BASE.replace("int k;", 'int k; string z = "";')})
    answer = made.check("--level", "BACKWARD_TRANSITIVE", code=1)
    assert [one["version"] for one in answer["subjects"][0]["versions"]] == [2, 1]
    assert rules(answer) == ["TYPE_CHANGED"]


def test_idl_may_become_json(tmp_path: Path) -> None:
    """A schema that is written in another language than before is held to what it was."""
    config = 'version: 1\nschemas:\n  - {path: "s/*.{avdl,avsc}", subject: "{record}"}\n'
    made = repository(tmp_path, {"s/a.avdl": "namespace shop;\nrecord Order { int id; }\n"}, config)
    (made.root / "s/a.avdl").unlink()
    made.write({"s/order.avsc": record(field("id", "string"))})
    (finding,) = made.check(code=1)["findings"]
    assert (finding["rule"], finding["oldLocation"]["file"]) == ("TYPE_CHANGED", "s/a.avdl")


def test_every_verb_reads_idl(tmp_path: Path) -> None:
    """`init` finds it, `lint` points at its lines, `compat` asks a registry about one file."""
    made = repository(tmp_path, {"s/a.avdl": "namespace shop;\nrecord Order {\n  int id;\n  float totalPrice;\n}\n"})
    (made.root / "momus.yaml").unlink()
    assert made.run("init").exit_code == 0
    assert [one["subject"] for one in made.check("--all")["subjects"]] == ["shop.Order"]
    done = made.run("lint", "--output", "json")
    money = next(one for one in json.loads(done.stdout)["findings"] if one["rule"] == "MONEY_AS_FLOAT")
    assert (money["location"]["file"], money["location"]["line"]) == ("s/a.avdl", 4)
    with Registry() as registry:
        with RegistryClient(registry.url) as client:
            client.register_schema("orders", Schema(record(field("id", "string"))))
        refused = made.run("compat", "orders", str(made.root / "s/a.avdl"), "--registry", registry.url)
    assert (refused.exit_code, "s/a.avdl:3:3" in refused.stdout or "a.avdl:3:3" in refused.stdout) == (1, True)


DIFFS = {
    "a.avdl": (
        "record A { int a; }\nrecord B { A a; }\nrecord C {}\n", ("int a;", "int a; int b;"),
        ["# A", "# no: not all new readers read old data", "# B", "# no: not all new readers read old data"],
    ),
    "a.yaml": (
        "type: object\nproperties:\n  a: {type: string}\n", ("string", "integer"),
        ["# no: not all new readers read old data", "# no: not all old readers read new data"],
    ),
    "b.yaml": (
        "a: 1\n", ("a", "a: 2\na"),
        ["# not compared: the key 'a' is there already, on line 1 (line 2, column 1)"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFS)
def test_git_shows_what_a_change_of_each_type_means(tmp_path: Path, name: str) -> None:
    """The driver for diffs reads what the gate reads; types that did not change are not spoken of."""
    text, change, said = DIFFS[name]
    made = Repository(tmp_path)
    made.write({"old": text, "new": text.replace(*change)})
    done = made.run("git-diff-driver", name, "old", "0", "100644", "new", "0", "100644")
    lines = done.stdout.splitlines()
    assert [line for line in lines if line.startswith("# ") and not line.startswith(("#  ", "# yes"))] == said
    assert f"+++ b/{name}" in lines


MALFORMED = [
    '{"types": [{"type": "record", "name": "A", "fields": [{"name": "a"}, 1, {"type": []}]}]}',
    '{"types": [{"type": "record", "name": "A", "fields": {}}, 3, null, [], {"type": "array"}]}',
    '{"types": [{"type": "record", "name": "A", "namespace": 3, "fields": null}, {"type": "enum", "name": []}]}',
    '{"types": 1}', "[]", "{", '{"types": [{"type": "enum", "name": "A"}, {"type": "map", "values": "A"}]}',
    "[" * 100_000,
]  # fmt: skip


def test_what_is_no_protocol_is_told_and_no_more(tmp_path: Path) -> None:
    """Anything may be in a file: it is a finding, of the file or of a type in it, or there is nothing in it."""
    config = 'version: 1\nschemas:\n  - {path: "s/*.{avpr,avsc}", subject: "{dir}-{stem}-{record}"}\n'
    made = repository(tmp_path, {"s/a.avsc": record(field("id", "int"))}, config)
    made.write({f"s/p{number}.avpr": text for number, text in enumerate(MALFORMED)})
    found = made.check(code=3)["findings"]
    assert {one["rule"] for one in found} == {"SCHEMA_INVALID"}
    assert len({one["location"]["file"] for one in found}) == len(MALFORMED)
