"""A process of its own that imports a program's modules and derives the schemas of their types: see `models`.

It runs the code of the tree that it is given, whatever that does. The tree comes last on the import path, so that it
shadows nothing of ours; what the tree has is still never taken from another copy of it, as an editable install would.
"""

import ast
import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, get_args, get_type_hints

Json = Any


def main() -> None:
    """The request is JSON on standard input, the answer JSON on standard output; what the code prints goes astray."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    asked = json.loads(sys.stdin.read())
    _load_ours()
    root = Path(asked["root"])
    sys.path.append(str(root))
    sys.meta_path.insert(0, _Here(root, Path(asked["work"]), {module.split(".")[0] for _, module, _ in asked["types"]}))
    done = [_answer(root, *each) for each in asked["types"]]
    answer.write(json.dumps({"answers": done, "files": sorted(_loaded(root))}))
    answer.close()
    os._exit(0)  # whatever threads of theirs still run


def _load_ours() -> None:
    """Before theirs, and without all that `momus.serde` has besides: a second, for what no schema needs."""
    package = ModuleType("momus.serde")
    package.__path__ = [str(Path(__file__).parent.parent / "serde")]
    sys.modules[package.__name__] = package
    try:
        import_module("momus.serde.derive")
    finally:
        del sys.modules[package.__name__]  # who imports it gets it whole


class _Here:
    """Finds in this tree what was asked for, and what would be found in the work tree, were it not for this one."""

    def __init__(self, root: Path, work: Path, asked: set[str]) -> None:
        self._root = root
        self._work = work
        self._asked = asked

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if path is not None or fullname in sys.stdlib_module_names:
            return None
        here = PathFinder.find_spec(fullname, [str(self._root)])
        if here is None or fullname in self._asked:
            return here
        others = (finder.find_spec(fullname, None, target) for finder in sys.meta_path if finder is not self)
        other = next((spec for spec in others if spec is not None), None)
        return here if other is not None and any(_is_in(place, self._work) for place in _places_of(other)) else None


def _places_of(spec: ModuleSpec) -> list[str]:
    return [spec.origin or "", *(spec.submodule_search_locations or ())]


def _is_in(path: str, folder: Path) -> bool:
    return bool(path) and not path.startswith("<") and Path(path).resolve().is_relative_to(folder.resolve())


def _loaded(root: Path) -> Iterator[str]:
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and _is_in(file, root):
            yield Path(file).resolve().relative_to(root.resolve()).as_posix()


# ------------------------------------------------------------------------------------------------ one request


def _answer(root: Path, kind: str, module: str, name: str) -> Json:
    try:
        found = import_module(module)
        if not _is_in(getattr(found, "__file__", None) or "", root):
            where = getattr(found, "__file__", None) or "Python itself"
            return {"fault": f"{module} is taken from {where}, not from this tree: give the module another name"}
        classes = _models(found) if name == "*" else [_class(found, name)]
        return {"types": [_derived(root, kind, one) for one in classes]}
    except BaseException as error:  # noqa: BLE001  (whatever their code does, the others are still asked for)
        return _fault(root, module, error)


def _class(module: ModuleType, name: str) -> type:
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            close = get_close_matches(part, [one for one in dir(found) if not one.startswith("_")], 1)
            hint = f": did you mean '{close[0]}'?" if close else ""
            raise _NoClass(f"{module.__name__} has no '{name}'{hint}")
        found = getattr(found, part)
    if not isinstance(found, type):
        raise _NoClass(f"'{name}' in {module.__name__} is no class")
    return found


class _NoClass(Exception):
    pass


def _models(module: ModuleType) -> list[type]:
    mine = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    kinds: Any = sys.modules["momus.serde.kinds"]
    models = [one for one in dict.fromkeys(mine) if kinds.is_record(one)]
    if not models:
        raise _NoClass(f"{module.__name__} has no class that a schema can be derived of")
    return models


def _derived(root: Path, kind: str, class_: type) -> Json:
    derive: Any = sys.modules["momus.serde.derive"]
    places: dict[str, Json] = {}
    for one in _reachable(class_):
        place = _place(root, one)
        if place is not None:
            places.setdefault(one.__name__, place)
    derived = {"name": class_.__qualname__, "places": places}
    try:
        return derived | {"text": (derive.avro_schema if kind == "AVRO" else derive.json_schema)(class_)}
    except (derive.SerdeError, TypeError, NameError, ValueError) as error:
        return derived | {"fault": str(error)}


def _reachable(class_: type) -> Iterator[type]:
    """The classes that its annotations speak of, itself first."""
    met: set[Any] = set()
    waiting: list[Any] = [class_]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting += one
            continue
        waiting += get_args(one)
        if not isinstance(one, type) or one in met:
            continue
        met.add(one)
        yield one
        try:
            waiting += get_type_hints(one).values()
        except Exception:  # noqa: BLE001, S112  (what cannot be resolved is told by whoever derives the schema)
            continue


# ------------------------------------------------------------------------------------------------ places


def _place(root: Path, class_: type) -> Json:
    """Where it and its fields are written, those that it inherits too; None outside of the tree."""
    found: Json = None
    for one in reversed(class_.__mro__):
        file = getattr(sys.modules.get(one.__module__), "__file__", None)
        if not isinstance(file, str) or not _is_in(file, root):
            continue
        node = _node(Path(file), one.__qualname__)
        if node is None:
            continue
        name = Path(file).resolve().relative_to(root.resolve()).as_posix()
        fields = found["fields"] if found else {}
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                fields[line.target.id] = _span(name, line)
        found = {"at": _span(name, node), "fields": fields}
    return found


def _span(file: str, node: ast.stmt) -> Json:
    return [file, node.lineno, node.col_offset + 1, node.end_lineno or node.lineno]


def _node(file: Path, qualname: str) -> ast.ClassDef | None:
    body: list[ast.stmt] = ast.parse(file.read_bytes()).body
    found = None
    for part in qualname.split("."):
        found = next((one for one in body if isinstance(one, ast.ClassDef) and one.name == part), None)
        if found is None:
            return None
        body = found.body
    return found


def _fault(root: Path, module: str, error: BaseException) -> Json:
    """The last line of theirs on the way to it."""
    file, line = "", 0
    if isinstance(error, SyntaxError) and error.filename and _is_in(error.filename, root):
        file, line = error.filename, error.lineno or 0
    else:
        for frame in traceback.extract_tb(error.__traceback__):
            if _is_in(frame.filename, root):
                file, line = frame.filename, frame.lineno or 0
    name = Path(file).resolve().relative_to(root.resolve()).as_posix() if file else ""
    is_absent = isinstance(error, _NoClass) or (
        isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}.")
    )
    said = str(error) if isinstance(error, _NoClass) else f"{type(error).__name__}: {error}"
    return {"fault": said, "file": name, "line": line, "is_absent": is_absent}


if __name__ == "__main__":
    main()
