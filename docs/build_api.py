"""Writes the reference of what users import, docs/reference/*.md, from signatures and docstrings.

    make docs

A test holds the pages to what this would write. What is said about a name is said where it is defined.
"""

import importlib
import inspect
import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Unpack, get_args, get_origin, get_type_hints

import msgspec

from momus.client.operations import operation
from momus.confluent.schema_registry_client import call

FOLDER = Path(__file__).parent / "reference"
MODULES = ("momus.client", "momus.serde", "momus.confluent", "momus.testing")
MADE = "<!-- Made by docs/build_api.py: change the docstrings, and run `make docs`. -->"
WIDTH = 110
TOLD = (operation, call, property)
SHOWN_ALWAYS = ("__call__",)
INNER = {"prepared", "fetched", "ready", "schema", "codec", "refuse_rules", "writes", "framed", "call", "after_fork"}
INNER |= {"header", "is_renewed", "context"}  # of logins: the client asks them


def pages() -> dict[Path, str]:
    return {FOLDER / f"{module}.md": page(module) for module in MODULES}


def page(module: str) -> str:
    found = importlib.import_module(module)
    names = sorted(names_of(found), key=lambda name: (rank(getattr(found, name)), name.lower()))
    parts = [f"# {module}", doc_of(found), " · ".join(f"[{name}](#{name.lower()})" for name in names)]
    seen: dict[Any, str] = {}
    for name in names:
        parts += entry(name, getattr(found, name), seen)
    return "\n\n".join((MADE, *filter(None, parts))) + "\n"


def names_of(module: Any) -> list[str]:
    """What is in `__all__`, or else what the module defines for others."""
    own = (name for name, found in vars(module).items() if getattr(found, "__module__", "") == module.__name__)
    return getattr(module, "__all__", None) or [name for name in own if not name.startswith("_")]


def rank(found: Any) -> int:
    """Clients and serializers first, then functions, errors, values, and what is neither."""
    if not isinstance(found, type):
        return 1 if inspect.isfunction(found) else 4
    if issubclass(found, Exception):
        return 2
    return 3 if issubclass(found, msgspec.Struct | Enum) or is_dataclass(found) else 0


def entry(name: str, found: Any, seen: dict[Any, str]) -> Iterator[str]:
    """A heading, the signature, and what is said; of a class also its methods, unless they were told of another."""
    yield f"## {name}"
    if not callable(found) or not hasattr(found, "__module__"):
        yield f"`{shown(found)}`"
        return
    if isinstance(found, type) and issubclass(found, Enum):
        yield code(f"class {name}\n" + "\n".join(f"    {member.name} = {member.value!r}" for member in found))
        yield doc_of(found)
        return
    if not isinstance(found, type):
        yield code(f"{'async ' if inspect.iscoroutinefunction(found) else ''}def {name}{signature(found)}")
        yield doc_of(found)
        return
    yield code(f"class {name}{signature(found)}")
    yield from (text for text in (doc_of(found), doc_of(vars_of(found).get("__init__"))) if text)
    same = {seen[function] for _, function in methods(found) if function in seen}
    if same:
        yield f"Methods as of {' and '.join(f'`{other}`' for other in sorted(same))}."
    for method, function in methods(found):
        if seen.setdefault(function, name) != name:
            continue
        yield f"### {name}.{method}"
        prefix = "await " if is_awaited(found, function) else ""
        is_property = isinstance(function, property)
        given = signature(function.fget if is_property else function, without_self=True)
        yield code(f"{prefix}{method}{given.replace('() ->', ':') if is_property else given}")
        yield doc_of(function)


def vars_of(class_: type) -> dict[str, Any]:
    """What a class and those it is made of define, of ours only."""
    merged: dict[str, Any] = {}
    for base in reversed(class_.__mro__):
        if base.__module__.startswith("momus"):
            merged |= vars(base)
    return merged


def methods(class_: type) -> Iterator[tuple[str, Any]]:
    for name, found in vars_of(class_).items():
        function = found.__func__ if isinstance(found, staticmethod | classmethod) else found
        is_public = (not name.startswith("_") or name in SHOWN_ALWAYS) and name not in INNER
        if is_public and (inspect.isfunction(function) or isinstance(function, TOLD)) and doc_of(function):
            yield name, function


def is_awaited(class_: type, function: Any) -> bool:
    if isinstance(function, operation | call):
        return "Async" in class_.__name__
    return inspect.iscoroutinefunction(function)


def signature(found: Any, *, without_self: bool = False) -> str:
    """Arguments, their types and defaults, and what is given back."""
    function = found.build if isinstance(found, operation) else getattr(found, "_function", found)
    try:
        told = inspect.signature(function)
    except (TypeError, ValueError):
        return ""
    parameters = list(told.parameters.values())
    if without_self and parameters and parameters[0].name == "self":
        parameters = parameters[1:]
    given = told.return_annotation
    text = str(told.replace(parameters=parameters, return_annotation=inspect.Signature.empty))
    answer = "" if given in (inspect.Signature.empty, None) or isinstance(found, type) else f" -> {shown_type(given)}"
    line = tidy(text) + answer
    if len(line) <= WIDTH - 20:
        return line
    inner = "".join(f"    {tidy(str(one))},\n" for one in starred(parameters))
    return f"(\n{inner}){answer}"


def starred(parameters: list[inspect.Parameter]) -> Iterator[Any]:
    """With the star that stands before what is given by name, and names for what is unpacked."""
    is_marked = any(one.kind is inspect.Parameter.VAR_POSITIONAL for one in parameters)
    for one in parameters:
        if one.kind is inspect.Parameter.KEYWORD_ONLY and not is_marked:
            is_marked = True
            yield "*"
        if get_origin(one.annotation) is Unpack:
            (options,) = get_args(one.annotation)
            yield from (f"{name}: {shown_type(kind)} = ..." for name, kind in get_type_hints(options).items())
        else:
            yield one


def shown_type(given: Any) -> str:
    text = tidy(given if isinstance(given, str) else inspect.formatannotation(given))
    asked = re.fullmatch(r"Ask\[(.*)\]", text)  # what an operation builds; what a client gives back is the answer
    return asked[1] if asked else text


def tidy(text: str) -> str:
    """Names without their modules, and what has no short form as dots."""
    text = re.sub(r"<class '([^']+)'>", r"\1", text)
    text = re.sub(r"\b(?:[a-z_]\w*\.)+([A-Z]\w*)", r"\1", text)
    text = re.sub(r"<[^<>]*>", "...", text)
    return re.sub(r"\bself, |\bself\b(?=\))", "", text)


def shown(value: Any) -> str:
    return tidy(str(value) if not isinstance(value, str) else repr(value))


def code(text: str) -> str:
    return f"```python\n{text}\n```"


def doc_of(found: Any) -> str:
    """What is said of it, by itself: an inherited sentence is about something else."""
    text = getattr(found, "__doc__", None) or ""
    if isinstance(found, type):
        text = vars(found).get("__doc__") or ""
        if text.startswith(f"{found.__name__}("):
            return ""
    return fenced(inspect.cleandoc(text))


def fenced(text: str) -> str:
    """Indented lines after a blank one are code, or lists of arguments."""
    lines: list[str] = []
    is_list = False
    for line in text.splitlines():
        argument = re.match(r"([a-z_, ]+): (.*)", line)
        is_list = line != "" and (is_list or (argument is not None and (not lines or lines[-1] == "")))
        if is_list and argument:
            lines.append(f"* `{argument[1]}`: {argument[2]}")
        else:
            lines.append(f"  {line.strip()}" if is_list else line)
    return "\n".join(lines)


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
