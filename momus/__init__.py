"""Momus, a schema registry for Apache Kafka."""

__version__ = "0.1.0"
