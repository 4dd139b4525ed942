"""Which files of a tree are schemas, and what their subjects are called.

Every file that looks like a schema is one or is ignored by name; none is silently left out.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import Formatter
from typing import Final

from momus.gate.configuration import PYTHON, SEVERAL, SUFFIXES, YAML, Configuration, Entry
from momus.gate.facts import Facts
from momus.gate.faults import WrongConfiguration
from momus.gate.globs import fits, fixed_part, has_wildcard
from momus.gate.trees import Tree

SHOWN: Final = 10  # files in a message
TEMPLATES: Final = {"record": "{record}", "topic-record": "{dir}-{record}", "property": "{property}"}
KINDS: Final = SUFFIXES | dict.fromkeys(SEVERAL, "AVRO")
_CONTRACT: Final = ".contract.yaml"  # what is said about a schema beside it is none


@dataclass(frozen=True, slots=True)
class Place:
    """A file that is a schema, or has some. `name` is its path below the entry's root: Protobuf imports it so."""

    path: str
    name: str
    entry: Entry
    kind: str


def mapped(configuration: Configuration, tree: Tree, *, strict: bool) -> dict[str, Place]:
    """By path, in order. The first entry that fits counts. Raises WrongConfiguration, if `strict`."""
    found = {place.path: place for place in _places(configuration, tree)}
    if strict and configuration.is_exhaustive:
        _refuse_unmapped(configuration, tree, found)
    if strict:
        _refuse_unread(configuration, found.values())
    return {path: place for path, place in found.items() if place.kind in SUFFIXES.values()}


def _places(configuration: Configuration, tree: Tree) -> Iterator[Place]:
    ours = (configuration.file, configuration.approvals)
    for path in sorted(tree.ids):
        if path in ours or any(fits(path, pattern) for pattern in configuration.ignore):
            continue
        for entry in configuration.schemas:
            name = _name_in(entry, path)
            if name is not None:
                suffix = PurePosixPath(path).suffix
                yield Place(path, name, entry, entry.kind or KINDS.get(suffix, suffix))
                break


def _name_in(entry: Entry, path: str) -> str | None:
    """The path below the entry's root, if it is one of its files."""
    if entry.path.startswith(PYTHON) or path.endswith(_CONTRACT):
        return None
    is_folder = not has_wildcard(entry.path) and PurePosixPath(entry.path).suffix not in (*KINDS, *YAML)
    root = entry.root if entry.root is not None else entry.path if is_folder else fixed_part(entry.path)
    root = "" if root == "." else root
    if root and not path.startswith(f"{root}/"):
        return None
    name = path[len(root) + 1 :] if root else path
    if any(fits(name, pattern) or fits(path, pattern) for pattern in entry.exclude):
        return None
    if is_folder:
        wanted = entry.include or tuple(f"**/*{suffix}" for suffix in _suffixes(entry))
        return name if any(fits(name, pattern) for pattern in wanted) else None
    return name if fits(path, entry.path) else None


def _suffixes(entry: Entry) -> tuple[str, ...]:
    return (*KINDS, *YAML) if entry.kind == "JSON" else tuple(KINDS)


def _refuse_unmapped(configuration: Configuration, tree: Tree, known: Iterable[str]) -> None:
    known = set(known)
    excluded = [(entry, pattern) for entry in configuration.schemas for pattern in entry.exclude]
    homes = {_home(entry) for entry in configuration.schemas}
    yaml_homes = {_home(entry) for entry in configuration.schemas if _has_yaml(entry)}
    left = [
        path
        for path in sorted(tree.ids)
        if path not in known
        and _looks_like_schema(path, homes, yaml_homes)
        and not any(fits(path, pattern) for pattern in configuration.ignore)
        and not any(fits(path, pattern) or fits(path, f"{_home(entry)}/{pattern}") for entry, pattern in excluded)
    ]
    if left:
        shown = ", ".join(left[:SHOWN]) + (f" and {len(left) - SHOWN} more" if len(left) > SHOWN else "")
        raise WrongConfiguration(
            f"{configuration.file}: no entry of `schemas` has {shown}: add one, or name them under `ignore`"
        )


def _home(entry: Entry) -> str:
    return fixed_part(entry.path) if has_wildcard(entry.path) else entry.path


def _has_yaml(entry: Entry) -> bool:
    return any(pattern.endswith((*YAML, "yaml}", "yml}")) for pattern in (entry.path, *entry.include))


def _looks_like_schema(path: str, homes: set[str], yaml_homes: set[str]) -> bool:
    """Any .avsc or .proto; a .json only where there are schemas, since JSON is much else too; YAML even more so."""
    if path.endswith((".json", *YAML)):
        where = homes if path.endswith(".json") else yaml_homes
        return not path.endswith(_CONTRACT) and any(home and path.startswith(f"{home}/") for home in where)
    return path.endswith((".avsc", ".proto", *SEVERAL))


def _refuse_unread(configuration: Configuration, places: Iterable[Place]) -> None:
    for place in places:
        suffix = PurePosixPath(place.path).suffix
        if place.kind not in SUFFIXES.values():
            why = "its name does not tell its format: give `type`, AVRO, JSON or PROTOBUF"
            raise WrongConfiguration(f"{configuration.file}: {place.path}: {why}")
        if (suffix in SEVERAL and place.kind != "AVRO") or (suffix in YAML and place.kind != "JSON"):
            raise WrongConfiguration(f"{configuration.file}: {place.path}: a {suffix} file is no {place.kind} schema")


# ------------------------------------------------------------------------------------------------ subjects


def template_of(place: Place) -> str | None:
    """What the entry says of a file as a whole."""
    return next((template for pattern, template in place.entry.subject if _fits(place, pattern)), None)


def template_of_type(place: Place, name: str) -> tuple[str | None, bool]:
    """What it says of a type in the file, and whether that is about this type, or about the file as a whole."""
    for pattern, template in place.entry.subject:
        if _fits(place, pattern):
            return template, template in ("record", "topic-record") or "{record}" in template
        if fits(name, pattern):
            return template, True
    return None, False


def _fits(place: Place, pattern: str) -> bool:
    return fits(place.name, pattern) or fits(place.path, pattern)


def _filled(template: str, values: dict[str, str]) -> Iterator[str]:
    """Names in braces and nothing else: what Python could do to a value between them is no business of a subject."""
    for text, name, format_, conversion in Formatter().parse(template):
        yield text
        if format_ or conversion:
            raise ValueError(template)
        if name is not None:
            yield values[name]


def subject_of(configuration: Configuration, place: Place, template: str | None, facts: Facts, *, strict: bool) -> str:
    """Raises WrongConfiguration; a path, where `strict` is not and there is nothing better."""
    path, entry = place.path, place.entry
    if template is None:
        raise WrongConfiguration(f"{configuration.file}: no pattern of the entry {entry.path} gives {path} a subject")
    pure = PurePosixPath(path)
    values = {
        "stem": pure.stem, "name": pure.name, "dir": pure.parent.name, "path": place.name,
        "record": facts.record, "property": facts.subject,
    }  # fmt: skip
    try:
        subject = "".join(_filled(TEMPLATES.get(template, template), values))
    except (KeyError, ValueError):
        known = ", ".join(f"{{{value}}}" for value in values)
        raise WrongConfiguration(
            f"{configuration.file}: the subject '{template}' is no template: {known} are known"
        ) from None
    is_nameless = (template in TEMPLATES or "{record}" in template) and not (
        facts.subject if template == "property" else facts.record
    )
    if is_nameless and (not facts.is_readable or not strict):  # what cannot be read must still be told about
        return path
    if is_nameless:
        raise WrongConfiguration(f"{configuration.file}: {path} has nothing that '{template}' could stand for")
    if not subject and strict:
        raise WrongConfiguration(f"{configuration.file}: {path} would have an empty subject")
    return subject
