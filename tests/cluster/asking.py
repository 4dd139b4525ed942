"""How tests ask the nodes of a cluster, and the schemas that they ask about."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import ClientSession


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    raw: bytes
    headers: Mapping[str, str]


async def ask(
    session: ClientSession, method: str, url: str, body: object = None, headers: Mapping[str, str] | None = None
) -> Answer:
    sent = None if body is None else json.dumps(body)
    typed = {} if body is None else {"Content-Type": "application/vnd.schemaregistry.v1+json"}
    async with session.request(method, url, data=sent, headers=typed | dict(headers or {})) as reply:
        raw = await reply.read()
        is_json = "json" in reply.headers.get("Content-Type", "")
        return Answer(reply.status, json.loads(raw) if raw and is_json else None, raw, reply.headers)


def record(name: str, *fields: tuple[str, Any]) -> str:
    """As the registry spells it too; a field's kind may be the name of another record."""
    members = [{"name": field, "type": kind} for field, kind in fields]
    return json.dumps({"type": "record", "name": name, "fields": members}, separators=(",", ":"))


def refers(name: str, subject: str, version: int = 1) -> dict[str, Any]:
    return {"name": name, "subject": subject, "version": version}
