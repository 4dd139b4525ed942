"""Levels, modes and the rest of what is configured: what is to change, and what will hold then."""

from collections.abc import Mapping
from typing import Any, Final

from momus.gate.configuration import Configuration, Entry, Setting, Settings
from momus.gate.names import Names
from momus.gate.plan.reading import Members
from momus.gate.plan.values import Configure, SetMode

INHERITED: Final = (
    "compatibilityLevel", "compatibilityPolicy", "compatibilityGroup", "normalize", "validateFields",
)  # fmt: skip
STORED: Final = frozenset(("normalize", "validateFields"))
"""What the first version of a subject depends on. All else may be set after it: some registries know a subject by its
versions alone, and have no config for one without."""

OPEN: Final = (None, "READWRITE")  # modes to be set before anything is written; others come after


def wanted(configuration: Configuration, names: Names, subject: str, entry: Entry | None) -> Settings:
    """Of a subject of the files, by its entry and by `subjects`. The alias is the name that is there."""
    settings = configuration.settings_of(subject)
    config: dict[str, Setting] = {}
    if entry is not None and entry.level is not None:
        config["compatibilityLevel"] = entry.level.name
    if entry is not None and entry.policy is not None:
        config["compatibilityPolicy"] = entry.policy
    config |= settings.config
    alias = config.get("alias")
    if isinstance(alias, str):
        config["alias"] = names.there(alias)
    return Settings(config, settings.mode)


def configure(subject: str, settings: Settings, now: Members, above: Members) -> Configure | None:
    """What is to be changed of a subject's own config; None where nothing is."""
    changed = {
        key: value
        for key, value in settings.config.items()
        if now.get(key) != value and not _is_off(value, now.get(key), above.get(key))
    }
    if not changed:
        return None
    return Configure(subject=subject, before={key: now.get(key) for key in changed}, after=dict(changed))


def _is_off(wanted: object, now: object, above: object) -> bool:
    """Not set, where nothing above sets it either, is off: not every registry tells what is false."""
    return wanted is False and now is None and not above


def mode(subject: str, settings: Settings, now: str | None) -> SetMode | None:
    if settings.mode is None or settings.mode[0] == now:
        return None
    return SetMode(subject=subject, before=now, after=settings.mode[0])


def own_after(now: Members, change: Configure | None) -> dict[str, Any]:
    after = {**now, **(change.after if change else {})}
    return {key: value for key, value in after.items() if value is not None}


def effective(own: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """What holds for a subject: its own, else what is above. An alias is its own."""
    return {key: above[key] for key in INHERITED if key in above} | dict(own)
