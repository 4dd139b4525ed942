"""Answers to the one question that clients ask most, what an id means, ready before the request is looked at.

An answer stands for a path as long as the state shows the very record that it was made of; nothing needs to be told
when that changes.
"""

from registry.http.replies import Reply
from registry.names import DEFAULT_CONTEXT, SchemaId
from registry.state.records import SchemaRecord
from registry.state.state import State

MOST = 50_000  # paths; the bytes of the answers are the shelf's


class Prepared:
    def __init__(self) -> None:
        self._answers: dict[str, tuple[tuple[str, SchemaId], SchemaRecord, Reply]] = {}

    def keep(self, raw_path: str, record: SchemaRecord, reply: Reply) -> None:
        """The answer for a path that names the id of this record in the default context, and asks for nothing else."""
        if len(self._answers) >= MOST:
            self._answers.clear()
        self._answers[raw_path] = ((DEFAULT_CONTEXT, record.id), record, reply)

    def reply(self, raw_path: str, state: State) -> Reply | None:
        """The answer, if it still holds."""
        kept = self._answers.get(raw_path)
        if kept is None:
            return None
        named, record, reply = kept
        holders = state.ids.get(named)
        return reply if holders is not None and holders.shown is record else None
