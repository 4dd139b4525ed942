"""Reading as the latest version where the messages' own types name the subjects, so that each has a latest of its own.

Which types a topic has is seen when their messages come.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from compat import InvalidSchema
from compat.faults import CodecError
from compat.framing import Frame, FramingError, Headers, frame_of, header_name, header_of
from momus.serde.errors import DecodeError, SerdeError
from momus.serde.serde import MOST_SCHEMAS, Channel, Serde
from momus.serde.store import finished
from momus.serde.subjects import Naming, SubjectName, subject_of

Latest = Callable[[str], Coroutine[Any, Any, Serde[Any]]]


class ByRecord:
    """A channel, as far as reading goes; `latest` makes of a subject what reads as its latest version."""

    def __init__(self, serde: Serde[Any], named: SubjectName, topic: str, latest: Latest, *, is_key: bool) -> None:
        self._serde = serde
        self._named = named
        self._topic = topic
        self._latest = latest
        self._is_key = is_key
        self._known: dict[Frame, Channel] = {}
        self._by_subject: dict[str, Channel] = {}

    def decode(self, data: bytes, headers: Headers = None) -> Any:
        return finished(self.read(data, headers))

    async def read(self, data: bytes, headers: Headers = None) -> Any:
        """Raises DecodeError, SerdeError, and what the registry says no to."""
        named = header_of(headers, header_name(is_key=self._is_key))
        try:
            frame = frame_of(data if named is None else named)
            channel = self._known.get(frame) or await self._found(frame)
        except (CodecError, FramingError) as fault:
            raise DecodeError(f"topic {self._topic}", fault) from None
        except InvalidSchema as invalid:
            raise SerdeError(f"topic {self._topic}: the schema of the message is none: {invalid}") from invalid
        return await channel.read(data, headers)

    async def _found(self, frame: Frame) -> Channel:
        store = self._serde.store
        if frame.guid is not None:
            stored = await store.by_guid(frame.guid)
        else:
            assert frame.id is not None
            stored = await store.by_id(frame.id)
        about = Naming(self._topic, self._is_key, self._serde.codec(stored.source).name)
        subject = await subject_of(self._named, about, store)
        if subject not in self._by_subject:
            read_as = await self._latest(subject)
            self._by_subject[subject] = await read_as.prepared(self._topic, is_key=self._is_key)
        if len(self._known) >= MOST_SCHEMAS:
            self._known.clear()
        self._known[frame] = self._by_subject[subject]
        return self._known[frame]
