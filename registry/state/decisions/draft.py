"""Several decisions made as one: each is decided on the state as the records of those before it leave it."""

from collections.abc import Iterable

from registry.state.records import Write, read
from registry.state.state import State

NO_OFFSET = -1  # of a record that is not in the log yet: its place there is not known before


def applied(draft: State, writes: Iterable[Write]) -> list[Write]:
    """The writes, once `draft` holds them: what is decided on it next sees them."""
    done = list(writes)
    for write in done:
        draft.apply(read(write.key, write.value, NO_OFFSET, 0))
    return done
