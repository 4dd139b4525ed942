"""Under which subject a topic's schema is kept: the strategies that all clients share, by the names they share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from momus.serde.errors import SerdeError
from momus.serde.store import Store


@dataclass(frozen=True, slots=True)
class Naming:
    """What a name may be made of. `record` is the full name of the message's type, "" where it has none."""

    topic: str
    is_key: bool
    record: str = ""


class NoName(SerdeError):
    """A subject is to be named by a message's type, and that has no name."""


SubjectName = Callable[[Naming, Store], Awaitable[str]]


async def topic_name(about: Naming, _store: Store) -> str:
    """`orders-value`, `orders-key`."""
    return f"{about.topic}-{'key' if about.is_key else 'value'}"


async def record_name(about: Naming, _store: Store) -> str:
    """`shop.Order`."""
    return _named(about)


async def topic_record_name(about: Naming, _store: Store) -> str:
    """`orders-shop.Order`."""
    return f"{about.topic}-{_named(about)}"


def associated(*, cluster: str = "-", fallback: SubjectName | None = topic_name) -> SubjectName:
    """The subject that the registry has tied to the topic, or what `fallback` says. `cluster` is Kafka's cluster id."""

    async def by_association(about: Naming, store: Store) -> str:
        subjects = await store.associated(about.topic, is_key=about.is_key, cluster=cluster)
        if len(subjects) > 1:
            raise SerdeError(f"Multiple associated subjects found for topic {about.topic}: {', '.join(subjects)}")
        if subjects:
            return subjects[0]
        if fallback is None:
            raise SerdeError(f"No associated subject found for topic {about.topic}")
        return await fallback(about, store)

    return by_association


def _named(about: Naming) -> str:
    if not about.record:
        raise NoName(
            f"the schema of topic {about.topic} has no name, and its subject is to be named by it:"
            " name the record (Avro), give a title (JSON Schema), or choose another strategy"
        )
    return about.record
