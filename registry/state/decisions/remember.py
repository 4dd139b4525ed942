"""No id is ever issued twice: before a record that carries an id leaves the log, a record of ours remembers it.

The highest id ever issued is otherwise only in the records themselves, and compaction removes what was deleted or
overwritten: every other registry issues such an id again after a restart.
"""

from dataclasses import replace

from registry.state import queries
from registry.state.decisions.decision import Decision
from registry.state.decisions.draft import drafted
from registry.state.records import (
    SchemaRecord,
    SchemaTombstone,
    Write,
    format_write,
    highest_id_write,
)
from registry.state.state import State


def remembered(state: State, decision: Decision) -> Decision:
    """The decision, with the high-water mark of each context in which it lets go of an id. The marks come first."""
    contexts = sorted({context for write in decision.writes if (context := _lets_go(state, write)) is not None})
    marks = [
        highest_id_write(context, highest)
        for context in contexts
        if (highest := queries.highest_id(state, context)) > (state.remembered.get(context) or 0)
    ]
    if not marks:
        return decision
    ours = marks if state.format else [format_write(), *marks]
    return replace(decision, writes=(*ours, *decision.writes))


def _lets_go(state: State, write: Write) -> str | None:
    """The context in which this write removes or replaces the id of a version."""
    match drafted(write):
        case SchemaTombstone() as record:
            return record.subject.context
        case SchemaRecord() as record:
            old = queries.version(state, record.subject, record.version)
            return record.subject.context if old is not None and old.id != record.id else None
        case _:
            return None
