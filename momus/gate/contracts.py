"""Contracts: `orders.contract.yaml` beside `orders.avsc` has the metadata and the rules that its versions are to have.

What a contract does not name is left as the registry has it; `{}` says that there must be none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import msgspec

from momus.client import Metadata, Rule, RuleSet
from momus.gate.configuration import Configuration
from momus.gate.faults import WrongConfiguration
from momus.gate.globs import fits
from momus.gate.near import near
from momus.gate.project import Member, Project
from momus.gate.reading import yaml_value

SUFFIX: Final = ".contract.yaml"
KEPT_PREFIX: Final = "$$"  # of names of fields that Confluent keeps for itself
VERSION_PROPERTY: Final = "confluent:version"  # a registry's own: the number of a version that was registered anew


@dataclass(frozen=True, slots=True)
class Contract:
    metadata: Metadata | None = None
    rules: RuleSet | None = None


NOTHING: Final = Contract()


def contracts(configuration: Configuration, project: Project, paths: Iterable[str]) -> dict[str, Contract]:
    """The contracts by subject. Raises WrongConfiguration, also for one among the paths that belongs to no schema."""
    found: dict[str, Contract] = {}
    owners: dict[str, Member] = {}
    for member in project.members.values():
        file = contract_file(member)
        if not (configuration.root / file).is_file():
            continue
        if file in owners:
            raise WrongConfiguration(f"{file} could be of {owners[file].key} and of {member.key}: rename one of them")
        owners[file] = member
        found[member.subject] = _read(configuration.root / file, file)
    for path in sorted(paths):
        is_left = path.endswith(SUFFIX) and path not in owners
        if is_left and not any(fits(path, pattern) for pattern in configuration.ignore):
            raise WrongConfiguration(f"{path} is the contract of no schema: there is none of that name beside it")
    return found


def contract_file(member: Member) -> str:
    """Where a file has several schemas, each has a contract of its own: `orders.Order.contract.yaml`."""
    fragment = f".{member.facts.fragment}" if member.facts.fragment else ""
    path = PurePosixPath(member.path)
    return str(path.with_name(f"{path.stem}{fragment}{SUFFIX}"))


def properties(root: Path, member: Member) -> Mapping[str, str] | None:
    """Of the metadata; None where the contract has none. Raises WrongConfiguration."""
    file = contract_file(member)
    contract = _read(root / file, file) if (root / file).is_file() else NOTHING
    return contract.metadata.properties if contract.metadata else None


def breaches(new: Mapping[str, str], old: Mapping[str, str], fields: Sequence[str]) -> list[str]:
    """Messages of the registry's check of reserved fields (`validateFields`), by the properties of the metadata."""
    now, before = _reserved(new), _reserved(old)
    removed = [
        f"The new schema has reserved field {name} removed from its metadata "
        "which is present in the old schema's metadata."
        for name in before
        if name not in now
    ]
    return removed + [
        f"The new schema has field that conflicts with the reserved field {name}." for name in now if name in fields
    ]


def kept_name(fields: Sequence[str]) -> str:
    """What the registry says under `validateFields` of a field named as Confluent's own are; "" where there is none.

    Such a schema is refused as if it were none, whatever was there before, unless that had been registered.
    """
    taken = next((name for name in fields if name.startswith(KEPT_PREFIX)), None)
    return f"Field names cannot start with {KEPT_PREFIX} prefix: {taken}" if taken is not None else ""


def _reserved(properties: Mapping[str, str]) -> list[str]:
    return [name.strip() for name in properties.get("confluent:reserved", "").split(",") if name.strip()]


def same_metadata(one: Metadata | None, other: Metadata | None, besides: str = "") -> bool:
    """But for the number of a version, and another property that does not count."""
    return _bare(one, besides) == _bare(other, besides)


def same_rules(one: RuleSet | None, other: RuleSet | None) -> bool:
    return (one or RuleSet()) == (other or RuleSet())


def with_property(metadata: Metadata | None, name: str, value: str) -> Metadata:
    known = metadata or Metadata()
    kept = {key: one for key, one in known.properties.items() if key != VERSION_PROPERTY}
    return msgspec.structs.replace(known, properties={**kept, name: value})


def _bare(metadata: Metadata | None, besides: str) -> tuple[Any, ...]:
    known = metadata or Metadata()
    kept = {key: value for key, value in known.properties.items() if key not in (VERSION_PROPERTY, besides)}
    tags = {path: frozenset(tags) for path, tags in known.tags.items() if tags}
    return kept, tags, frozenset(known.sensitive)


# ------------------------------------------------------------------------------------------------ reading


def _read(path: Path, file: str) -> Contract:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WrongConfiguration(f"{file} cannot be read: {error}") from None
    value = yaml_value(text, file)
    _known(value, ("metadata", "ruleSet"), file)
    metadata, rules = value.get("metadata"), value.get("ruleSet")
    return Contract(
        None if metadata is None else _converted(metadata, Metadata, f"{file}: metadata"),
        None if rules is None else _rules(rules, f"{file}: ruleSet"),
    )


def _rules(value: Any, where: str) -> RuleSet:
    found: RuleSet = _converted(value, RuleSet, where)
    for family in ("migrationRules", "domainRules", "encodingRules"):
        for index, rule in enumerate(value.get(family) or ()):
            _known(rule, _members(Rule), f"{where}.{family}[{index}]")
    return found


def _converted(value: Any, kind: type[Any], where: str) -> Any:
    _known(value, _members(kind), where)
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise WrongConfiguration(f"{where}: {error}") from None


def _members(kind: type[Any]) -> tuple[str, ...]:
    return tuple(field.encode_name for field in msgspec.structs.fields(kind))


def _known(value: Any, known: tuple[str, ...], where: str) -> None:
    if not isinstance(value, dict):
        raise WrongConfiguration(f"{where} must be a mapping with {', '.join(known)}")
    for key in value:
        if key not in known:
            raise WrongConfiguration(f"{where}.{key} is no key of a contract{near(str(key), known)}")
