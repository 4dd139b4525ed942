"""What tests of several folders share: a Kafka, started by the first test that asks for it."""

import signal

from tests.kafka.fixtures import broker, cluster, topic

__all__ = ["broker", "cluster", "topic"]

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell leaves it for what runs in its background; programs that tests start and interrupt would never notice.
    signal.signal(signal.SIGINT, signal.default_int_handler)
