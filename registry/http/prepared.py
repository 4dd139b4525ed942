"""Answers to the one question that clients ask most, what an id means, ready before the request is looked at.

An answer stands for a path as long as the state shows the very record that it was made of; nothing needs to be told
when that changes.
"""

from typing import NamedTuple

from registry.http.replies import Reply
from registry.names import DEFAULT_CONTEXT, SchemaId
from registry.recent import Recent
from registry.state.records import SchemaRecord
from registry.state.state import State


class _Kept(NamedTuple):
    named: tuple[str, SchemaId]
    record: SchemaRecord
    reply: Reply


class Prepared:
    """The most recently used answers, `room` bytes of them at most: what is kept here, the shelf cannot let go."""

    def __init__(self, room: int) -> None:
        self._answers: Recent[str, _Kept] = Recent(room, lambda path, kept: 256 + len(path) + len(kept.reply.body))

    def keep(self, raw_path: str, record: SchemaRecord, reply: Reply) -> None:
        """The answer for a path that names the id of this record in the default context, and asks for nothing else."""
        self._answers.put(raw_path, _Kept((DEFAULT_CONTEXT, record.id), record, reply))

    def reply(self, raw_path: str, state: State) -> Reply | None:
        """The answer, if it still holds."""
        kept = self._answers.get(raw_path)
        if kept is None:
            return None
        named, record, reply = kept
        holders = state.ids.get(named)
        return reply if holders is not None and holders.shown is record else None
