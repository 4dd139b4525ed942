"""What tests of several folders share: a Kafka, started by the first test that asks for it."""

import signal

from hypothesis import settings

from tests.kafka.fixtures import broker, cluster, topic
from tests.state.explore import TIMES

__all__ = ["broker", "cluster", "topic"]

# Chance fails no test that it did not fail before; MOMUS_EXPLORE looks for what nobody has seen.
settings.register_profile("same", derandomize=not TIMES, deadline=None, database=None)
settings.load_profile("same")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As a shell leaves it for what runs in its background; programs that tests start and interrupt would never notice.
    signal.signal(signal.SIGINT, signal.default_int_handler)
