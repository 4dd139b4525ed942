"""The log and the election of a cluster on Kafka. Imported when there is one: who runs alone needs no client."""

from registry.brokers import brokers_of
from registry.election.kafka_group import KafkaGroup
from registry.log.kafka import KafkaLog
from registry.log.log import Entry
from registry.settings import Settings
from registry.state.records import NOOP


def on_kafka(settings: Settings, *, makes_topic: bool = True) -> tuple[KafkaLog, KafkaGroup]:
    """All nodes of a cluster write under one id, by which the broker shuts out all but the last to begin.

    The election learns this node's address later, by its `advertise`, where no setting names it.
    """
    brokers = brokers_of(settings)
    has_transactions = settings.fencing == "transaction"
    log = KafkaLog(
        brokers,
        settings.topic,
        transactional_id=f"{settings.group}-primary-{settings.topic}" if has_transactions else None,
        replication_factor=settings.replication_factor,
        makes_topic=makes_topic,
        tail=Entry(NOOP, None) if settings.tail_noop else None,
    )
    election = KafkaGroup(
        brokers,
        settings.group,
        settings.advertise,
        is_eligible=not settings.not_eligible,
        session_timeout=settings.session_timeout,
        heartbeat_interval=settings.heartbeat_interval,
    )
    return log, election
