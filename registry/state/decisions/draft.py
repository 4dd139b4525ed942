"""Several decisions made as one: each is decided on the state as the records of those before it leave it."""

from collections.abc import Iterable
from functools import lru_cache

from registry.state.records import Record, Write, read
from registry.state.state import State

NO_OFFSET = -1  # of a record that is not in the log yet: its place there is not known before


def applied(draft: State, writes: Iterable[Write]) -> list[Write]:
    """The writes, once `draft` holds them: what is decided on it next sees them."""
    done = list(writes)
    for write in done:
        draft.apply(drafted(write))
    return done


@lru_cache(maxsize=16)  # whoever decides on a write, remembers what it lets go of, and applies it, asks in turn
def drafted(write: Write) -> Record:
    """The record that a write will be."""
    return read(write.key, write.value, NO_OFFSET, 0)
