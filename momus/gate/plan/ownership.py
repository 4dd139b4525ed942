"""Whose a subject is, where `registry.owner` says who we are: several repositories may share a registry."""

from typing import Final

from momus.gate.plan.reading import Standing

OWNER: Final = "managed-by"
"""A property of the metadata, written with what is registered. By itself it is no reason for another version."""


def owner_of(standing: Standing) -> str | None:
    metadata = standing.newest.metadata if standing.newest else None
    return metadata.properties.get(OWNER) if metadata else None


def foreign(standing: Standing, owner: str | None) -> tuple[str, ...]:
    """Why it may not be changed, if so; what nobody manages may be."""
    theirs = owner_of(standing)
    if owner is None or theirs in (None, owner):
        return ()
    return (f"it is managed by '{theirs}', as its metadata say, and not by '{owner}'",)
