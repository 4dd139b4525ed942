"""Schemas that only a registry or a snapshot has, and that schemas here refer to by name.

`references.external` says which subjects they are; where a registry is what is compared with, a subject of that very
name is one too. Only what is missing here is asked for.
"""

from collections.abc import Iterable, Sequence

from momus.gate.bases import Base
from momus.gate.configuration import Configuration
from momus.gate.engine import Engine
from momus.gate.faults import WrongConfiguration
from momus.gate.project import FactsByContent, Project
from momus.gate.snapshot import snapshot_base
from momus.gate.store_bases import StoreBase
from momus.gate.tree_bases import TreeBase


async def complete(
    configuration: Configuration, now: Project, bases: Sequence[Base], facts: FactsByContent, made: Engine
) -> None:
    """Fills `facts.external`, which all projects look into. Raises Trouble."""
    stores = [base for base in bases if isinstance(base, StoreBase)]
    if not stores and not configuration.external:
        return
    wanted = _wanted([now, *(base.project for base in bases if isinstance(base, TreeBase))])
    if not stores and (configuration.root / configuration.snapshot).is_file():
        stores = [snapshot_base(configuration, configuration.snapshot, made)]
    for name in wanted:
        subject, version = configuration.external.get(name, (name, None))
        for store in stores:
            found = await store.external(subject, version)
            if found is not None:
                facts.external[name] = found
                break
        else:
            if name in configuration.external and stores:
                which = f"version {version} of " if version else ""
                raise WrongConfiguration(
                    f"{configuration.file}: references.external.{name}: {stores[0].about} has no {which}'{subject}'"
                )


def _wanted(projects: Iterable[Project]) -> list[str]:
    """Every spelling of what no file has, the likelier first."""
    found = dict.fromkeys(
        name
        for project in projects
        for member in project.members.values()
        for spellings in project.missing(member)
        for name in spellings
    )
    return list(found)
