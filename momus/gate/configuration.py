"""The configuration: `momus.yaml`, or `[tool.momus]` in pyproject.toml. Read once, checked whole, never changed.

Here is what it says; how it is read is in `reading.py`. What that does not know it refuses: a key that is misspelt
would be a check that is not made.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

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
MODES: Final = ("READWRITE", "READONLY", "READONLY_OVERRIDE", "IMPORT", "FORWARD")
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
