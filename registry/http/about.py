"""About the server: what it is, how it is, its contract and its page for people."""

import importlib.resources
from datetime import UTC, datetime
from functools import cache
from typing import Any

import msgspec

from registry.http.call import Call
from registry.http.replies import Reply, json_reply
from registry.metrics import CONTENT_TYPE as METRICS_TYPE
from registry.refusals import Reason

KARAPACE_HEADERS = (("Cache-Control", "no-store, no-cache, must-revalidate"),)
CONFLUENT_VERSION = "8.2.0"  # the level of the API that clients may expect of us
SHOWN_BYTES = 200  # of a key that cannot be read


async def root(_call: Call) -> Reply:
    return json_reply({})


async def cluster_id(call: Call) -> Reply:
    settings = call.parts.settings
    kind = "kafka" if settings.kafka is not None else settings.log
    clusters = {"kafka-cluster": f"momus-{kind}", "schema-registry-cluster": settings.group}
    return json_reply({"scope": {"path": [], "clusters": clusters}})


async def version(call: Call) -> Reply:
    return json_reply({"version": CONFLUENT_VERSION, "commitId": f"momus-{call.parts.version}"})


async def deployment(_call: Call) -> Reply:
    return json_reply({"attributes": []})


async def exporters(_call: Call) -> Reply:
    """There are none; user interfaces ask."""
    return json_reply([])


async def health(call: Call) -> Reply:
    return json_reply(_health(call), 200 if call.parts.node.is_ready else 503)


async def live(_call: Call) -> Reply:
    return json_reply({"live": True})


async def ready(call: Call) -> Reply:
    node = call.parts.node
    return json_reply({"ready": node.is_ready}, 200 if node.is_ready else 503)


async def karapace_health(call: Call) -> Reply:
    node, settings = call.parts.node, call.parts.settings
    standing = node.standing
    is_primary = standing.role == "primary"
    status = {
        "schema_registry_ready": node.is_ready,
        "schema_registry_startup_time_sec": round(node.reader.replay_seconds, 3),
        "schema_registry_reader_current_offset": node.reader.position - 1,
        "schema_registry_reader_highest_offset": max(node.reader.position, node.reader.replay_end) - 1,
        "schema_registry_is_primary": is_primary,
        "schema_registry_is_primary_eligible": not settings.not_eligible,
        "schema_registry_primary_url": standing.primary_url or f"http://{settings.host}:{settings.port}",
        "schema_registry_coordinator_running": True,
        "schema_registry_coordinator_generation_id": standing.generation,
    }
    members = {"karapace_version": f"momus-{call.parts.version}", "status": status, "healthy": node.is_ready}
    return json_reply(members, 200 if node.is_ready else 503)


async def master_available(call: Call) -> Reply:
    standing = call.parts.node.standing
    available = standing.role == "primary" or standing.primary_url is not None
    reply = json_reply({"master_available": available})
    return Reply(reply.body, headers=KARAPACE_HEADERS)


async def metrics(call: Call) -> Reply:
    return Reply(call.parts.metrics.text(), content_type=METRICS_TYPE)


async def openapi(_call: Call) -> Reply:
    return Reply(_shipped("openapi.yaml"), content_type="application/yaml")


async def docs(_call: Call) -> Reply:
    return Reply(_shipped("docs.html"), content_type="text/html; charset=utf-8")


async def rule(call: Call) -> Reply:
    """What a rule of compatibility is about, for people: differences link here."""
    page = _rules().get(call.blank("rule"))
    if page is None:
        raise Reason.NOT_FOUND.refusal()
    return Reply(page.encode(), content_type="text/html; charset=utf-8")


def _health(call: Call) -> dict[str, Any]:
    node = call.parts.node
    state, standing, log = node.state, node.standing, node.log_health
    unreadable = [
        {
            "offset": record.offset,
            "reason": record.reason,
            "key": record.key[:SHOWN_BYTES].decode("utf-8", "backslashreplace"),
        }
        for record in state.unreadable
    ]
    return {
        "live": True,
        "ready": node.is_ready,
        "role": standing.role if node.is_ready else "starting",
        "primary_url": standing.primary_url,
        "generation": standing.generation,
        "epoch": log.epoch,
        "trouble": node.trouble or standing.reason or None,
        "warnings": log.warnings,
        "position": node.reader.position,
        "end_at_start": node.reader.replay_end,
        "lag": node.lag,
        "seconds_since_fetch": None if node.silence is None else round(node.silence, 3),
        "fenced": log.fenced,
        "in_doubt": log.in_doubt,
        "forwarded": call.parts.metrics.forwarded_count,
        "unreadable": {"count": state.unreadable_count, "first": unreadable},
        "conflicts": state.conflict_count,
        "last_error": node.reader.last_error or None,
        "last_error_at": _moment(node.reader.last_error_at) if node.reader.last_error else None,
        "version": call.parts.version,
    }


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@cache
def _rules() -> dict[str, str]:
    return msgspec.json.decode(_shipped("rules.json"), type=dict[str, str])


@cache
def _shipped(name: str) -> bytes:
    """A file that is shipped beside this one; in a checkout the contract is at the root."""
    folder = importlib.resources.files("registry.http")
    file = folder / name
    if not file.is_file():
        file = folder / ".." / ".." / name
    return file.read_bytes()
