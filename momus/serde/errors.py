"""What serializers raise for a message. What the registry says no to comes as the client's own errors."""

from compat.faults import CodecError
from compat.framing import FramingError


class SerdeError(ValueError):
    """All that is wrong with a message or with how its topic is set up."""


class EncodeError(SerdeError):
    """A value that does not fit its schema; `path` says where, as `items[2].price`."""

    def __init__(self, subject: str, fault: CodecError) -> None:
        super().__init__(f"{subject}: {fault}")
        self.subject = subject
        self.path = fault.path
        self.message = fault.message


class DecodeError(SerdeError):
    """Bytes that are no message of their schema, or name none."""

    def __init__(self, subject: str, fault: CodecError | FramingError) -> None:
        super().__init__(f"{subject}: {fault}")
        self.subject = subject


class UnknownSchema(SerdeError):
    """A message was written with a schema that was not asked for yet: `await channel.read(...)` asks for it."""

    def __init__(self, subject: str, schema: str) -> None:
        super().__init__(
            f"{subject}: the message was written with {schema}, which was not fetched yet;"
            " `await channel.read(data, headers)` fetches it and decodes"
        )
        self.subject = subject
        self.schema = schema


class RulesNotRun(SerdeError):
    """The schema has rules that its clients must run, and nobody runs them here."""
