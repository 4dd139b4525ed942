"""Where the Kafka brokers are and how to speak to them. The only place that knows aiokafka's names for it."""

from dataclasses import dataclass
from typing import Any

REQUEST_TIMEOUT = 5.0  # seconds; a frozen broker is noticed after this long, and aiokafka's own 40 would be an outage
RETRY_BACKOFF = 0.02  # seconds


@dataclass(frozen=True, slots=True)
class Brokers:
    """`servers` is HOST:PORT, and more of them behind commas."""

    servers: str
    request_timeout: float = REQUEST_TIMEOUT

    def options(self) -> dict[str, Any]:
        """What every client of aiokafka takes."""
        return {
            "bootstrap_servers": self.servers,
            "request_timeout_ms": round(self.request_timeout * 1000),
            "retry_backoff_ms": round(RETRY_BACKOFF * 1000),
            "security_protocol": "PLAINTEXT",
        }
