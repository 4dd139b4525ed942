"""Under which subject a topic's schema is kept: the strategies that all clients share, by the names they share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from momus.serde.errors import SerdeError
from momus.serde.store import Store, answered


@dataclass(frozen=True, slots=True)
class Naming:
    """What a name may be made of. `record` is the full name of the message's type, "" where it has none."""

    topic: str
    is_key: bool
    record: str = ""


class NoName(SerdeError):
    """A subject is to be named by a topic or by a message's type, and there is none, or it has no name."""


SubjectName = Callable[[Naming, Store], Awaitable[str | None] | str | None]
ClusterId = str | Callable[[], str | Awaitable[str]]


async def subject_of(strategy: SubjectName, about: Naming, store: Store) -> str:
    """What a strategy says, plain or awaited. Raises NoName where it says None."""
    name = await answered(strategy(about, store))
    if name is None:
        raise NoName(f"the function that names subjects gives no name for topic {about.topic!r}")
    return name


async def topic_name(about: Naming, _store: Store) -> str:
    """`orders-value`, `orders-key`."""
    return f"{_topic(about)}-{'key' if about.is_key else 'value'}"


async def record_name(about: Naming, _store: Store) -> str:
    """`shop.Order`."""
    return _named(about)


async def topic_record_name(about: Naming, _store: Store) -> str:
    """`orders-shop.Order`."""
    return f"{_topic(about)}-{_named(about)}"


def associated(*, cluster: ClusterId = "-", fallback: SubjectName | None = topic_name) -> SubjectName:
    """The subject that the registry has tied to the topic, or what `fallback` says; without one, SerdeError.

    `cluster` is Kafka's cluster id, or a function that gives it, plain or awaited; `-` is any cluster.
    """

    async def by_association(about: Naming, store: Store) -> str:
        known = await answered(cluster()) if callable(cluster) else cluster
        subjects = await store.associated(_topic(about), is_key=about.is_key, cluster=known)
        if len(subjects) > 1:
            raise SerdeError(f"Multiple associated subjects found for topic {about.topic}: {', '.join(subjects)}")
        if subjects:
            return subjects[0]
        if fallback is None:
            raise SerdeError(f"No associated subject found for topic {about.topic}")
        return await subject_of(fallback, about, store)

    return by_association


def _topic(about: Naming) -> str:
    if not about.topic:
        raise NoName("a subject is to be named by its topic, and there is no topic")
    return about.topic


def _named(about: Naming) -> str:
    if not about.record:
        raise NoName(
            f"the schema of topic {about.topic} has no name, and its subject is to be named by it:"
            " name the record (Avro), give a title (JSON Schema), or choose another strategy"
        )
    return about.record
