"""The configuration's reader, and the table of all that may be written: each key with its kind, which reads it and is
the JSON Schema that editors have (`editors.py`).

What there is to say when it is read is in `configuration.py`, what kinds are made of in `kinds.py`.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from compat import FORMATS, POLICIES
from compat.level import Level
from momus.gate.configuration import (
    APPROVALS,
    FILES,
    FORMATS_OF_REPORTS,
    LINT_SETS,
    MODES,
    PYTHON,
    SEVERITIES,
    Configuration,
    Consent,
    Deprecation,
    Entry,
    Lint,
    Output,
    Registry,
    Remap,
    Settings,
    history,
)
from momus.gate.faults import WrongConfiguration
from momus.gate.kinds import (
    ANY,
    COUNT,
    NUMBER,
    SET_TEXT,
    SET_YES_OR_NO,
    TEXT,
    TEXTS,
    YES_OR_NO,
    Kind,
    Node,
    Place,
    each,
    either,
    mapping,
    maybe,
    members,
    one_of,
    only,
)


def load(folder: Path, file: str | None = None) -> Configuration:
    """The configuration in this folder, or the one in `file`. Raises WrongConfiguration."""
    path = Path(file) if file else _found(folder)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongConfiguration(f"{path}: it cannot be read: {_reason(error)}") from None
    value = _toml(text, path) if path.suffix == ".toml" else yaml_value(text, str(path))
    return configuration_of(value, path)


def yaml_value(text: str, name: str) -> Any:
    """The value of a YAML text. Raises WrongConfiguration."""
    import yaml

    try:
        _refuse_twice(yaml.compose(text, yaml.SafeLoader), name)
        return yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise WrongConfiguration(f"{where}: no YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise WrongConfiguration(f"{name}: no YAML: {error}") from None


def _refuse_twice(root: Any, name: str) -> None:
    """A key that a mapping has twice: YAML's reader would drop the first in silence, with all that it says."""
    waiting, met = [root], set()
    while waiting:
        node = waiting.pop()
        if id(node) in met or not isinstance(getattr(node, "value", None), list):  # an alias is the node itself
            continue
        met.add(id(node))
        pairs = [part for part in node.value if isinstance(part, tuple)]
        waiting += [inner for _, inner in pairs] or node.value
        keys: set[object] = set()
        for key, _ in pairs:
            spelled = (key.tag, key.value) if isinstance(key.value, str) else key
            if spelled in keys:
                where = f"{name}:{key.start_mark.line + 1}:{key.start_mark.column + 1}"
                raise WrongConfiguration(f"{where}: the key '{key.value}' is there twice")
            keys.add(spelled)


def _found(folder: Path) -> Path:
    for name in FILES:
        if (folder / name).is_file():
            return folder / name
    project = folder / "pyproject.toml"
    if project.is_file() and "[tool.momus" in project.read_text(encoding="utf-8", errors="replace"):
        return project
    above = next((parent / name for parent in folder.parents for name in FILES if (parent / name).is_file()), None)
    mend = f"there is {above}: go there, or name it with --config" if above else "`momus init` writes one"
    raise WrongConfiguration(f"{folder} has no momus.yaml and no [tool.momus] in a pyproject.toml: {mend}")


def _toml(text: str, path: Path) -> Any:
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise WrongConfiguration(f"{path}: no TOML: {error}") from None
    return value.get("tool", {}).get("momus", {}) if path.name == "pyproject.toml" else value


def _reason(error: Exception) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


# ------------------------------------------------------------------------------------------------ entries


def _path(value: Any, place: Place) -> str:
    path: str | None = TEXT.read(value, place)
    if not path:
        raise place.wrong("must be a glob or a folder")
    if path.startswith("/") or ".." in path.split("/"):
        raise place.wrong("must stay within the folder of this file")
    if path.startswith(PYTHON) and not _MODEL.fullmatch(path):
        raise place.wrong("must name a class in a module, as python:shop.models:Order, or *")
    return path.removeprefix("./").rstrip("/")


def _subject(value: Any, place: Place) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str) and value:
        return (("**", value),)
    if isinstance(value, dict) and value and all(isinstance(part, str) for pair in value.items() for part in pair):
        return tuple(value.items())
    raise place.wrong('must be a template as "{stem}-value", or templates by glob')


def _entry(given: dict[str, Any], _: Place) -> Entry:
    return Entry(**{"kind" if key == "type" else key: value for key, value in given.items()})


def _entries(value: Any, place: Place) -> tuple[Entry, ...]:
    if not isinstance(value, list) or not value:
        raise place.wrong("must be a list of what there is: [{path, subject, level}]")
    return tuple(_ENTRY.read(one, place.item(index)) for index, one in enumerate(value))


def _level(name: str | None, _: Place) -> Level | None:
    return None if name is None else Level[name]


_MODEL: Final = re.compile(rf"{PYTHON}[^\W\d]\w*(?:\.[^\W\d]\w*)*:(?:\*|[^\W\d]\w*(?:\.[^\W\d]\w*)*)")
_TEMPLATES: Final[Node] = {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}
_LEVEL: Final = maybe(one_of(Level.__members__))
_POLICY: Final = maybe(one_of(POLICIES))
_ENTRY: Final = mapping(
    {
        "path": Kind(_path, {"type": "string", "pattern": r"^(?!/)(?!(.*/)?\.\.(/|$)).+"}),
        "subject": Kind(_subject, either({"type": "string", "minLength": 1}, _TEMPLATES)),
        "include": TEXTS,
        "exclude": TEXTS,
        "type": maybe(one_of(FORMATS)),
        "level": _LEVEL.then(_level),
        "policy": _POLICY,
        "root": TEXT,
    },
    required=("path", "subject"),
).then(_entry)


# ------------------------------------------------------------------------------------------------ registries


def _auth(value: Any, place: Place) -> dict[str, str]:
    given = members(value, place)
    if given:
        kind = one_of(_LOGINS).read(given.get("type"), place.at("type"))
        given = _LOGINS[kind].read(given, place)
    return {key: str(one) for key, one in given.items()}


def _login(kind: str, *keys: str) -> Kind:
    return mapping({"type": Kind(ANY.read, {"const": kind})} | dict.fromkeys(keys, ANY), required=("type",))


def _without_colons(given: dict[str, Any], place: Place) -> dict[str, Any]:
    if any(":" in (given.get(key) or "") for key in ("prefix", "context")):
        raise place.wrong("must have a prefix and a context without colons, as `context: staging`")
    return given


def _registry(given: Mapping[str, Any]) -> Registry:
    said = {key: value for key, value in given.items() if value is not None and key != "environments"}
    context = said.get("context", "")
    return Registry(
        **{**said, "owner": said.get("owner") or None, "context": f".{context.removeprefix('.')}" if context else ""}
    )


_LOGINS: Final = {
    "basic": _login("basic", "user", "password"),
    "bearer": _login("bearer", "token"),
    "oauth": _login("oauth", "url", "client_id", "client_secret", "scope"),
    "oidc": _login("oidc", "audience", "token"),
}
_PLAIN: Final = Kind(TEXT.read, TEXT.node | {"pattern": "^[^:]*$"})
_SHARED: Final = {  # an environment takes them over
    "managed": TEXTS,
    "prune": YES_OR_NO,
    "owner": TEXT,
    "timeout": NUMBER,
    "retries": NUMBER.then(lambda value, _: int(value)),
    "proxy": TEXT,
}
_REACHED: Final = {
    "url": TEXT,
    "auth": Kind(_auth, either({"type": "object", "maxProperties": 0}, *(one.node for one in _LOGINS.values()))),
    "ca": TEXT,
    "certificate": TEXT,
    "key": TEXT,
    "prefix": _PLAIN,
    "context": _PLAIN,
    **_SHARED,
}
_ENVIRONMENTS: Final = each(mapping(_REACHED).then(_without_colons))


# ------------------------------------------------------------------------------------------------ subjects


def _settings(given: dict[str, Any], place: Place) -> Settings:
    if "alias" in given and len(given) > 1:
        raise place.at("alias").wrong("must stand alone: what else holds is that of the subject it names")
    if "alias" in given and any(character in place.key for character in "*?[{"):
        raise place.wrong("must be one subject, and no pattern, to be an alias")
    config = {_NAMES.get(key, key): value for key, value in given.items() if key != "mode"}
    return Settings(config, (given["mode"],) if "mode" in given else None)


def _settings_of(keys: Iterable[str]) -> Kind:
    alone = {"if": {"required": ["alias"]}, "then": {"maxProperties": 1}}
    return mapping({key: _SETTINGS[key] for key in keys}).then(_settings, **alone)


_NAMES: Final = {"level": "compatibilityLevel", "policy": "compatibilityPolicy"}  # the API's
_SETTINGS: Final = {
    "level": _LEVEL,
    "policy": _POLICY,
    "compatibilityGroup": SET_TEXT,
    "normalize": SET_YES_OR_NO,
    "validateFields": SET_YES_OR_NO,
    "alias": SET_TEXT,
    "mode": maybe(one_of(MODES)),
}


# ------------------------------------------------------------------------------------------------ the rest


def _external(value: Any, place: Place) -> tuple[str, int | None]:
    given = {"subject": value} if isinstance(value, str) else members(value, place)
    given = mapping({"subject": TEXT, "version": ANY}).read(given, place)
    subject, version = given.get("subject"), given.get("version")
    if not subject or not (version is None or (version.__class__ is int and version > 0)):
        raise place.wrong("must be a subject, or {subject, version}, with a version from 1 on")
    return subject, version


def _bases(value: Any, place: Place) -> dict[str, tuple[str, ...]]:
    if isinstance(value, str):
        return {"default": tuple(value.split(","))}
    return {event: tuple(str(base).split(",")) for event, base in _EVENTS.read(value, place).items()}


def _remaps(value: Any, place: Place) -> tuple[Remap, ...]:
    found = []
    for rule, what in members(value, place).items():
        subjects = what if isinstance(what, dict) else {"**": what}
        for subject, severity in subjects.items():
            found.append(Remap(rule, subject, _SEVERITY.read(severity, place.at(rule))))
    return tuple(found)


def _unstable(value: Any, place: Place) -> dict[str, Any]:
    given: dict[str, Any] = _UNSTABLE.read({"subjects": value} if isinstance(value, str | list) else value, place)
    return given


def _outputs(value: Any, place: Place) -> tuple[Output, ...]:
    if not isinstance(value, list):
        raise place.wrong("must be a list as [text, {sarif: build/momus.sarif}]")
    found: list[Output] = []
    for one in value:
        pairs = one if isinstance(one, dict) else {_OUTPUT.read(one, place): None}
        for name, file in pairs.items():
            found.append(Output(_OUTPUT.read(name, place), None if file in (None, "auto", "-") else str(file)))
    return tuple(found)


_EXTERNAL: Final = mapping(
    {
        "subject": Kind(TEXT.read, {"type": "string", "minLength": 1}),
        "version": Kind(ANY.read, {"type": ["integer", "null"], "minimum": 1}),
    },
    required=("subject",),
)
_EVENTS: Final = mapping(dict.fromkeys(("pull_request", "push", "default"), ANY))
_SEVERITY: Final = one_of(SEVERITIES)
_UNSTABLE: Final = mapping({"subjects": TEXTS, "marked": YES_OR_NO})
_OUTPUT: Final = one_of(FORMATS_OF_REPORTS)
_STYLE: Final = one_of((*SEVERITIES, "off"))
_RULES: Final = each(
    Kind(  # YAML reads a plain `off` as False
        lambda value, place: _STYLE.read("off" if value is False else value, place),
        {"enum": [*_STYLE.node["enum"], False]},
    )
)
_COMMITS: Final[Node] = {"type": "string", "pattern": "^(all|tags|0*[1-9][0-9]*)$"}

KEYS: Final[Mapping[str, Kind]] = {
    "version": only(1, "must be 1"),
    "schemas": Kind(_entries, {"type": "array", "minItems": 1, "items": _ENTRY.node}).about(
        "Which files are schemas, and the subjects they belong to. The first entry that fits a file counts."
    ),
    "ignore": TEXTS.about("Files that look like schemas and are none."),
    "references": mapping(
        {
            "mode": only("infer", "must be infer: references are found in the schemas themselves"),
            "external": each(Kind(_external, either({"type": "string", "minLength": 1}, _EXTERNAL.node))),
        }
    ).about("References are found in the schemas; `external` are those that only a registry has."),
    "against": Kind(_bases, either({"type": "string"}, _EVENTS.node)).about(
        "What to compare with, by event: git:REF, folder:PATH, snapshot, registry; several with commas between."
    ),
    "severity": Kind(_remaps, each(Kind(ANY.read, either(_SEVERITY.node, each(_SEVERITY).node))).node).about(
        "What a rule is worth; for some subjects only, by pattern."
    ),
    "unstable": Kind(_unstable, either(TEXTS.node, _UNSTABLE.node)).about(
        "Subjects or files of which breaks are warnings."
    ),
    "approvals": TEXT.about("The file with the breaks that are meant."),
    "fail_on": one_of((*SEVERITIES, "never")).about("From which severity on the gate ends with 1."),
    "history": Kind(lambda value, _: history(str(value)), either(_COMMITS, COUNT.node)).about(
        "How much of git's history transitive levels see."
    ),
    "snapshot": TEXT.about("The file that `momus snapshot` writes."),
    "registry": mapping({**_REACHED, "environments": _ENVIRONMENTS})
    .then(_without_colons)
    .about("How a registry is reached. `${NAME}` stands for a variable."),
    "outputs": Kind(
        _outputs,
        {
            "type": "array",
            "items": either(_OUTPUT.node, mapping(dict.fromkeys(FORMATS_OF_REPORTS, ANY)).node),
        },
    ).about("What is written when no flag says it: formats, or formats with files."),
    "subjects": each(_settings_of(_SETTINGS)).about(
        "Settings of subjects, by name or pattern, for `momus plan` and `apply`."
    ),
    "global": _settings_of(key for key in _SETTINGS if key != "alias").about("Settings of the registry as a whole."),
    "lint": mapping({"extends": one_of(LINT_SETS), "rules": _RULES, "forbidden": TEXTS})
    .then(lambda given, _: Lint(**given))
    .about("Which rules of style count."),
    "consent": mapping({"commits": YES_OR_NO, "labels": TEXTS})
    .then(lambda given, _: Consent(**given))
    .about("Other ways to say that a break is meant."),
    "deprecation": mapping({"versions": COUNT, "days": COUNT})
    .then(lambda given, _: Deprecation(**given))
    .about("How long a field must have been deprecated before it may go."),
}
WHOLE: Final = mapping(KEYS, required=("version", "schemas"))


def configuration_of(value: Any, path: Path) -> Configuration:
    """From plain values. Raises WrongConfiguration, which names the file and the key."""
    given = WHOLE.read(value, Place(path.name))
    registry, unstable = given.get("registry", {}), given.get("unstable", {})
    shared = {key: registry[key] for key in _SHARED if key in registry}
    alike = ("schemas", "ignore", "against", "severity", "consent", "deprecation", "lint", "fail_on", "history",
             "subjects", "outputs")  # fmt: skip
    return Configuration(
        root=path.parent.absolute(),
        file=path.name,
        **{key: given[key] for key in alike if key in given},
        unstable=unstable.get("subjects", ()),
        is_stability_read=unstable.get("marked", False),
        approvals=given.get("approvals") or APPROVALS,
        snapshot=given.get("snapshot") or "momus.lock",
        registry=_registry(registry),
        environments={name: _registry(shared | one) for name, one in registry.get("environments", {}).items()},
        everywhere=given.get("global", Settings()),
        external=given.get("references", {}).get("external", {}),
    )
