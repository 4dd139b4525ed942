"""The shared brokers, under the names of fixtures."""

from tests.kafka.fixtures import broker, cluster, topic

__all__ = ["broker", "cluster", "topic"]
