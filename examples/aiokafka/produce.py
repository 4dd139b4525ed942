"""Writes orders with aiokafka.

python examples/aiokafka/produce.py --kafka localhost:9092 --registry http://127.0.0.1:8081
"""

import argparse
import asyncio
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from momus.client import AsyncRegistryClient
from momus.serde import AvroSerde, Framing


@dataclass
class Order:
    account_id: str
    amount: float


ORDERS = [Order("ann", 12.5), Order("bob", 3.0), Order("ann", 7.5), Order("bob", 0.25)]


async def produce(kafka: str, registry: str, topic: str, framing: Framing) -> None:
    async with AsyncRegistryClient(registry) as client:
        orders = await AvroSerde(client, type=Order, framing=framing).prepare(topic)  # registers the schema of Order
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka, key_serializer=str.encode, value_serializer=orders.encode, enable_idempotence=True
    )
    async with producer:
        for order in ORDERS:
            sent = await producer.send_and_wait(topic, order, key=order.account_id, headers=list(orders.headers))
            print(f"{order.account_id} is at offset {sent.offset}")


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="Writes orders with aiokafka.")
    flags.add_argument("--kafka", default="localhost:9092")
    flags.add_argument("--registry", default="http://127.0.0.1:8081")
    flags.add_argument("--topic", default="orders")
    flags.add_argument("--framing", type=Framing, default=Framing.PREFIX, help="prefix, or header: the schema's GUID")
    asyncio.run(produce(**vars(flags.parse_args())))
