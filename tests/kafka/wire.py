"""One question to one broker, over a socket of its own: for waiting until a broker is there, and for setting up."""

import socket
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from aiokafka.protocol.api import RequestHeader_v1, RequestStruct
from aiokafka.protocol.metadata import MetadataRequest_v5

PATIENCE = 10.0  # seconds


@dataclass(frozen=True, slots=True)
class Partition:
    topic: str
    number: int
    leader: int  # -1: none
    replicas: frozenset[int]
    in_sync: frozenset[int]


@dataclass(frozen=True, slots=True)
class Metadata:
    cluster_id: str
    brokers: frozenset[int]  # that the one who answered takes to be alive
    partitions: tuple[Partition, ...]


def metadata(port: int, *, patience: float = PATIENCE) -> Metadata:
    answer = ask(port, MetadataRequest_v5(None, False), patience=patience)  # noqa: FBT003
    return Metadata(
        answer.cluster_id,
        frozenset(broker for broker, *_ in answer.brokers),
        tuple(
            Partition(topic, number, leader, frozenset(replicas), frozenset(in_sync))
            for _, topic, _, partitions in answer.topics
            for _, number, leader, replicas, in_sync, _ in partitions
        ),
    )


def ask(port: int, request: RequestStruct, *, patience: float = PATIENCE) -> Any:
    """The answer; an OSError if nobody is there, or nobody answers."""
    message = RequestHeader_v1(request).encode() + request.encode()
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        connection.sendall(struct.pack(">i", len(message)) + message)
        (length,) = struct.unpack(">i", _exactly(connection, 4))
        answer = BytesIO(_exactly(connection, length))
    answer.seek(4)  # what it answers to: there was but one question
    return request.RESPONSE_TYPE.decode(answer)


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = b""
    while len(received) < length:
        more = connection.recv(length - len(received))
        if not more:
            raise ConnectionResetError("The broker closed the connection without an answer.")
        received += more
    return received
