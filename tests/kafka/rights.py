"""Rights (ACLs) in a Kafka that has an authorizer and takes whoever comes by its plain address as a super user."""

from aiokafka.protocol.admin import CreateAclsRequest_v1

from tests.kafka import wire

AUTHORIZER = {
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "super.users": "User:ANONYMOUS",  # who did not log in: brokers among themselves, and the tests
}
RESOURCES = {"topic": 2, "group": 3, "cluster": 4, "transactional id": 5}
OPERATIONS = {"read": 3, "write": 4, "create": 5, "describe": 8, "describe configs": 10}
LITERAL, ALLOW = 3, 3


def grant(port: int, user: str, operations: str, resource: str, name: str) -> None:
    """`operations` as "read, describe configs"; the resource's name is meant literally, but for `*`: all of them."""
    rights = [
        (RESOURCES[resource], name, LITERAL, f"User:{user}", "*", OPERATIONS[operation], ALLOW)
        for operation in operations.split(", ")
    ]
    answer = wire.ask(port, CreateAclsRequest_v1(rights))
    assert [code for code, _ in answer.creation_responses] == [0] * len(rights), answer
