"""Kafka brokers, for all that speaks to them."""

from registry.brokers.brokers import Brokers, brokers_of
from registry.brokers.logins import TokenRefused, Tokens

__all__ = ["Brokers", "TokenRefused", "Tokens", "brokers_of"]
