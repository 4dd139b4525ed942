"""The GUID of a schema: Confluent's MD5 over text, references, metadata and rules.

It is never stored (source: Confluent's `Schema.updateHash`); two registries that hold the same schema compute the same.
"""

from collections.abc import Iterable
from hashlib import md5
from uuid import UUID

from msgspec import UNSET

from registry.state.values import Metadata, ReferenceValue, Rule, RuleSet


def guid_of(text: str, references: Iterable[ReferenceValue], metadata: Metadata | None, rules: RuleSet | None) -> bytes:
    """16 bytes. `references` carry real versions (no -1), in order; the metadata may be in any order."""
    digest = md5(text.encode("utf-8", "surrogatepass"), usedforsecurity=False)
    for reference in references:
        digest.update(reference.name.encode())
        digest.update(reference.subject.encode())
        digest.update((reference.version & 0xFFFFFFFF).to_bytes(4, "big"))
    if metadata is not None:
        digest.update(b"\x01")
        for part in _metadata_parts(metadata.ordered()):
            digest.update(part.encode())
    if rules is not None:
        digest.update(b"\x01")
        for rule in (*rules.migrationRules, *rules.domainRules, *rules.encodingRules):
            for part in _rule_parts(rule):
                digest.update(part.encode())
            if rule.disabled:
                digest.update(b"\x01")
        digest.update((rules.enableAt or "").encode())
    return digest.digest()


def spelled(guid: bytes) -> str:
    """The 16 bytes as a UUID in lower case; no version bits are set in it."""
    return str(UUID(bytes=guid))


def guid_from(text: str) -> bytes | None:
    """The bytes of a GUID in the UUID form or as 32 hex digits; None when it is neither."""
    try:
        return UUID(text).bytes if len(text) in (32, 36) else None
    except ValueError:
        return None


def _metadata_parts(metadata: Metadata) -> Iterable[str]:
    for path, tags in (metadata.tags or {}).items():
        yield path
        yield from tags
    for name, value in (metadata.properties or {}).items():
        yield name
        yield value
    yield from metadata.sensitive or ()


def _rule_parts(rule: Rule) -> Iterable[str]:
    yield from (part for part in (rule.name, rule.doc, rule.kind, rule.mode, rule.type) if part is not UNSET)
    yield from sorted(set(rule.tags)) if rule.tags is not UNSET else ()
    for name, value in sorted(rule.params.items()) if rule.params is not UNSET else ():
        yield name
        yield value
    yield from (part for part in (rule.expr, rule.onSuccess, rule.onFailure) if part is not UNSET)
