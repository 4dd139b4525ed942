"""The settings of the service: the table, and reading them. What they are used for is not known here."""

from registry.settings.kinds import Secret
from registry.settings.loading import load, service_links
from registry.settings.odds import ON_KAFKA
from registry.settings.table import ROWS, Row, Settings
from registry.settings.wrong import WrongSettings

__all__ = ["ON_KAFKA", "ROWS", "Row", "Secret", "Settings", "WrongSettings", "load", "service_links"]
