"""Reads orders with confluent-kafka, from the beginning of the topic, and sums each account; an interrupt ends it.

python examples/confluent_kafka/consume.py --kafka localhost:9092 --registry http://127.0.0.1:8081
"""

import argparse
from collections import defaultdict
from contextlib import closing, suppress

from confluent_kafka import Consumer, KafkaException

from momus.confluent import AvroDeserializer, MessageField, SchemaRegistryClient, SerializationContext


def consume(kafka: str, registry: str, topic: str) -> None:
    totals: dict[str, float] = defaultdict(float)
    deserialize = AvroDeserializer(SchemaRegistryClient({"url": registry}))
    settings = {"bootstrap.servers": kafka, "group.id": f"{topic}-totals", "auto.offset.reset": "earliest"}
    with closing(Consumer(settings)) as consumer:
        consumer.subscribe([topic])
        while True:
            message = consumer.poll(1)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            context = SerializationContext(topic, MessageField.VALUE, message.headers())
            order = deserialize(message.value(), context)
            totals[order["account_id"]] += order["amount"]
            print(f"{order['account_id']} {order['amount']:.2f} total {totals[order['account_id']]:.2f}", flush=True)


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="Reads orders with confluent-kafka.")
    flags.add_argument("--kafka", default="localhost:9092")
    flags.add_argument("--registry", default="http://127.0.0.1:8081")
    flags.add_argument("--topic", default="orders")
    with suppress(KeyboardInterrupt):
        consume(**vars(flags.parse_args()))
