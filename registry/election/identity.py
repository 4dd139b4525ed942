"""What members of the group tell each other, as bytes: who they are, and who is primary. No network, no choice.

Confluent's format, field for field, and lenient in reading: Confluent and Karapace nodes may share the group. Both pass
over fields that they do not know, as we do; `since` is ours. Karapace calls its identities version 2, and Confluent's
nodes compare the version when they ask themselves "is that me?", so what a member said of itself is handed on verbatim.
"""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
DUPLICATE_URLS = 1  # an error of Confluent's group leader, which names a primary all the same


@dataclass(frozen=True, slots=True)
class Identity:
    scheme: str
    host: str
    port: int
    is_eligible: bool = True
    is_primary: bool = False  # it claims to be, and so should stay it
    since: int = 0  # when the process began to take part: milliseconds since 1970; 0 of other makers' members

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def metadata(self) -> bytes:
        return _json(
            {
                "host": self.host,
                "port": self.port,
                "master_eligibility": self.is_eligible,
                "scheme": self.scheme,
                "version": 1,
                "leader": self.is_primary,
                "since": self.since,
            }
        )


@dataclass(frozen=True, slots=True)
class Assignment:
    """What the group's leader decided. Both are None where there is no primary."""

    member_id: str | None = None
    identity: Identity | None = None
    error: int = 0


def identity_at(url: str) -> Identity:
    """Raises ValueError for an address that the group's format has no room for."""
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"the nodes of a cluster know each other as scheme, host and port only, which {url} is not")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname  # Confluent's nodes put no brackets to it
    return Identity(parts.scheme, host, parts.port or DEFAULT_PORTS[parts.scheme])


def identity_from(metadata: bytes) -> Identity | None:
    """None for what cannot be read as an identity."""
    return _identity(_parsed(metadata))


def assignment(member_id: str, metadata: bytes) -> bytes:
    """The member is primary; the metadata is what it said of itself."""
    return b'{"error":0,"master":' + _json(member_id) + b',"master_identity":' + metadata + b',"version":1}'


NOBODY = b'{"error":0,"version":1}'


def assignment_from(text: bytes) -> Assignment | None:
    """None for what cannot be read as an assignment."""
    fields = _parsed(text)
    error = fields.get("error", 0)
    if not fields or not isinstance(error, int):
        return None
    member_id, identity = fields.get("master"), _identity(fields.get("master_identity"))
    if not isinstance(member_id, str) or identity is None:
        return Assignment(error=error)
    return Assignment(member_id, identity, error)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _parsed(text: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _identity(fields: Any) -> Identity | None:
    if not isinstance(fields, dict):
        return None
    scheme, host, port, since = (fields.get(name) for name in ("scheme", "host", "port", "since"))
    if not (isinstance(scheme, str) and isinstance(host, str) and isinstance(port, int)):
        return None
    return Identity(
        scheme,
        host,
        port,
        is_eligible=fields.get("master_eligibility") is True,
        is_primary=fields.get("leader") is True,
        since=since if isinstance(since, int) else 0,
    )
