"""The JSON Schema of momus.yaml, made from the tables that the configuration is read by: so that editors help.

It says what may be written. What files must then be there, and which rules there are, only a run can tell.
"""

from collections.abc import Iterable
from typing import Any, Final

from compat import FORMATS, POLICIES
from compat.level import Level
from momus.gate import configuration as known

Node = dict[str, Any]

_TEXT: Final[Node] = {"type": ["string", "null"]}
_TEXTS: Final[Node] = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}
_YES_OR_NO: Final[Node] = {"type": "boolean"}
_NUMBER: Final[Node] = {"type": "number", "minimum": 0}
_COUNT: Final[Node] = {"type": "integer", "minimum": 1}

_ABOUT: Final = {
    "schemas": "Which files are schemas, and the subjects they belong to. The first entry that fits a file counts.",
    "ignore": "Files that look like schemas and are none.",
    "references": "References are found in the schemas; `external` are those that only a registry has.",
    "against": "What to compare with, by event: git:REF, folder:PATH, snapshot, registry; several with commas between.",
    "severity": "What a rule is worth; for some subjects only, by pattern.",
    "unstable": "Subjects or files of which breaks are warnings.",
    "approvals": "The file with the breaks that are meant.",
    "fail_on": "From which severity on the gate ends with 1.",
    "history": "How much of git's history transitive levels see.",
    "snapshot": "The file that `momus snapshot` writes.",
    "registry": "How a registry is reached. `${NAME}` stands for a variable.",
    "outputs": "What is written when no flag says it: formats, or formats with files.",
    "subjects": "Settings of subjects, by name or pattern, for `momus plan` and `apply`.",
    "global": "Settings of the registry as a whole.",
    "lint": "Which rules of style count.",
    "consent": "Other ways to say that a break is meant.",
    "deprecation": "How long a field must have been deprecated before it may go.",
}


def schema() -> Node:
    """In the dialect of 2020-12."""
    properties = {key: _top(key) for key in known._KEYS}  # noqa: SLF001  (the tables are there, and stay there)
    for key, sentence in _ABOUT.items():
        properties[key]["description"] = sentence
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of Momus, the gate of schemas: momus.yaml, or [tool.momus]",
    } | _mapping(properties, required=("version", "schemas"))


def _top(key: str) -> Node:
    match key:
        case "version":
            return {"enum": [1]}
        case "schemas":
            return {"type": "array", "minItems": 1, "items": _entry()}
        case "references":
            return _mapping({"mode": {"enum": ["infer"]}, "external": _each(_external())})
        case "against":
            return _either({"type": "string"}, _mapping({event: {} for event in known._EVENTS}))  # noqa: SLF001
        case "severity":
            return _each(_either(_one_of(known.SEVERITIES), _each(_one_of(known.SEVERITIES))))
        case "unstable":
            return _either(_TEXTS, _mapping({"subjects": _TEXTS, "marked": _YES_OR_NO}))
        case "fail_on":
            return _one_of((*known.SEVERITIES, "never"))
        case "history":
            return _either(
                {"type": "string", "pattern": "^(all|tags|0*[1-9][0-9]*)$"}, {"type": "integer", "minimum": 1}
            )
        case "registry":
            reached = _reached()
            return _mapping(reached | {"environments": _each(_mapping(reached))})
        case "outputs":
            return {"type": "array", "items": _either(_one_of(known.FORMATS_OF_REPORTS), _files())}
        case "subjects":
            return _each(_settings((*known._SETTING_KEYS, "mode")))  # noqa: SLF001
        case "global":
            return _settings(known._GLOBAL_KEYS)  # noqa: SLF001
        case "lint":
            rules = _each(_one_of((*known.SEVERITIES, "off", False)))
            return _mapping({"extends": _one_of(known.LINT_SETS), "rules": rules, "forbidden": _TEXTS})
        case "consent":
            return _mapping({"commits": _YES_OR_NO, "labels": _TEXTS})
        case "deprecation":
            return _mapping({"versions": _COUNT, "days": _COUNT})
        case "ignore":
            return dict(_TEXTS)
        case _:
            return dict(_TEXT)


def _entry() -> Node:
    subject = _either({"type": "string", "minLength": 1}, _each({"type": "string"}) | {"minProperties": 1})
    kinds: dict[str, Node] = {
        "path": {"type": "string", "pattern": r"^(?!/)(?!(.*/)?\.\.(/|$)).+"},
        "subject": subject,
        "include": _TEXTS,
        "exclude": _TEXTS,
        "type": _one_of((*FORMATS, None)),
        "level": _one_of((*Level.__members__, None)),
        "policy": _one_of((*POLICIES, None)),
        "root": _TEXT,
    }
    return _mapping({key: kinds[key] for key in known._ENTRY_KEYS}, required=("path", "subject"))  # noqa: SLF001


def _reached() -> dict[str, Node]:
    plain = {"type": ["string", "null"], "pattern": "^[^:]*$"}
    kinds: dict[str, Node] = {
        "auth": {"anyOf": [{"type": "object", "maxProperties": 0}, *_logins()]},
        "managed": _TEXTS,
        "prune": _YES_OR_NO,
        "timeout": _NUMBER,
        "retries": _NUMBER,
        "prefix": plain,
        "context": plain,
    }
    return {key: kinds.get(key, _TEXT) for key in known._REACHED_KEYS}  # noqa: SLF001


def _logins() -> Iterable[Node]:
    for kind, keys in known._AUTH_KEYS.items():  # noqa: SLF001
        yield _mapping({"type": {"const": kind}} | {key: {} for key in keys}, required=("type",))


def _settings(keys: Iterable[str]) -> Node:
    texts = {"type": ["string", "null"], "minLength": 1}
    kinds: dict[str, Node] = {
        "level": _one_of((*Level.__members__, None)),
        "policy": _one_of((*POLICIES, None)),
        "mode": _one_of((*known.MODES, None)),
        "normalize": {"type": ["boolean", "null"]},
        "validateFields": {"type": ["boolean", "null"]},
        "alias": texts,
        "compatibilityGroup": texts,
    }
    made = _mapping({key: kinds[key] for key in keys})
    return made | {"if": {"required": ["alias"]}, "then": {"maxProperties": 1}}


def _external() -> Node:
    subject = {"type": "string", "minLength": 1}
    version = {"type": ["integer", "null"], "minimum": 1}
    return _either(subject, _mapping({"subject": subject, "version": version}, required=("subject",)))


def _files() -> Node:
    return _mapping({name: {} for name in known.FORMATS_OF_REPORTS})


def _mapping(properties: dict[str, Node], required: Iterable[str] = ()) -> Node:
    made: Node = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | {"required": list(required)} if required else made


def _each(value: Node) -> Node:
    return {"type": "object", "additionalProperties": value}


def _one_of(values: Iterable[object]) -> Node:
    return {"enum": list(values)}


def _either(*nodes: Node) -> Node:
    return {"anyOf": list(nodes)}
