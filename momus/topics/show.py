"""A record of a topic as a line: where it stands, its key, and what its value says. No Kafka here."""

from dataclasses import dataclass
from typing import Any

from compat.framing import header_name, header_of
from momus.topics.explain import Explained, Explainer
from momus.topics.lines import as_it_is, members_of
from momus.topics.records import Record


@dataclass(frozen=True, slots=True)
class Show:
    """`keys` is None where keys are shown as they are."""

    values: Explainer
    keys: Explainer | None = None
    with_key: bool = True
    with_headers: bool = False
    verbose: bool = False

    async def members(self, record: Record) -> tuple[dict[str, Any], Explained | None]:
        """The line's members, and what is known of the value; None for a tombstone."""
        told: dict[str, Any] = {"partition": record.partition, "offset": record.offset, "timestamp": record.timestamp}
        if self.with_headers:
            told["headers"] = [{"name": name} | as_it_is("value", value) for name, value in record.headers]
        if self.with_key:
            told |= await self._key(record)
        if record.value is None:
            return told | {"value": None}, None
        explained = await explained_of(self.values, record, is_key=False)
        return told | members_of(explained, record.value, verbose=self.verbose), explained

    async def _key(self, record: Record) -> dict[str, Any]:
        """Most keys have no schema: then they are shown as they are, and nothing is wrong with that."""
        if record.key is None or self.keys is None:
            return as_it_is("key", record.key)
        explained = await explained_of(self.keys, record, is_key=True)
        if explained.trouble:
            return as_it_is("key", record.key)
        return members_of(explained, record.key, verbose=self.verbose, prefix="key_")


async def explained_of(explainer: Explainer, record: Record, *, is_key: bool) -> Explained:
    data = record.key if is_key else record.value
    assert data is not None
    return await explainer.explain(data, header_of(record.headers, header_name(is_key=is_key)))
