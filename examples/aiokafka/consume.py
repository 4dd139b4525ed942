"""Reads orders with aiokafka, from the beginning of the topic, and sums each account; an interrupt ends it.

python examples/aiokafka/consume.py --kafka localhost:9092 --registry http://127.0.0.1:8081
"""

import argparse
import asyncio
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer

from momus.client import AsyncRegistryClient
from momus.serde import AvroSerde, ReadOnly


@dataclass
class Order:
    account_id: str
    amount: float


async def consume(kafka: str, registry: str, topic: str) -> None:
    totals: dict[str, float] = defaultdict(float)
    async with AsyncRegistryClient(registry) as client:
        orders = await AvroSerde(client, type=Order, write=ReadOnly()).prepare(topic)
        async with AIOKafkaConsumer(topic, bootstrap_servers=kafka, auto_offset_reset="earliest") as consumer:
            async for message in consumer:
                order = await orders.read(message.value, message.headers)  # waits only for a schema that is new to it
                totals[order.account_id] += order.amount
                print(f"{order.account_id} {order.amount:.2f} total {totals[order.account_id]:.2f}", flush=True)


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="Reads orders with aiokafka.")
    flags.add_argument("--kafka", default="localhost:9092")
    flags.add_argument("--registry", default="http://127.0.0.1:8081")
    flags.add_argument("--topic", default="orders")
    with suppress(KeyboardInterrupt):
        asyncio.run(consume(**vars(flags.parse_args())))
