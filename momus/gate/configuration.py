"""The configuration: `momus.yaml`, or `[tool.momus]` in pyproject.toml. Read once, checked whole, never changed.

What it does not know it refuses: a key that is misspelt would be a check that is not made.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal

from compat import FORMATS, POLICIES
from compat.level import Level
from momus.gate.faults import WrongConfiguration
from momus.gate.globs import fits
from momus.gate.near import near

FILES: Final = ("momus.yaml", "momus.yml")
SUFFIXES: Final = {".avsc": "AVRO", ".proto": "PROTOBUF", ".json": "JSON"}
SEVERAL: Final = (".avdl", ".avpr")  # files that declare several Avro types
YAML: Final = (".yaml", ".yml")  # JSON Schema, where an entry says so with its type
PYTHON: Final = "python:"  # before a module and a class in it
APPROVALS: Final = "momus-approvals.yaml"

Severity = Literal["error", "warning", "info"]
SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "info")
LINT_SETS: Final = ("recommended", "all", "none")
FORMATS_OF_REPORTS: Final = ("text", "json", "jsonl", "junit", "sarif", "github", "markdown", "gitlab", "html")


@dataclass(frozen=True, slots=True)
class Entry:
    """Files that are schemas, and what they are called.

    path     a glob, or a folder: then names within are relative to it, and `include` says which files; or
             `python:package.module:Model`, a type of a program
    subject  a template ("{stem}-value"), or pairs of glob and template, of which the first that fits counts; a glob may
             also fit the name of a type, where a file declares several
    """

    path: str
    subject: tuple[tuple[str, str], ...]
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    kind: str | None = None
    level: Level | None = None
    policy: str | None = None
    root: str | None = None


@dataclass(frozen=True, slots=True)
class Output:
    format: str
    file: str | None = None  # None: standard output


@dataclass(frozen=True, slots=True)
class Remap:
    """Another severity for a rule, in the subjects that fit."""

    rule: str
    subject: str
    severity: Severity


@dataclass(frozen=True, slots=True)
class Lint:
    """Which rules of lint are on: those of a set, and what is said of each. `forbidden` are names of types."""

    extends: str = "recommended"
    rules: Mapping[str, Severity | Literal["off"]] = field(default_factory=dict)
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consent:
    """Whose word counts besides the approvals: a line of a commit's message, or labels of the pull request."""

    commits: bool = False
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deprecation:
    """For how long a field must have been called deprecated before it may go; 0: that is not enough."""

    versions: int = 0
    days: int = 0


@dataclass(frozen=True, slots=True)
class Registry:
    """How a registry is reached, and what of it is ours. What is secret comes from the environment: `${NAME}` stands
    for a variable.

    managed          globs of the subjects that are all in these files: another one in the registry is `extra`
    prune            may what is extra be deleted?
    owner            written into the metadata of what is registered, and held against what is there
    prefix, context  what a subject of these files is called there
    """

    url: str = ""
    auth: Mapping[str, str] = field(default_factory=dict)
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    managed: tuple[str, ...] = ()
    prune: bool = False
    owner: str | None = None
    prefix: str = ""
    context: str = ""
    timeout: float = 15.0
    retries: int = 2
    proxy: str | None = None


Setting = str | bool | None  # None: it must not be set there


@dataclass(frozen=True, slots=True)
class Settings:
    """What is to be set in a registry, by the API's names; what is not named is left alone.

    `config` may have compatibilityLevel, compatibilityPolicy, compatibilityGroup, normalize, validateFields and alias.
    """

    config: Mapping[str, Setting] = field(default_factory=dict)
    mode: tuple[str | None] | None = None  # None: left alone

    def over(self, other: "Settings") -> "Settings":
        return Settings({**other.config, **self.config}, other.mode if self.mode is None else self.mode)


@dataclass(frozen=True, slots=True)
class Configuration:
    """`root` is the folder that all paths are relative to, `file` the name of what was read."""

    root: Path
    file: str
    schemas: tuple[Entry, ...]
    ignore: tuple[str, ...] = ()
    against: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    severity: tuple[Remap, ...] = ()
    unstable: tuple[str, ...] = ()
    is_stability_read: bool = False  # do schemas say themselves that they are not stable?
    consent: Consent = Consent()
    deprecation: Deprecation = Deprecation()
    lint: Lint = Lint()
    approvals: str = APPROVALS
    fail_on: str = "error"
    history: str = "all"
    snapshot: str = "momus.lock"
    registry: Registry = Registry()
    environments: Mapping[str, Registry] = field(default_factory=dict)
    subjects: Mapping[str, Settings] = field(default_factory=dict)  # by subject or glob
    everywhere: Settings = Settings()
    outputs: tuple[Output, ...] = ()
    is_exhaustive: bool = True  # a file that nothing is said of is a mistake
    external: Mapping[str, tuple[str, int | None]] = field(default_factory=dict)  # subjects of names that no file has

    def settings_of(self, subject: str) -> Settings:
        """What the keys that fit say together, the later ones over the earlier."""
        found = Settings()
        for pattern, settings in self.subjects.items():
            if subject == pattern or fits(subject, pattern):
                found = settings.over(found)
        return found

    def with_settings(self, entry: Entry, subject: str) -> Entry:
        """The entry with the level and the policy that the subject has by its name."""
        config = self.settings_of(subject).config
        level, policy = config.get("compatibilityLevel"), config.get("compatibilityPolicy")
        return replace(
            entry,
            level=Level[level] if isinstance(level, str) else entry.level,
            policy=policy if isinstance(policy, str) else entry.policy,
        )


def load(folder: Path, file: str | None = None) -> Configuration:
    """The configuration in this folder, or the one in `file`. Raises WrongConfiguration."""
    path = Path(file) if file else _found(folder)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongConfiguration(f"{path}: it cannot be read: {_reason(error)}") from None
    value = _toml(text, path) if path.suffix == ".toml" else yaml_value(text, str(path))
    return _Reader(path).configuration(value)


def output(text: str) -> Output:
    """FORMAT or FORMAT=FILE. Raises WrongConfiguration."""
    name, _, file = text.partition("=")
    if name not in FORMATS_OF_REPORTS:
        raise WrongConfiguration(f"there is no output '{name}'{near(name, FORMATS_OF_REPORTS)}")
    return Output(name, file or None)


def history(text: str) -> str:
    """`all`, `tags` or a number. Raises WrongConfiguration."""
    if text not in ("all", "tags") and not (text.isdecimal() and int(text) > 0):
        raise WrongConfiguration(f"history is '{text}': it must be all, tags, or a number of commits from 1 on")
    return text


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


_KEYS: Final = (
    "version", "schemas", "ignore", "references", "against", "severity", "unstable", "approvals", "fail_on", "history",
    "snapshot", "registry", "outputs", "subjects", "global", "lint", "consent", "deprecation",
)  # fmt: skip
_ENTRY_KEYS: Final = ("path", "subject", "include", "exclude", "type", "level", "policy", "root")
_SHARED_KEYS: Final = ("managed", "prune", "owner", "timeout", "retries", "proxy")  # an environment takes them over
_REACHED_KEYS: Final = ("url", "auth", "ca", "certificate", "key", "prefix", "context", *_SHARED_KEYS)
_REGISTRY_KEYS: Final = (*_REACHED_KEYS, "environments")
_SETTING_KEYS: Final = {
    "level": "compatibilityLevel", "policy": "compatibilityPolicy", "compatibilityGroup": "compatibilityGroup",
    "normalize": "normalize", "validateFields": "validateFields", "alias": "alias",
}  # fmt: skip
_GLOBAL_KEYS: Final = ("level", "policy", "compatibilityGroup", "normalize", "validateFields", "mode")
MODES: Final = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD")
_AUTH_KEYS: Final = {
    "basic": ("user", "password"),
    "bearer": ("token",),
    "oauth": ("url", "client_id", "client_secret", "scope"),
    "oidc": ("audience", "token"),
}
_MODEL: Final = re.compile(rf"{PYTHON}[^\W\d]\w*(?:\.[^\W\d]\w*)*:(?:\*|[^\W\d]\w*(?:\.[^\W\d]\w*)*)")
_EVENTS: Final = ("pull_request", "push", "default")


class _Reader:
    """From plain values to a Configuration; every complaint names the file and the key."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def configuration(self, value: Any) -> Configuration:
        top = self._mapping(value, "", _KEYS)
        if top.get("version") != 1 or top["version"] is True:
            raise self._wrong("version", "must be 1")
        references = self._mapping(top.get("references", {}), "references", ("mode", "external"))
        if references.get("mode", "infer") != "infer":
            raise self._wrong("references.mode", "must be infer: references are found in the schemas themselves")
        unstable = top.get("unstable", [])
        unstable = {"subjects": unstable} if isinstance(unstable, str | list) else unstable
        unstable = self._mapping(unstable, "unstable", ("subjects", "marked"))
        schemas = top.get("schemas")
        if not isinstance(schemas, list) or not schemas:
            raise self._wrong("schemas", "must be a list of what there is: [{path, subject, level}]")
        registry = self._mapping(top.get("registry", {}), "registry", _REGISTRY_KEYS)
        environments = self._mapping(registry.get("environments", {}), "registry.environments")
        shared = {key: registry[key] for key in _SHARED_KEYS if key in registry}
        return Configuration(
            root=self._path.parent.absolute(),
            file=self._path.name,
            schemas=tuple(self._entry(entry, f"schemas[{index}]") for index, entry in enumerate(schemas)),
            ignore=self._texts(top, "ignore"),
            against=self._against(top.get("against", {})),
            severity=self._remaps(top.get("severity", {})),
            unstable=self._texts(unstable, "subjects", "unstable"),
            is_stability_read=self._yes_or_no(unstable, "marked", "unstable"),
            consent=self._consent(top.get("consent", {})),
            deprecation=self._deprecation(top.get("deprecation", {})),
            lint=self._lint(top.get("lint", {})),
            approvals=self._text(top, "approvals") or APPROVALS,
            fail_on=self._one_of(top.get("fail_on", "error"), "fail_on", (*SEVERITIES, "never")),
            history=history(str(top.get("history", "all"))),
            snapshot=self._text(top, "snapshot") or "momus.lock",
            registry=self._registry(registry, "registry"),
            environments={
                name: self._registry(
                    shared | self._mapping(one, f"registry.environments.{name}", _REACHED_KEYS),
                    f"registry.environments.{name}",
                )
                for name, one in environments.items()
            },
            subjects={
                name: self._settings(one, f"subjects.{name}", (*_SETTING_KEYS, "mode"))
                for name, one in self._mapping(top.get("subjects", {}), "subjects").items()
            },
            everywhere=self._settings(top.get("global", {}), "global", _GLOBAL_KEYS),
            outputs=self._outputs(top.get("outputs", [])),
            external=self._external(references.get("external", {})),
        )

    def _entry(self, value: Any, where: str) -> Entry:
        entry = self._mapping(value, where, _ENTRY_KEYS)
        path = self._text(entry, "path", where)
        if not path:
            raise self._wrong(f"{where}.path", "must be a glob or a folder")
        if path.startswith("/") or ".." in path.split("/"):
            raise self._wrong(f"{where}.path", "must stay within the folder of this file")
        if path.startswith(PYTHON) and not _MODEL.fullmatch(path):
            raise self._wrong(f"{where}.path", "must name a class in a module, as python:shop.models:Order, or *")
        kind = entry.get("type")
        level = entry.get("level")
        policy = entry.get("policy")
        return Entry(
            path=path.removeprefix("./").rstrip("/"),
            subject=self._subject(entry.get("subject"), f"{where}.subject"),
            include=self._texts(entry, "include", where),
            exclude=self._texts(entry, "exclude", where),
            kind=None if kind is None else self._one_of(kind, f"{where}.type", tuple(FORMATS)),
            level=None if level is None else Level[self._one_of(level, f"{where}.level", Level.__members__)],
            policy=None if policy is None else self._one_of(policy, f"{where}.policy", tuple(POLICIES)),
            root=self._text(entry, "root", where),
        )

    def _subject(self, value: Any, where: str) -> tuple[tuple[str, str], ...]:
        if isinstance(value, str) and value:
            return (("**", value),)
        if isinstance(value, dict) and value and all(isinstance(part, str) for pair in value.items() for part in pair):
            return tuple(value.items())
        raise self._wrong(where, 'must be a template as "{stem}-value", or templates by glob')

    def _against(self, value: Any) -> dict[str, tuple[str, ...]]:
        if isinstance(value, str):
            return {"default": tuple(value.split(","))}
        events = self._mapping(value, "against", _EVENTS)
        return {event: tuple(str(base).split(",")) for event, base in events.items()}

    def _remaps(self, value: Any) -> tuple[Remap, ...]:
        found = []
        for rule, what in self._mapping(value, "severity").items():
            subjects = what if isinstance(what, dict) else {"**": what}
            for subject, severity in subjects.items():
                found.append(Remap(rule, subject, self._one_of(severity, f"severity.{rule}", SEVERITIES)))  # type: ignore[arg-type]
        return tuple(found)

    def _registry(self, value: Mapping[str, Any], where: str) -> Registry:
        auth = self._mapping(value.get("auth", {}), f"{where}.auth")
        if auth:
            kind = self._one_of(auth.get("type"), f"{where}.auth.type", tuple(_AUTH_KEYS))
            self._mapping(auth, f"{where}.auth", ("type", *_AUTH_KEYS[kind]))
        prune = value.get("prune", False)
        if not isinstance(prune, bool):
            raise self._wrong(f"{where}.prune", "must be true or false")
        prefix, context = (self._text(value, key, where) or "" for key in ("prefix", "context"))
        if ":" in prefix + context:
            raise self._wrong(where, "must have a prefix and a context without colons, as `context: staging`")
        return Registry(
            self._text(value, "url", where) or "",
            {key: str(one) for key, one in auth.items()},
            ca=self._text(value, "ca", where),
            certificate=self._text(value, "certificate", where),
            key=self._text(value, "key", where),
            managed=self._texts(value, "managed", where),
            prune=prune,
            owner=self._text(value, "owner", where) or None,
            prefix=prefix,
            context=f".{context.removeprefix('.')}" if context else "",
            timeout=self._number(value, "timeout", where, 15),
            retries=int(self._number(value, "retries", where, 2)),
            proxy=self._text(value, "proxy", where),
        )

    def _settings(self, value: Any, where: str, known: tuple[str, ...]) -> Settings:
        given = self._mapping(value, where, known)
        config = {_SETTING_KEYS[key]: self._setting(key, one, where) for key, one in given.items() if key != "mode"}
        mode = given.get("mode")
        if mode is not None:
            self._one_of(mode, f"{where}.mode", MODES)
        if "alias" in given and len(given) > 1:
            raise self._wrong(f"{where}.alias", "must stand alone: what else holds is that of the subject it names")
        if "alias" in given and any(character in where for character in "*?[{"):
            raise self._wrong(where, "must be one subject, and no pattern, to be an alias")
        return Settings(config, (mode,) if "mode" in given else None)

    def _setting(self, key: str, value: Any, where: str) -> Setting:
        if value is None:
            return None
        match key:
            case "level":
                return self._one_of(value, f"{where}.level", Level.__members__)
            case "policy":
                return self._one_of(value, f"{where}.policy", tuple(POLICIES))
            case "normalize" | "validateFields" if not isinstance(value, bool):
                raise self._wrong(f"{where}.{key}", "must be true, false, or null for not set")
            case "alias" | "compatibilityGroup" if not isinstance(value, str) or not value:
                raise self._wrong(f"{where}.{key}", "must be a text, or null for not set")
        return value  # type: ignore[no-any-return]  # one of the two

    def _number(self, value: Mapping[str, Any], key: str, where: str, default: float) -> float:
        found = value.get(key, default)
        if isinstance(found, bool) or not isinstance(found, int | float) or found < 0:
            raise self._wrong(f"{where}.{key}", "must be a number from 0 on")
        return found

    def _lint(self, value: Any) -> Lint:
        lint = self._mapping(value, "lint", ("extends", "rules", "forbidden"))
        rules = {
            rule: self._one_of("off" if severity is False else severity, f"lint.rules.{rule}", (*SEVERITIES, "off"))
            for rule, severity in self._mapping(lint.get("rules", {}), "lint.rules").items()
        }  # YAML reads a plain `off` as False
        extends = self._one_of(lint.get("extends", "recommended"), "lint.extends", LINT_SETS)
        return Lint(extends, rules, self._texts(lint, "forbidden", "lint"))  # type: ignore[arg-type]

    def _consent(self, value: Any) -> Consent:
        consent = self._mapping(value, "consent", ("commits", "labels"))
        return Consent(self._yes_or_no(consent, "commits", "consent"), self._texts(consent, "labels", "consent"))

    def _deprecation(self, value: Any) -> Deprecation:
        given = self._mapping(value, "deprecation", ("versions", "days"))
        for key, number in given.items():
            if number.__class__ is not int or number < 1:
                raise self._wrong(f"deprecation.{key}", "must be a number from 1 on")
        return Deprecation(**given)

    def _external(self, value: Any) -> dict[str, tuple[str, int | None]]:
        found: dict[str, tuple[str, int | None]] = {}
        for name, what in self._mapping(value, "references.external").items():
            where = f"references.external.{name}"
            given = {"subject": what} if isinstance(what, str) else self._mapping(what, where, ("subject", "version"))
            subject, version = self._text(given, "subject", where), given.get("version")
            if not subject or not (version is None or (version.__class__ is int and version > 0)):
                raise self._wrong(where, "must be a subject, or {subject, version}, with a version from 1 on")
            found[name] = subject, version
        return found

    def _outputs(self, value: Any) -> tuple[Output, ...]:
        if not isinstance(value, list):
            raise self._wrong("outputs", "must be a list as [text, {sarif: build/momus.sarif}]")
        found: list[Output] = []
        for one in value:
            pairs = one if isinstance(one, dict) else {self._one_of(one, "outputs", FORMATS_OF_REPORTS): None}
            for name, file in pairs.items():
                self._one_of(name, "outputs", FORMATS_OF_REPORTS)
                found.append(Output(name, None if file in (None, "auto", "-") else str(file)))
        return tuple(found)

    # ---------------------------------------------------------------------------------------- small parts

    def _mapping(self, value: Any, where: str, known: "tuple[str, ...] | None" = None) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._wrong(where or "the whole", "must be a mapping")
        for key in value:
            if not isinstance(key, str):
                raise self._wrong(where or "the whole", f"has the key {key!r}, which is no text")
            if known is not None and key not in known:
                raise self._wrong(f"{where}.{key}".strip("."), f"is no key of the configuration{near(key, known)}")
        return value

    def _text(self, value: Mapping[str, Any], key: str, where: str = "") -> str | None:
        found = value.get(key)
        if found is not None and not isinstance(found, str):
            raise self._wrong(f"{where}.{key}".strip("."), "must be a text")
        return found

    def _texts(self, value: Mapping[str, Any], key: str, where: str = "") -> tuple[str, ...]:
        found = value.get(key, [])
        found = [found] if isinstance(found, str) else found
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise self._wrong(f"{where}.{key}".strip("."), "must be a list of texts")
        return tuple(found)

    def _yes_or_no(self, value: Mapping[str, Any], key: str, where: str) -> bool:
        found = value.get(key, False)
        if not isinstance(found, bool):
            raise self._wrong(f"{where}.{key}", "must be true or false")
        return found

    def _one_of(self, value: Any, where: str, known: Any) -> str:
        if value not in tuple(known):
            raise self._wrong(where, f"is {value!r}{near(str(value), known)}")
        return str(value)

    def _wrong(self, where: str, what: str) -> WrongConfiguration:
        return WrongConfiguration(f"{self._path.name}: {where} {what}")
