"""The examples: they are what their tools take, and what they say to Momus is right."""

import json
from pathlib import Path
from typing import Any

import compose_spec
import kubernetes_validate
import pytest
import yaml

from registry.http.routes import ROUTES
from registry.settings import Settings, load
from tests.certificates import Authority
from tests.served import ROOT

COMPOSE = ROOT / "examples" / "compose" / "compose.yaml"
KUBERNETES = ROOT / "examples" / "kubernetes" / "momus.yaml"

Node = dict[str, Any]


@pytest.fixture(scope="module")
def compose() -> Node:
    document: Node = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return document


@pytest.fixture(scope="module")
def kinds() -> dict[str, list[Node]]:
    found: dict[str, list[Node]] = {}
    for document in yaml.safe_load_all(KUBERNETES.read_text(encoding="utf-8")):
        found.setdefault(document["kind"], []).append(document)
    return found


def pod(kinds: dict[str, list[Node]]) -> Node:
    [nodes] = kinds["StatefulSet"]
    template: Node = nodes["spec"]["template"]
    return template


def container(kinds: dict[str, list[Node]]) -> Node:
    [only] = pod(kinds)["spec"]["containers"]
    found: Node = only
    return found


def test_compose_file_is_one(compose: Node) -> None:
    """It keeps to the Compose Specification, which knows all its keys and how each value is written."""
    assert sorted(compose_spec.PyCompose.from_json(json.dumps(compose)).service_names()) == sorted(compose["services"])
    with pytest.raises(ValueError, match="prots"):
        compose_spec.PyCompose.from_json(json.dumps({"services": {"momus": {"image": "momus", "prots": []}}}))


def test_kubernetes_takes_the_manifests(kinds: dict[str, list[Node]]) -> None:
    """Each document keeps to the schema of the newest Kubernetes that is known here, without a key too many."""
    assert sorted(kinds) == ["PodDisruptionBudget", "Service", "StatefulSet"]
    for documents in kinds.values():
        for document in documents:
            kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
            with pytest.raises(kubernetes_validate.ValidationError):
                kubernetes_validate.validate(
                    document | {"replcas": 3}, kubernetes_validate.latest_version(), strict=True
                )


def settings(variables: dict[str, str], files: Path) -> Settings:
    """What these variables make of a Momus in a container; a file that they name is there."""
    authority = files / "ca.crt"
    authority.write_bytes(Authority().certificate)
    ours = {name: value for name, value in variables.items() if name.startswith("MOMUS_")}
    there = {name: str(authority) for name in ours if name.endswith("_CA")}
    return load(environment={"MOMUS_HOST": "0.0.0.0", "MOMUS_DATA": "/data"} | ours | there)


def test_settings_of_the_compose_file_are_right(compose: Node, tmp_path: Path) -> None:
    """Each variable is a setting with a right value, nodes tell their own names, and brokers know each other."""
    services: dict[str, Node] = compose["services"]
    brokers = {name: service["environment"] for name, service in services.items() if name.startswith("kafka-")}
    nodes = {name: service["environment"] for name, service in services.items() if name.startswith("momus-")}
    assert (len(brokers), len(nodes)) == (3, 3)
    for name, variables in nodes.items():
        found = settings(variables, tmp_path)
        assert found.kafka == ",".join(f"{broker}:9092" for broker in brokers)
        assert found.advertise == f"http://{name}:{found.port}"
    voters = ",".join(f"{variables['KAFKA_NODE_ID']}@{name}:9093" for name, variables in brokers.items())
    for name, variables in brokers.items():
        assert variables["KAFKA_CONTROLLER_QUORUM_VOTERS"] == voters
        assert variables["KAFKA_ADVERTISED_LISTENERS"] == f"PLAINTEXT://{name}:9092"


def test_settings_of_the_manifests_are_right(kinds: dict[str, list[Node]], tmp_path: Path) -> None:
    """Each variable is a setting with a right value; the address told to others is one that Kubernetes gives."""
    example = {"metadata.name": "momus-0", "metadata.namespace": "schemas", "username": "momus", "password": "hunter2"}
    variables: dict[str, str] = {}
    for variable in container(kinds)["env"]:
        [told] = variable.get("valueFrom", {None: {}}).values()
        value = variable.get("value") or example[told.get("fieldPath") or told["key"]]
        for name, known in variables.items():
            value = value.replace(f"$({name})", known)
        variables[variable["name"]] = value
    found = settings(variables, tmp_path)
    [nodes] = kinds["StatefulSet"]
    service = nodes["spec"]["serviceName"]
    assert found.advertise == f"http://momus-0.{service}.schemas.svc:{found.port}"
    assert (found.kafka_tls, found.kafka_sasl_username) == (True, "momus")
    assert found.shutdown_timeout < pod(kinds)["spec"]["terminationGracePeriodSeconds"]
    [mounted] = [each["mountPath"] for each in container(kinds)["volumeMounts"] if each["name"] == "kafka"]
    assert variables["MOMUS_KAFKA_TLS_CA"] == f"{mounted}/ca.crt"


def test_manifests_belong_together(kinds: dict[str, list[Node]]) -> None:
    """Services and the disruption budget select the pods, and probes ask what Momus answers without a login."""
    labels = pod(kinds)["metadata"]["labels"]
    [nodes], [budget] = kinds["StatefulSet"], kinds["PodDisruptionBudget"]
    selectors = [service["spec"]["selector"] for service in kinds["Service"]]
    selectors += [each["spec"]["selector"]["matchLabels"] for each in (nodes, budget)]
    assert selectors == [labels] * 4
    assert nodes["spec"]["serviceName"] in {service["metadata"]["name"] for service in kinds["Service"]}
    [port] = container(kinds)["ports"]
    assert (port["name"], port["containerPort"]) == ("http", Settings().port)
    assert {each["targetPort"] for service in kinds["Service"] for each in service["spec"]["ports"]} == {"http"}
    probed = {container(kinds)[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert probed == {"/health/startup", "/health/live", "/health/ready"}
    assert probed <= {route.path for route in ROUTES if route.open}
