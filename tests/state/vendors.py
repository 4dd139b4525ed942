"""Records as the vendors write them: Confluent (C), Karapace in its own order of keys (K), Redpanda (R0 …), and we."""

import json
from dataclasses import dataclass
from typing import Any

Pair = tuple[bytes | None, bytes | None]


def encoded(members: dict[str, Any]) -> bytes:
    return json.dumps(members, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class Vendor:
    """How one registry spells keys and says "gone"."""

    name: str
    gone: bytes | None

    def key(self, keytype: str, subject: str | None, **members: int) -> bytes:
        magic = {"magic": 1 if keytype == "SCHEMA" else 0}
        if self.name == "Karapace":
            return encoded({"subject": subject, **members, **magic, "keytype": keytype})
        named = {} if subject is None and self.name == "Confluent" else {"subject": subject}
        return encoded({"keytype": keytype, **named, **members, **magic})

    def version(self, subject: str, number: int, id_: int, text: str, *, deleted: bool = False, **more: Any) -> Pair:
        value = {"subject": subject, "version": number, "id": id_, "schema": text, "deleted": deleted, **more}
        return self.key("SCHEMA", subject, version=number), encoded(value)

    def no_version(self, subject: str, number: int) -> Pair:
        return self.key("SCHEMA", subject, version=number), self.gone

    def deleted(self, subject: str, up_to: int | None) -> Pair:
        value = {"subject": subject} if up_to is None else {"subject": subject, "version": up_to}
        return self.key("DELETE_SUBJECT", subject), encoded(value)

    def not_deleted(self, subject: str) -> Pair:
        return self.key("DELETE_SUBJECT", subject), self.gone

    def config(self, subject: str | None, level: str) -> Pair:
        return self.key("CONFIG", subject), encoded({"compatibilityLevel": level})

    def no_config(self, subject: str | None) -> Pair:
        return self.key("CONFIG", subject), self.gone

    def mode(self, subject: str | None, mode: str) -> Pair:
        return self.key("MODE", subject), encoded({"mode": mode})

    def no_mode(self, subject: str | None) -> Pair:
        return self.key("MODE", subject), self.gone


class Redpanda(Vendor):
    """Every key is another: it ends in the offset that its writer expected."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"Redpanda {seq}", None)

    def key(self, keytype: str, subject: str | None, **members: int) -> bytes:
        seq = int(self.name.removeprefix("Redpanda "))
        return super().key(keytype, subject, **members)[:-1] + b',"seq":%d,"node":0}' % seq


C = Vendor("Confluent", None)
K = Vendor("Karapace", b"")
R0, R1, R2, R3, R4 = (Redpanda(seq) for seq in range(5))


def context_of(name: str, *, gone: bool = False) -> Pair:
    key = {"keytype": "CONTEXT", "tenant": "default", "context": name, "magic": 0}
    return encoded(key), None if gone else encoded({"tenant": "default", "context": name})


def ours(name: str, **members: int) -> Pair:
    return encoded({"keytype": "NOOP", "subject": f"momus.{name}", "magic": 0}), encoded(members)
