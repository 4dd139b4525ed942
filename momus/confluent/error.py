"""The errors of confluent-kafka's API by its names, and how a registry's refusal becomes one."""

from collections.abc import Iterator
from contextlib import contextmanager

from compat import InvalidSchema
from momus.client import LoginFailed, Refusal
from momus.serde.errors import SerdeError

SerializationError = SerdeError
OAuthTokenError = LoginFailed
SchemaParseException = InvalidSchema
UnknownType = InvalidSchema


class SchemaRegistryError(Exception):
    """The registry said no. The refusal itself, with what was asked and why, is its `__cause__`."""

    UNKNOWN = -1

    def __init__(self, http_status_code: int, error_code: int, error_message: str) -> None:
        super().__init__(http_status_code, error_code, error_message)
        self.http_status_code = http_status_code
        self.error_code = error_code
        self.error_message = error_message

    def __str__(self) -> str:
        return f"{self.error_message} (HTTP status code {self.http_status_code}, SR code {self.error_code})"

    __repr__ = __str__


def as_theirs(refusal: Refusal) -> SchemaRegistryError:
    return SchemaRegistryError(refusal.status, refusal.error_code, str(refusal.message))


@contextmanager
def told_as_theirs() -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise as_theirs(refusal) from refusal


__all__ = ["OAuthTokenError", "SchemaParseException", "SchemaRegistryError", "UnknownType"]
