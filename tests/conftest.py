"""What tests of several folders share: a Kafka, started by the first test that asks for it."""

from tests.kafka.fixtures import broker, cluster, topic

__all__ = ["broker", "cluster", "topic"]
