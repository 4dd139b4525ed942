"""The schemas of a registry, as messages name them: once fetched they are remembered, in whatever context they are."""

from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import pytest

from compat import Source, parse
from compat.framing import Frame, header, prefix
from momus.client import AsyncRegistryClient, Reference, Schema
from momus.testing import Registry
from momus.topics.catalogue import MISSING_AGE, Catalogue
from momus.topics.explain import Explainer, Reason
from momus.topics.schemas import Compiled, Missing, Reading, Unusable

INT = Schema('"int"')
ORDER = Schema('{"type": "record", "name": "Order", "fields": [{"name": "id", "type": "int"}]}')


@pytest.fixture
async def client(registry: Registry) -> AsyncIterator[AsyncRegistryClient]:
    async with AsyncRegistryClient(registry.url, missing_age=0.0) as client:
        yield client


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as running:
        yield running


async def test_schema_that_comes_later_is_found(client: AsyncRegistryClient) -> None:
    """An id that is not there is asked for again after a while, so that a reader that follows a topic gets it."""
    now = 0.0
    catalogue = Catalogue(client, now=lambda: now)
    frame = Frame(1, None, 5)
    assert await catalogue.find(frame) == Missing("the registry has no schema with id 1")
    await client.register_schema("orders-value", INT)
    assert isinstance(await catalogue.find(frame), Missing)
    now = MISSING_AGE
    found = await catalogue.find(frame)
    assert isinstance(found, Compiled)
    assert await catalogue.find(frame) is found


@pytest.mark.parametrize(
    ("context", "subject", "found_in"),
    [
        ("", "orders-value", "orders-value"),
        ("", "nobody-value", "orders-value"),
        ("", "", "orders-value"),
        ("", ":.eu:orders-value", ":.eu:orders-value"),
        (".eu", "orders-value", ":.eu:orders-value"),
        (".eu", "nobody-value", ":.eu:orders-value"),
    ],
)
async def test_id_is_meant_in_a_context(registry: Registry, context: str, subject: str, found_in: str) -> None:
    """The same id may be another schema elsewhere: the client's context or the topic's subject says which it is.

    A topic that has no schemas of its own is no reason not to know a stranger's.
    """
    async with AsyncRegistryClient(registry.url) as client:
        for number, name in enumerate(("orders-value", ":.eu:orders-value")):
            await client.register_schema(name, Schema(f'{{"type": "fixed", "name": "F", "size": {number}}}'))
    async with AsyncRegistryClient(registry.url, context=context) as client:
        found = await Catalogue(client, subject=subject, tells_versions=True).find(Frame(1, None, 5))
        assert isinstance(found, Compiled)
        assert [each.subject for each in found.known.versions] == [found_in]


async def test_guid_is_found_in_all_contexts(client: AsyncRegistryClient) -> None:
    """A GUID is one schema wherever it is registered; its id is the default context's, if it is there."""
    await client.register_schema(":.eu:first", INT)
    await client.register_schema(":.eu:orders-value", ORDER)
    await client.register_schema("orders-value", ORDER)
    guid = (await client.get_latest("orders-value")).guid
    assert guid is not None
    found = await Catalogue(client, tells_versions=True).find(Frame(None, UUID(guid), 17))
    assert isinstance(found, Compiled)
    assert (found.known.id, found.known.guid) == (1, UUID(guid))
    assert {each.subject for each in found.known.versions} == {":.eu:orders-value", "orders-value"}


async def test_message_may_begin_with_a_guid(client: AsyncRegistryClient) -> None:
    """Some writers put the header's value before the message: it is read there, too, and the header counts more."""
    await client.register_schema("orders-value", INT)
    guid = (await client.get_latest("orders-value")).guid
    assert guid is not None
    explainer = Explainer(Catalogue(client))
    before = await explainer.explain(header(UUID(guid)) + b"\x02")
    assert (before.value, before.in_header, before.guid) == (1, False, UUID(guid))
    beside = await explainer.explain(b"\x02", header(UUID(guid)))
    assert (beside.value, beside.in_header) == (1, True)
    left_over = await explainer.explain(b"\x02", header(UUID(guid)) + b"\x00")
    assert left_over.trouble is not None
    assert left_over.trouble.reason is Reason.UNDECODABLE
    assert "1 bytes are left over in the header" in left_over.trouble.why


async def test_schema_of_bytes_has_messages_without_a_length(client: AsyncRegistryClient) -> None:
    """As with all serializers, what follows the frame is the value."""
    await client.register_schema("blobs-value", Schema('"bytes"'))
    explained = await Explainer(Catalogue(client)).explain(prefix(1) + b"abc")
    assert explained.value == "abc"


async def test_schema_that_cannot_be_used_says_why(client: AsyncRegistryClient) -> None:
    """A reader of another format makes every message's schema useless, and that is told, not raised."""
    await client.register_schema("orders-value", INT)
    reader = parse(Source("JSON", "{}"))
    found = await Catalogue(client, Reading(reader)).find(Frame(1, None, 5))
    assert isinstance(found, Unusable)
    explained = await Explainer(Catalogue(client, Reading(reader))).explain(prefix(1) + b"\x02")
    assert explained.trouble is not None
    assert explained.trouble.reason is Reason.UNUSABLE_SCHEMA


@pytest.mark.parametrize("number", [0, 1, 2**31 - 1, 2**31, 2**32 - 1])
async def test_any_id_may_be_asked_for(client: AsyncRegistryClient, number: int) -> None:
    """Garbage names any number of four bytes: none of them is more than missing."""
    assert isinstance(await Catalogue(client, tells_versions=True).find(Frame(number, None, 5)), Missing)


async def test_schema_with_references_is_whole(client: AsyncRegistryClient) -> None:
    """What it refers to is fetched, too."""
    await client.register_schema("order", ORDER)
    orders = Schema('{"type": "array", "items": "Order"}', references=(Reference("Order", "order", 1),))
    registered = await client.register_schema("orders-value", orders)
    explained = await Explainer(Catalogue(client)).explain(prefix(registered.id) + b"\x02\x0e\x00")
    assert explained.value == [{"id": 7}]
