"""What the Kafka client logs: nothing, on a command line, where what goes wrong is told by what is raised."""

import logging
from typing import Final

_NOWHERE: Final = logging.NullHandler()


def quiet_aiokafka() -> None:
    logging.getLogger("aiokafka").addHandler(_NOWHERE)  # one that it has already is not added again
