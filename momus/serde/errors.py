"""What serializers raise for a message. What the registry says no to comes as the client's own errors."""

from typing import TYPE_CHECKING, Any, Final

from compat.faults import CodecError
from compat.framing import FramingError

if TYPE_CHECKING:  # a schema can be derived without a client
    from momus.client import Rule


class SerdeError(ValueError):
    """All that is wrong with a message or with how its topic is set up."""


class EncodeError(SerdeError):
    """A value that does not fit its schema; `path` says where, as `items[2].price`."""

    def __init__(self, subject: str, fault: CodecError) -> None:
        super().__init__(f"{subject}: {fault}")
        self.subject = subject
        self.path = fault.path
        self.message = fault.message
        self._told = (subject, fault)

    def __reduce__(self) -> Any:  # to another process, as a pool of workers sends it
        return type(self), self._told


class DecodeError(SerdeError):
    """Bytes that are no message of their schema, or name none; or a message that is no value of its class.

    `path` says where in the message, as `items[2].price`, and `at` in which byte after the frame; "" and None where
    that is not known.
    """

    def __init__(self, subject: str, fault: CodecError | FramingError) -> None:
        at = fault.at if isinstance(fault, CodecError) else None
        super().__init__(f"{subject}: {fault}" + ("" if at is None else f" (at byte {at})"))
        self.subject = subject
        self.path = fault.path if isinstance(fault, CodecError) else ""
        self.at = at
        self._told = (subject, fault)

    def __reduce__(self) -> Any:
        return type(self), self._told


class UnknownSchema(SerdeError):
    """A message was written with a schema that was not asked for yet: `await channel.read(...)` asks for it."""

    def __init__(self, subject: str, schema: str) -> None:
        super().__init__(
            f"{subject}: the message was written with {schema}, which was not fetched yet;"
            " `await channel.read(data, headers)` fetches it and decodes"
        )
        self.subject = subject
        self.schema = schema

    def __reduce__(self) -> Any:
        return type(self), (self.subject, self.schema)


class RulesNotRun(SerdeError):
    """The schema has rules that its clients must run, and nobody runs them here. `rules` are their names."""

    def __init__(self, subject: str, rules: tuple["Rule", ...]) -> None:
        told = ", ".join(
            f"{rule.name} ({rule.type or 'of no type'}, {_WHEN.get(rule.mode, rule.mode)})" for rule in rules
        )
        super().__init__(
            f"{subject}: the schema has rules that its clients are to run, and rules are not run here: {told}."
            " Use a client that runs them; or say run_no_rules=True, and nothing is checked or encrypted by them."
        )
        self.subject = subject
        self.rules = tuple(rule.name for rule in rules)
        self._told = (subject, rules)

    def __reduce__(self) -> Any:
        return type(self), self._told


_WHEN: Final = {
    "WRITE": "in writing",
    "READ": "in reading",
    "WRITEREAD": "in writing and reading",
    "UPGRADE": "from older versions",
    "DOWNGRADE": "from newer versions",
    "UPDOWN": "between versions",
}
