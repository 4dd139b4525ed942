"""What a decision is, and what it is given besides the state and the command."""

from dataclasses import dataclass, field
from typing import Any

from compat import Policy
from registry.state.records import Write
from registry.state.values import Config


@dataclass(frozen=True, slots=True)
class Decision:
    """The records to append, and the answer that holds once they are in the log."""

    writes: tuple[Write, ...]
    answer: Any


@dataclass(frozen=True, slots=True)
class Defaults:
    """The server's own settings, where neither subject nor context nor the global config says anything.

    policy               the switches of each format; the name comes from the config
    tombstone_deletions  may DELETE_SUBJECT keys be tombstoned with a hard delete (Confluent before 2019 fails on it)
    """

    config: Config
    modes_may_change: bool = True
    policy: Policy = field(default_factory=Policy)
    tombstone_deletions: bool = True
