"""What keeps these commands from an answer, beside the gate's troubles, whose exit codes go on here."""

from momus.gate.faults import UNREADABLE, Trouble

NO_KAFKA = 5


class NoKafka(Trouble):
    """Kafka cannot be reached, or does not give what is asked for."""

    code = NO_KAFKA


class NoSchema(Trouble):
    """The schema that was asked for is not there, or is none."""

    code = UNREADABLE
