"""Writes orders with confluent-kafka; of its serializers only the import is another.

python examples/confluent_kafka/produce.py --kafka localhost:9092 --registry http://127.0.0.1:8081
"""

import argparse

from confluent_kafka import KafkaException, Producer

from momus.confluent import AvroSerializer, MessageField, SchemaRegistryClient, SerializationContext

SCHEMA = """{"type": "record", "name": "Order", "fields": [
    {"name": "account_id", "type": "string"},
    {"name": "amount", "type": "double"}]}"""
ORDERS = [("ann", 12.5), ("bob", 3.0), ("ann", 7.5), ("bob", 0.25)]


def delivered(error, message):
    if error:
        raise KafkaException(error)
    print(f"{message.key().decode()} is at offset {message.offset()}")


def produce(kafka: str, registry: str, topic: str) -> None:
    serialize = AvroSerializer(SchemaRegistryClient({"url": registry}), SCHEMA)
    context = SerializationContext(topic, MessageField.VALUE)
    producer = Producer({"bootstrap.servers": kafka, "enable.idempotence": True})
    for account_id, amount in ORDERS:
        order = {"account_id": account_id, "amount": amount}
        producer.produce(topic, key=account_id, value=serialize(order, context), on_delivery=delivered)
    producer.flush()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="Writes orders with confluent-kafka.")
    flags.add_argument("--kafka", default="localhost:9092")
    flags.add_argument("--registry", default="http://127.0.0.1:8081")
    flags.add_argument("--topic", default="orders")
    produce(**vars(flags.parse_args()))
