"""A message as a line of JSON: what it says, what it was written with, and what is wrong with it. No Kafka here."""

import json
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from momus.client import SubjectVersion
from momus.topics.explain import Explained, Trouble


def line_of(members: dict[str, Any]) -> bytes:
    """In one line, whatever texts and numbers are in it."""
    line = json.dumps(members, ensure_ascii=False, separators=(",", ":"))
    try:
        return line.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, which JSON can name and UTF-8 cannot write
        return json.dumps(members, separators=(",", ":")).encode()


def members_of(explained: Explained, data: bytes, *, verbose: bool, prefix: str = "") -> dict[str, Any]:
    """Its ids, and its value; or what is wrong and the bytes as they are. `prefix` begins each name but the value's."""
    told: dict[str, Any] = {}
    if explained.id is not None:
        told["id"] = explained.id
    if explained.guid is not None:
        told["guid"] = str(explained.guid)
    if verbose:
        told |= _more(explained)
    if explained.known and (rules := explained.known.rules("READ", "WRITEREAD")):
        told["rules_not_run"] = list(rules)
    if explained.trouble:
        told["fault"] = fault_of(explained.trouble)
    told = {f"{prefix}{name}": value for name, value in told.items()}
    what = prefix.removesuffix("_") or "value"
    return told | (as_it_is(what, data) if explained.trouble else {what: explained.value})


def _more(explained: Explained) -> dict[str, Any]:
    known = explained.known
    if known is None:
        return {}
    told: dict[str, Any] = {"format": known.kind}
    if known.guid:
        told["guid"] = str(known.guid)
    if explained.name:
        told["name"] = explained.name
    if known.id is not None:
        told["versions"] = versions_of(known.versions, known.deleted)
    return told


def versions_of(versions: Iterable[SubjectVersion], deleted: Iterable[SubjectVersion] = ()) -> list[dict[str, Any]]:
    gone = set(deleted)
    return [
        {"subject": each.subject, "version": each.version} | ({"deleted": True} if each in gone else {})
        for each in versions
    ]


def fault_of(trouble: Trouble) -> dict[str, str]:
    path = {"path": trouble.path} if trouble.path else {}
    return {"reason": trouble.reason.value, **path, "message": trouble.why}


def as_it_is(name: str, data: bytes | None) -> dict[str, Any]:
    """Bytes that are no message: their text, or base64 where they are none."""
    if data is None:
        return {name: None}
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = "\0"
    if any(ord(letter) < 32 and letter not in "\t\r\n" for letter in text):
        return {f"{name}_base64": b64encode(data).decode()}
    return {f"{name}_text" if name == "value" else name: text}
