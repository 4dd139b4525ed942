"""`momus.lock`: what a registry had when it was written, in a file that can be reviewed; and that file as a base."""

import json
from collections.abc import Iterable
from typing import Any

from compat.level import Level
from momus.gate.bases import Asked
from momus.gate.configuration import Configuration
from momus.gate.engine import Engine
from momus.gate.faults import NoBase
from momus.gate.findings import Against
from momus.gate.store_bases import Store, StoreBase, Stored


class Snapshot:
    """What the file has, as a `Store`."""

    def __init__(self, value: Any, name: str) -> None:
        self._name = name
        if not isinstance(value, dict) or value.get("version") != 1 or not isinstance(value.get("subjects"), dict):
            raise NoBase(f"{name} is no snapshot: `momus snapshot --registry URL` writes one")
        self._subjects: dict[str, Any] = value["subjects"]

    async def subjects(self) -> list[str]:
        return list(self._subjects)

    async def versions(self, subject: str) -> list[int]:
        return sorted(one["version"] for one in self._subjects.get(subject, {}).get("versions", ()))

    async def stored(self, subject: str, version: int) -> Stored:
        for one in self._subjects.get(subject, {}).get("versions", ()):
            if one["version"] == version:
                return Stored(
                    subject, version, one["id"], one["schemaType"], one["schema"],
                    tuple((each["name"], each["subject"], each["version"]) for each in one.get("references", ())),
                    one.get("properties", {}),
                )  # fmt: skip
        raise NoBase(f"{self._name} refers to version {version} of '{subject}', which it does not have: take it anew")

    async def asked(self, subject: str) -> Asked | None:
        row = self._subjects.get(subject)
        if row is None:
            return None
        return Asked(
            Level[row["level"]], row.get("policy", "STRICT"), row.get("group"),
            normalize=row.get("normalize", False), validate_fields=row.get("validateFields", False),
        )  # fmt: skip


def snapshot_base(configuration: Configuration, path: str, engine: Engine) -> StoreBase:
    """Raises NoBase."""
    file = configuration.root / path
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise NoBase(
            f"there is no snapshot {path} ({error.strerror}): `momus snapshot --registry URL` writes it"
        ) from None
    except ValueError as error:
        raise NoBase(f"{path} is no JSON: {error}") from None
    return StoreBase(Against("snapshot", path), Snapshot(value, path), engine)


async def snapshot_of(store: Store, subjects: Iterable[str]) -> dict[str, Any]:
    """What a snapshot's file has: these subjects, and all that they refer to."""
    found: dict[str, Any] = {}
    waiting = list(subjects)
    while waiting:
        subject = waiting.pop()
        if subject in found:
            continue
        versions = [await store.stored(subject, version) for version in await store.versions(subject)]
        asked = await store.asked(subject)
        row: dict[str, Any] = {"level": asked.level.name, "policy": asked.policy} if asked else {"level": "BACKWARD"}
        row |= {"group": asked.group} if asked and asked.group else {}
        row |= {"normalize": True} if asked and asked.normalize else {}
        row |= {"validateFields": True} if asked and asked.validate_fields else {}
        found[subject] = row | {"versions": [_row(stored) for stored in versions]}
        waiting += [needed for stored in versions for _, needed, _ in stored.references]
    return {"version": 1, "subjects": dict(sorted(found.items()))}


def _row(stored: Stored) -> dict[str, Any]:
    row: dict[str, Any] = {"version": stored.version, "id": stored.id, "schemaType": stored.kind, "schema": stored.text}
    references = [
        {"name": name, "subject": subject, "version": version} for name, subject, version in stored.references
    ]
    return (
        row
        | ({"references": references} if references else {})
        | ({"properties": dict(stored.properties)} if stored.properties else {})
    )
