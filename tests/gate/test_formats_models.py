"""Types of a program as schemas: `python:package.module:Model`, against the program as it was in git."""

from pathlib import Path

from tests import packages
from tests.gate.repositories import Repository, repository, rules

CONFIG = 'version: 1\nschemas:\n  - {{path: "python:shop.models:{name}", subject: "{subject}", type: {kind}}}\n'
DATACLASS = '''
"""Models."""
from dataclasses import dataclass

from shop.parts import Address


@dataclass
class Order:
    id: int
    to: Address
'''
PARTS = """
from dataclasses import dataclass


@dataclass
class Address:
    street: str
"""
PROGRAM = {"shop/__init__.py": "", "shop/models.py": DATACLASS, "shop/parts.py": PARTS}


def program(folder: Path, files: dict[str, str], kind: str = "AVRO", name: str = "Order") -> Repository:
    return repository(folder, files, CONFIG.format(name=name, subject="{stem}-value", kind=kind))


def test_field_without_default_is_found_at_its_line(tmp_path: Path) -> None:
    """The base is the program of the commit, of the same names, and never the one of the work tree."""
    made = program(tmp_path, PROGRAM)
    assert made.check()["summary"]["skipped"] == 1
    made.write({"shop/parts.py": PARTS + "    city: str\n"})
    answer = made.check(code=1)
    (finding,) = answer["findings"]
    assert (finding["rule"], finding["subject"]) == ("FIELD_WITHOUT_DEFAULT", "Order-value")
    assert (finding["location"]["file"], finding["location"]["line"]) == ("shop/parts.py", 8)
    assert finding["witness"]["json"] == '{"id": 1, "to": {"street": "x"}}'


HEADS = {
    "data": "from dataclasses import dataclass\n@dataclass\nclass Order:\n",
    "struct": "import msgspec\n\nclass Order(msgspec.Struct):\n",
    "pyd": "import pydantic\n\nclass Order(pydantic.BaseModel):\n",
    "typed": "import typing\n\nclass Order(typing.TypedDict):\n",
}


def test_models_of_every_kind_are_schemas(tmp_path: Path) -> None:
    """Dataclasses, msgspec's structs, Pydantic's models, TypedDicts: as Avro and JSON Schema, each at its line."""
    rows = [
        f'  - {{path: "python:shop.{name}:Order", subject: {name}-{kind}, type: {kind}}}\n'
        for name in HEADS
        for kind in ("AVRO", "JSON")
    ]
    files = {f"shop/{name}.py": head + "    id: int\n" for name, head in HEADS.items()}
    made = repository(tmp_path, files, "version: 1\nschemas:\n" + "".join(rows))
    made.write({name: text.replace("int\n", "str\n") for name, text in files.items()})
    found = {one["subject"]: one for one in made.check(code=1)["findings"]}
    assert set(found) == {f"{name}-{kind}" for name in HEADS for kind in ("AVRO", "JSON")}
    for subject, one in found.items():
        assert one["rule"] == "TYPE_CHANGED"
        assert (one["location"]["file"], one["location"]["line"]) == (f"shop/{subject.partition('-')[0]}.py", 4)


def test_star_is_every_model_of_the_module(tmp_path: Path) -> None:
    """Those that are defined there; what it imports is another module's."""
    more = DATACLASS + "\n\n@dataclass\nclass Line:\n    sku: str\n\n\nclass NoModel:\n    pass\n"
    made = program(tmp_path, PROGRAM | {"shop/models.py": more}, name="*")
    made.write({"shop/models.py": more.replace("sku: str", "sku: int").replace("id: int", "id: str")})
    answer = made.check(code=1)
    assert {one["subject"] for one in answer["subjects"]} == {"Line-value", "Order-value"}


def test_star_finds_what_a_name_finds(tmp_path: Path) -> None:
    """Faust's records too, which nothing but their methods tells; a module without any class is told."""
    head = f"import sys\nsys.path.append({str(packages.of_faust())!r})\nimport faust\n\n"
    text = head + "class Order(faust.Record):\n    id: int\n"
    made = program(tmp_path, {"shop/models.py": text}, name="*")
    made.write({"shop/models.py": text.replace("int", "str")})
    assert rules(made.check(code=1)) == ["TYPE_CHANGED"]
    made.write({"shop/models.py": "x = 1\n"})
    assert "shop.models has no class that a schema can be derived of" in made.check(code=3)["findings"][0]["message"]


BROKEN = {
    "absent": (None, "ModuleNotFoundError: No module named 'shop.absent'", 1),
    "syntax": (DATACLASS + "    x: =\n", "SyntaxError", 12),
    "missing": ("import nowhere_at_all\n", "ModuleNotFoundError: No module named 'nowhere_at_all'", 1),
    "raising": ("x = 1\n\nraise ValueError('no')\n", "ValueError: no", 3),
    "leaving": ("import sys\n\nsys.exit(3)\n", "SystemExit: 3", 3),
    "renamed": (DATACLASS.replace("Order", "Orders"), "did you mean 'Orders'?", 1),
    "odd": (DATACLASS + "    x: 'tuple[int, str]' = ()\n", "Avro has no type for tuple", 9),
    "loud": ("print('x' * 100_000)\n" + DATACLASS, "", 0),
}


def test_what_cannot_be_imported_is_a_finding_at_its_line(tmp_path: Path) -> None:
    """Exit 3, the file, the line and what Python said; the others are checked, and what failed before is told too."""
    rows = [f'  - {{path: "python:shop.{name}:Order", subject: {name}}}\n' for name in BROKEN]
    files = {f"shop/{name}.py": text for name, (text, _, _) in BROKEN.items() if text is not None}
    made = repository(tmp_path, files | {"shop/parts.py": PARTS}, "version: 1\nschemas:\n" + "".join(rows))
    found = {one["subject"]: one for one in made.check(code=3)["findings"] if one["rule"] == "SCHEMA_INVALID"}
    assert set(found) == BROKEN.keys() - {"loud"}
    for name, one in found.items():
        _, said, line = BROKEN[name]
        assert said in one["message"]
        assert (one["location"]["file"], one["location"]["line"]) == (f"shop/{name}.py", line)


def test_import_that_ends_the_process_is_told(tmp_path: Path) -> None:
    """Nothing is known of any type then, and nothing is passed over."""
    made = program(tmp_path, {"shop/models.py": "import os\n\nos._exit(3)\n"})
    assert "ended the process (3)" in made.check(code=3)["findings"][0]["message"]


def test_transitive_level_sees_the_program_of_every_commit(tmp_path: Path) -> None:
    """Each version is derived from its own commit, where the imported files changed."""
    made = program(tmp_path, PROGRAM)
    made.commit("wider", {"shop/parts.py": PARTS + "    zip: str = ''\n"})
    made.commit("readme", {"README": "x"})
    made.commit("back", {"shop/parts.py": PARTS})
    made.write({"shop/parts.py": PARTS + "    zip: int = 0\n"})
    answer = made.check("--level", "BACKWARD_TRANSITIVE", code=1)
    assert "TYPE_CHANGED" in rules(answer)
    assert [one["version"] for one in answer["subjects"][0]["versions"]] == [2, 1]


def test_folder_of_the_user_shadows_nothing(tmp_path: Path) -> None:
    """A `json.py` or a `compat` of theirs is not in the way of Python's and ours; to be asked for, it is refused."""
    theirs = {"json.py": "raise SystemExit", "msgspec/__init__.py": "raise SystemExit", "compat.py": "raise SystemExit"}
    made = program(tmp_path, PROGRAM | theirs)
    assert made.check()["summary"]["checked"] == 1
    config = CONFIG.format(name="Order", subject="x", kind="AVRO").replace("shop.models", "msgspec")
    made.write({"momus.yaml": config})
    told = {one["rule"]: one["message"] for one in made.check(code=3)["findings"]}
    assert "not from this tree: give the module another name" in told["SCHEMA_INVALID"]


def test_commit_is_not_read_from_an_installed_copy_of_the_work_tree(tmp_path: Path) -> None:
    """An editable install would show the new code for the old one, also of packages that are only imported."""
    models = DATACLASS.replace("shop.parts", "parts")
    made = program(tmp_path / "r", {"shop/models.py": models, "parts.py": PARTS})
    made.write({"parts.py": PARTS + "    city: str\n"})
    assert rules(made.check(code=1, PYTHONPATH=str(made.root))) == ["FIELD_WITHOUT_DEFAULT"]


def test_new_model_is_new_and_import_root_is_the_entrys(tmp_path: Path) -> None:
    """A module that the base does not have is no trouble; `root` says where packages begin."""
    made = repository(tmp_path, {"readme": ""}, CONFIG.format(name="Order", subject="{record}", kind="JSON"))
    made.write({"src/shop/models.py": DATACLASS.replace("shop.parts", "parts"), "src/parts.py": PARTS})
    made.write({"momus.yaml": (made.root / "momus.yaml").read_text().replace("type: JSON", "root: src")})
    answer = made.check()
    assert [(one["subject"], one["status"], one["file"]) for one in answer["subjects"]] == [
        ("Order", "new", "src/shop/models.py")
    ]
