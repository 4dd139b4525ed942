"""Every setting of the service on one page: name, default, what is right, and the sentence that explains it.

`momus serve --help`, docs/operations.md and the messages about wrong settings are made from this table.
"""
# ruff: noqa: RUF009 - `setting` makes a field of a dataclass

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from registry.names import LEVELS, Level
from registry.settings.kinds import (
    Kind,
    Secret,
    address,
    folder,
    one_of,
    path,
    seconds,
    secret,
    servers,
    setting,
    size,
    switch,
    text,
    topic_name,
    whole,
)

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

ENVIRONMENT_PREFIX = "MOMUS_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    host: str = setting(text, "The address to listen on; 0.0.0.0 listens on all of them.", default="127.0.0.1")
    port: int = setting(
        whole(0, 65535), "The port to listen on; 0 takes a free one, which the banner shows.", default=8081
    )
    advertise: str | None = setting(
        address, "The address at which other nodes reach this one, when it is not http://HOST:PORT.", default=None
    )
    log: Literal["embedded", "memory"] = setting(
        one_of("embedded", "memory"),
        "Where records are kept: embedded is a file in the data folder, memory forgets everything at the end.",
        default="embedded",
    )
    data: Path = setting(
        folder, "The folder of the embedded log; made when it is not there.", default=Path("momus-data")
    )

    kafka: str | None = setting(
        servers,
        "The Kafka brokers to begin with: then the log is a topic there, and several nodes may share it.",
        default=None,
    )
    topic: str = setting(topic_name, "The topic of the log on Kafka; made when it is not there.", default="_schemas")
    group: str = setting(
        text, "The Kafka group in which the nodes of a cluster elect the primary.", default="schema-registry"
    )
    not_eligible: bool = setting(
        switch, "Whether this node only follows, and is never the primary of its cluster.", default=False
    )
    replication_factor: int = setting(
        whole(1, 32767),
        "How many brokers keep the topic, if this node makes it; fewer when there are fewer.",
        default=3,
    )
    session_timeout: float = setting(
        seconds,
        "How long a node may be silent before the cluster elects another primary; Kafka takes 6 or more by default.",
        default=6.0,
    )
    heartbeat_interval: float = setting(
        seconds,
        "How often a node tells the cluster that it is there, at least three times in a session_timeout; an orderly "
        "change of the primary takes as long.",
        default=0.3,
    )
    fencing: Literal["transaction", "log-claim"] = setting(
        one_of("transaction", "log-claim"),
        "What shuts out a deposed primary: the broker's transactions, or, where it has none, claims in the log itself.",
        default="transaction",
    )
    sequenced: bool = setting(
        switch,
        "Whether Redpanda wrote this very topic, at these offsets: then what it wrote in vain is passed over.",
        default=False,
    )
    tail_noop: bool = setting(
        switch,
        "Whether each write is followed by a plain NOOP, for older Karapace nodes on the same topic.",
        default=False,
    )

    kafka_tls: bool = setting(switch, "Whether connections to Kafka are TLS.", default=False)
    kafka_tls_ca: Path | None = setting(
        path,
        "The authorities that may sign the brokers' certificates, as a PEM file; none are those of the system.",
        default=None,
    )
    kafka_tls_certificate: Path | None = setting(
        path,
        "The certificate that this node shows to the brokers, with its chain, as a PEM file.",
        default=None,
    )
    kafka_tls_key: Path | None = setting(
        path, "The key of kafka_tls_certificate, as a PEM file; not needed if it is in the same.", default=None
    )
    kafka_tls_key_password: Secret | None = setting(secret, "The password of an encrypted kafka_tls_key.", default=None)
    kafka_tls_check_hostname: bool = setting(
        switch,
        "Whether a broker's certificate must name the host that was asked for; off lets anybody in between.",
        default=True,
    )
    kafka_sasl_mechanism: Mechanism | None = setting(
        one_of(*get_args(Mechanism)),
        "How this node logs in to Kafka; PLAIN shows the password to whoever listens, unless kafka_tls is on.",
        default=None,
    )
    kafka_sasl_username: str | None = setting(text, "The user of the mechanisms PLAIN and SCRAM.", default=None)
    kafka_sasl_password: Secret | None = setting(
        secret,
        "The user's password; on a command line others can read it, so better a variable or the file.",
        default=None,
    )
    kafka_oauth_url: str | None = setting(
        address, "The token endpoint of OAUTHBEARER, asked with client credentials.", default=None
    )
    kafka_oauth_client_id: str | None = setting(text, "The client's id at the token endpoint.", default=None)
    kafka_oauth_client_secret: Secret | None = setting(secret, "The client's secret there.", default=None)
    kafka_oauth_scope: str | None = setting(
        text,
        "The scope to ask for, where the token endpoint wants one; several have blanks between.",
        default=None,
    )
    kafka_oauth_ca: Path | None = setting(
        path,
        "The authorities that may sign the token endpoint's certificate, as a PEM file; none are those of the system.",
        default=None,
    )

    compatibility: Level = setting(
        one_of(*LEVELS),
        "The compatibility level where nobody has set one through the API.",
        default="BACKWARD",
    )
    mode_mutability: bool = setting(switch, "Whether modes may be changed through the API.", default=True)
    validate_new_schemas: bool = setting(
        switch,
        "Whether new schemas are held to all rules of their format; stored ones are read leniently.",
        default=True,
    )
    validate_fields: bool = setting(
        switch,
        "Whether fields that a schema's metadata reserves (confluent:reserved), or that begin with $$, are refused.",
        default=False,
    )
    avro_logical_types: Literal["reject", "warn", "off"] = setting(
        one_of("reject", "warn", "off"),
        "What a changed decimal (scale or precision) is: an incompatibility, a warning in the answer, or nothing.",
        default="reject",
    )

    json_unsound: Literal["reject", "warn", "off"] = setting(
        one_of("reject", "warn", "off"),
        "What a JSON document is that breaks a reader though Confluent's rules find nothing: an incompatibility, a "
        "warning in the answer, or nothing that is looked for.",
        default="reject",
    )
    json_too_strict: Literal["rules", "accept-proven"] = setting(
        one_of("rules", "accept-proven"),
        "Whether Confluent's rules also refuse a JSON Schema of which it is proved that it breaks no reader: rules "
        "says yes, accept-proven no.",
        default="rules",
    )
    protobuf_confluent_exact: bool = setting(
        switch,
        "Whether changes of Protobuf that lose data are accepted wherever Confluent accepts them.",
        default=False,
    )

    dialect: Literal["full", "narrow"] = setting(
        one_of("full", "narrow"),
        "Which replies to give: all members that Confluent 8.x has, or only those of 7.x.",
        default="full",
    )
    incompatible_code: Literal[40901, 409] = setting(
        one_of(40901, 409),
        "The error_code of a refused schema: 40901 as Confluent 8.x, or 409 as before.",
        default=40901,
    )
    schema_search_default_limit: int = setting(
        whole(1, 2**31 - 1), "How many schemas a listing holds when the request does not say.", default=1000
    )
    schema_search_max_limit: int = setting(
        whole(1, 2**31 - 1),
        "How many schemas a listing may hold; a request for more gets the default number.",
        default=1000,
    )

    body_limit: int = setting(size, "The largest request body; a larger one is refused with 413.", default=2**20)
    idle_timeout: float = setting(
        seconds, "How long a connection may go without a complete request head before it is closed.", default=30.0
    )
    body_timeout: float = setting(
        seconds, "How long a client may take to send a body before it is refused with 408.", default=10.0
    )
    inline_limit: int = setting(
        size, "Schema texts up to this size are handled at once, larger ones in a worker process.", default=2**15
    )
    workers: int = setting(
        whole(1, 64),
        "How many worker processes there are for Protobuf, large schemas and long comparisons; they start when needed.",
        default=2,
    )
    comparison_deadline: float = setting(
        seconds, "How long a comparison may take before it is given up and the schema refused.", default=10.0
    )
    shutdown_timeout: float = setting(
        seconds, "How long a stop waits for requests under way before it cuts them off.", default=10.0
    )

    log_level: Literal["debug", "info", "warning", "error"] = setting(
        one_of("debug", "info", "warning", "error"), "The least urgent messages that are printed.", default="info"
    )
    log_format: Literal["auto", "console", "json"] = setting(
        one_of("auto", "console", "json"),
        "How messages are printed: auto is console on a terminal, else json.",
        default="auto",
    )
    access_log: bool = setting(switch, "Whether each request is printed.", default=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table, for help, docs and messages."""

    name: str
    kind: Kind[Any]
    default: str
    sentence: str

    @property
    def flag(self) -> str:
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        return f"{ENVIRONMENT_PREFIX}{self.name.upper()}"


def _rows() -> Iterator[Row]:
    for each in fields(Settings):
        kind: Kind[Any] = each.metadata["kind"]
        default = "none" if each.default is None else kind.spell(each.default)
        yield Row(each.name, kind, default, each.metadata["sentence"])


ROWS = {row.name: row for row in _rows()}
DEFAULTS: dict[str, Any] = {each.name: each.default for each in fields(Settings)}
