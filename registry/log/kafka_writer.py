"""Appends to the topic: one `Writer` a take-over, used until anything goes wrong, and never after.

aiokafka tells a commit that succeeded from one that did not, but not in all cases (docs/decisions/kafka-log.md). So
every send is awaited before the commit, and what did not end in a clear yes is told as doubt.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import aiokafka.producer.sender
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.client import CoordinationType
from aiokafka.errors import KafkaError, ProducerClosed, ProducerFenced

from registry.brokers import Brokers
from registry.log.log import Entry, InDoubt, LogUnavailable
from registry.log.topic import told

PARTITION = 0
BATCH_BYTES = 1_000_000  # of one request: a transaction that fits succeeds or fails as one; brokers take 1,048,588
START_LIMIT = 15.0  # seconds for a new writer to shut out the others
ANSWER = 2.0  # seconds for a broker to answer; with aiokafka's 40 a frozen one would be an outage of as long
WRITE_LIMIT = 20.0  # seconds for an append: longer than brokers need to give up one of them
CLOSE_LIMIT = 2.0  # seconds
TRANSACTION_TIMEOUT = 10.0  # seconds after which the broker itself ends what a dead writer has begun

IMPATIENT = {"request_timeout_ms": round(ANSWER * 1000)}

# After a transaction the next one is refused until its markers are written; aiokafka waits 20 ms before it asks again,
# which would be most of the time that a write takes on three brokers.
aiokafka.producer.sender.BACKOFF_OVERRIDE = 0.002


class Writer:
    """A producer that may write to the topic. `start` shuts out every earlier writer of the same `transactional_id`.

    Without such an id nobody is shut out: then only the broker's count of this producer's records protects the log,
    from records that arrive twice.
    """

    def __init__(self, brokers: Brokers, topic: str, largest: int, transactional_id: str | None) -> None:
        self.fenced = False
        self._topic = topic
        self._is_transactional = transactional_id is not None
        self._producer = AIOKafkaProducer(
            **brokers.options() | IMPATIENT,
            acks="all",
            enable_idempotence=True,
            max_batch_size=BATCH_BYTES,
            max_request_size=largest,
            transactional_id=transactional_id,
            transaction_timeout_ms=round(TRANSACTION_TIMEOUT * 1000),
        )

    @property
    def epoch(self) -> int | None:
        manager = self._producer._txn_manager  # noqa: SLF001 - only for people to see
        return manager.producer_epoch if manager is not None and self._is_transactional else None

    async def start(self) -> None:
        """Raises LogUnavailable: then nobody was shut out, or nobody knows."""
        try:
            async with asyncio.timeout(START_LIMIT):
                await self._producer.start()
        except (KafkaError, TimeoutError) as error:
            await self.close()
            raise LogUnavailable(_why_not_started(error, is_transactional=self._is_transactional)) from error
        except BaseException:
            await self.close()
            raise

    def suspect(self) -> None:
        """Somebody had no answer from a broker: who leads now, and who coordinates?

        Else this writer would find out each by a silence of its own, one after the other.
        """
        self._producer.client.force_metadata_update()
        self._producer._sender._coordinator_dead(CoordinationType.TRANSACTION)  # noqa: SLF001 - as it does itself

    async def append(self, entries: Sequence[Entry]) -> int:
        """The offset of the last entry. Raises LogUnavailable or InDoubt; the writer is spent then."""
        try:
            async with asyncio.timeout(WRITE_LIMIT):
                if self._is_transactional:
                    return await self._in_transaction(entries)
                return await self._plainly(entries)
        except (KafkaError, AssertionError) as error:  # its state machine asserts
            self.fenced = isinstance(error, ProducerFenced)
            reason = "another node has taken over" if self.fenced else told(error)
            raise InDoubt(f"the write did not end in a clear answer: {reason}") from error
        except TimeoutError as error:
            raise InDoubt(f"the brokers have not confirmed the write for {WRITE_LIMIT:g} seconds") from error

    async def _in_transaction(self, entries: Sequence[Entry]) -> int:
        await self._producer.begin_transaction()
        answers = await self._send(entries)
        if refused := [answer for answer in answers if isinstance(answer, BaseException)]:
            # A commit would succeed, and keep what was not refused.
            if not isinstance(refused[0], ProducerFenced):
                await self._producer.abort_transaction()
                raise LogUnavailable(f"a record was refused: {told(refused[0])}") from refused[0]
            raise refused[0]
        await self._producer.commit_transaction()
        return max([int(answer.offset) for answer in answers])

    async def _plainly(self, entries: Sequence[Entry]) -> int:
        answers = await self._send(entries)
        refused = [answer for answer in answers if isinstance(answer, BaseException)]
        if len(refused) == len(answers) == 1 and not isinstance(refused[0], asyncio.CancelledError):
            raise LogUnavailable(f"the record was refused: {told(refused[0])}") from refused[0]
        if refused:
            raise refused[0]
        return max([int(answer.offset) for answer in answers])

    async def _send(self, entries: Sequence[Entry]) -> list[Any]:
        """What became of each entry: where it stands, or an exception. Stops at the first that cannot even be sent."""
        sent: list[Any] = []
        try:
            for entry in entries:
                answer = await self._producer.send(
                    self._topic,
                    entry.value,
                    entry.key,
                    partition=PARTITION,
                    timestamp_ms=entry.timestamp,
                    headers=list(entry.headers),
                )
                sent.append(answer)
        except KafkaError as error:
            return [*await asyncio.gather(*sent, return_exceptions=True), error]
        return await asyncio.gather(*sent, return_exceptions=True)

    async def close(self) -> None:
        """What it had under way is the business of the next writer's `start`."""
        await stopped(self._producer)


_LEFT_BEHIND: set["asyncio.Task[None]"] = set()


async def stopped(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """Wait for a client to stop. One that waits for brokers is cut short: a stop that heeds no cancellation is left
    behind, with nothing to do.
    """
    stopping = asyncio.get_running_loop().create_task(client.stop())
    _LEFT_BEHIND.add(stopping)
    stopping.add_done_callback(_forgotten)
    await asyncio.wait((stopping,), timeout=CLOSE_LIMIT)  # noqa: TID251 - what it raises is nobody's concern
    if stopping.cancel():
        await _cut_short(client)


async def _cut_short(client: AIOKafkaProducer | AIOKafkaConsumer) -> None:
    """A stop that was cancelled leaves the sender at work and the connections open, for as long as the node lives."""
    if isinstance(client, AIOKafkaProducer):
        connections, sender = client.client, client._sender.sender_task  # noqa: SLF001
        client._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001 - the stop waits for them
        if sender is not None:
            sender.cancel()
    else:
        connections = client._client  # noqa: SLF001
    with suppress(TimeoutError):
        async with asyncio.timeout(CLOSE_LIMIT):
            await connections.close()


def _forgotten(stopping: "asyncio.Task[None]") -> None:
    _LEFT_BEHIND.discard(stopping)
    if not stopping.cancelled():
        stopping.exception()


def _why_not_started(error: BaseException, *, is_transactional: bool) -> str:
    if isinstance(error, TimeoutError) and is_transactional:
        return (
            f"the brokers have not let this node begin to write for {START_LIMIT:g} seconds: is there a coordinator of "
            "transactions? It needs transaction.state.log.replication.factor brokers; without transactions there is "
            "--fencing log-claim"
        )
    return f"the brokers do not let this node write: {told(error)}"
