"""What keeps the gate from an answer: each kind of trouble has an exit code of its own, and none has two.

0 nothing was found, 1 findings, 2 usage or configuration, 3 a schema or a base cannot be read, 4 the registry,
5 (only where it is asked for) a plan that is not empty.
"""

from typing import Final

FINE: Final = 0
FOUND: Final = 1
WRONG: Final = 2
UNREADABLE: Final = 3
NO_REGISTRY: Final = 4
CHANGES: Final = 5


class Trouble(Exception):
    """A sentence that says what is the case and what to do."""

    code = WRONG


class WrongConfiguration(Trouble):
    """The configuration, or how the gate was called, cannot be meant."""


class NoBase(Trouble):
    """There is nothing to compare with, or it cannot be read."""

    code = UNREADABLE


class NoFile(Trouble):
    """A file that is there by name cannot be read."""

    code = UNREADABLE


class NoRegistry(Trouble):
    """The registry cannot be reached, or does not let us in."""

    code = NO_REGISTRY
