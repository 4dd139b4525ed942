"""Where the value of a setting comes from: flag over environment over file over default."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from registry.settings.odds import at_odds
from registry.settings.table import ENVIRONMENT_PREFIX, ROWS, Row, Settings
from registry.settings.wrong import Told, WrongSetting, WrongSettings

ENVIRONMENT_ASIDE = (  # ours, but no settings: what the tests and the other verbs of the command are told
    "MOMUS_CONFIG", "MOMUS_TEST_", "MOMUS_AGAINST", "MOMUS_GITLAB_TOKEN", "MOMUS_REGISTRY", "MOMUS_TARGET_BRANCH",
)  # fmt: skip
FILE = "momus.toml"  # read from the working folder when it is there and no other is named

# What Kubernetes sets in every pod beside a Service named `momus`. Not ours, and told apart by these shapes alone.
SERVICE_LINK = re.compile(
    r"MOMUS_SERVICE_HOST|MOMUS_SERVICE_PORT(_[A-Z0-9_]+)?|MOMUS_PORT_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?"
)
SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")  # as the value of MOMUS_PORT


def load(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    file: str | Path | None = None,
) -> Settings:
    """The settings of this start. `flags` are by setting's name; `file` is the file that was asked for, if one was.

    Raises WrongSettings.
    """
    environment = os.environ if environment is None else environment
    problems: list[WrongSetting] = []
    layers = (
        _from_file(file, environment, problems),
        _from_environment(environment, problems),
        {name: Told(ROWS[name].flag, value) for name, value in (flags or {}).items()},
    )
    told: dict[str, Told] = {}
    values: dict[str, Any] = {}
    for layer in layers:  # each value is checked, also one that a later layer overrides
        told |= layer
        values |= {name: _value(ROWS[name], each, problems) for name, each in layer.items()}
    if problems:
        raise WrongSettings(tuple(problems))
    settings = Settings(**values)
    if wrong := tuple(at_odds(settings, told)):
        raise WrongSettings(wrong)
    return settings


def service_links(environment: Mapping[str, str] | None = None) -> list[str]:
    """The variables that Kubernetes set for a Service named `momus`: they look like settings and are left alone."""
    environment = os.environ if environment is None else environment
    return sorted(filter(lambda variable: _is_service_link(variable, environment[variable]), environment))


def _is_service_link(variable: str, value: str) -> bool:
    if variable == "MOMUS_PORT":
        return SERVICE_ADDRESS.match(value) is not None
    return SERVICE_LINK.fullmatch(variable) is not None


def _from_environment(environment: Mapping[str, str], problems: list[WrongSetting]) -> dict[str, Told]:
    told = {}
    by_variable = {row.variable: row.name for row in ROWS.values()}
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable.startswith(ENVIRONMENT_ASIDE):
            continue
        if _is_service_link(variable, environment[variable]):
            continue
        if variable in by_variable:
            told[by_variable[variable]] = Told(variable, environment[variable])
        else:
            problems.append(_unknown(f"{variable} in the environment", variable, list(by_variable)))
    return told


def _from_file(
    asked: str | Path | None, environment: Mapping[str, str], problems: list[WrongSetting]
) -> dict[str, Told]:
    if asked is not None and _is_empty(asked):
        problems.append(WrongSetting("--config", "has no value", "it must be the path of a TOML file."))
        return {}
    asked = asked or environment.get("MOMUS_CONFIG")
    file = Path(asked or FILE)
    if not asked and not file.exists():
        return {}
    import tomllib  # noqa: PLC0415 - it takes 20 ms, which a start without a file need not pay

    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(WrongSetting(str(file), "cannot be read", error.strerror or str(error)))
        return {}
    except ValueError as error:  # TOML's and UTF-8's
        problems.append(WrongSetting(str(file), "is not a TOML file", str(error)))
        return {}
    told = {}
    for name, value in table.items():
        if name in ROWS:
            told[name] = Told(f"{name} in {file}", value)
        else:
            problems.append(_unknown(f"{name} in {file}", name, list(ROWS)))
    return told


def _value(row: Row, told: Told, problems: list[WrongSetting]) -> Any:
    try:
        return row.kind.read(told.value)
    except (ValueError, KeyError):
        shown = "wrong" if row.kind.is_secret else _shown(told.value)
        problem = "has no value" if _is_empty(told.value) else f"is {shown}"
        problems.append(WrongSetting(told.origin, problem, f"it must be {row.kind.right}."))
        return None


def _is_empty(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _shown(value: object) -> str:
    """As the user may have written it: texts in quotes, and true, not Python's True."""
    return repr(value) if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _unknown(origin: str, name: str, known: list[str]) -> WrongSetting:
    from difflib import get_close_matches  # noqa: PLC0415 - only needed to complain

    near = get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "`momus serve --help` lists them all."
    return WrongSetting(origin, "is no setting", hint)
