"""Every setting of the service on one page: name, default, what is right, and the sentence that explains it.

`momus serve --help`, docs/operations.md and the messages about wrong settings are made from this table. Where a value
comes from is decided here too (flag over environment over file over default); what it is used for is not known here.
"""

import json
import os
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from registry.names import LEVELS, Level

T = TypeVar("T")
Default = TypeVar("Default")
Word = TypeVar("Word", bound=str | int)

Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"]

ENVIRONMENT_PREFIX = "MOMUS_"
ENVIRONMENT_ASIDE = (  # ours, but no settings: what the tests and the other verbs of the command are told
    "MOMUS_CONFIG", "MOMUS_TEST_", "MOMUS_AGAINST", "MOMUS_GITLAB_TOKEN", "MOMUS_REGISTRY", "MOMUS_TARGET_BRANCH",
)  # fmt: skip
FILE = "momus.toml"  # read from the working folder when it is there and no other is named
MOST_SECONDS = 10**6

# What Kubernetes sets in every pod beside a Service named `momus`. Not ours, and told apart by these shapes alone.
SERVICE_LINK = re.compile(
    r"MOMUS_SERVICE_HOST|MOMUS_SERVICE_PORT(_[A-Z0-9_]+)?|MOMUS_PORT_[0-9]+_(TCP|UDP|SCTP)(_[A-Z]+)?"
)
SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://")  # as the value of MOMUS_PORT


SERVER = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(?P<port>[0-9]{1,5})")
TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")  # what a Kafka broker takes; neither . nor ..


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """What a setting may be. `read` takes what flags, variables and TOML give; raises ValueError or KeyError."""

    word: str  # in `--flag WORD`
    right: str
    read: Callable[[object], T]
    spell: Callable[[T], str] = str
    is_secret: bool = False  # a message never repeats what was told


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that is in no representation of it: who needs it takes it out by name."""

    text: str = field(repr=False)


def setting(kind: Kind[T], sentence: str, *, default: Default) -> T | Default:
    """A default of None is a setting that need not be told."""
    value: T | Default = field(default=default, metadata={"kind": kind, "sentence": sentence})
    return value


# ------------------------------------------------------------------- kinds


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(value)
    return value.strip()


_SWITCH = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_SIZES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_TIMES = {"": 1.0, "s": 1.0, "ms": 0.001, "m": 60.0}


def _size(value: object) -> int:
    number, unit = _number_and_unit(value)
    size = number * _SIZES[unit.lower()]
    if size < 1 or size != int(size):
        raise ValueError(value)
    return int(size)


def _spell_size(size: int) -> str:
    unit = next(unit for unit in ("GiB", "MiB", "KiB", "") if size % _SIZES[unit.lower()] == 0)
    return f"{size // _SIZES[unit.lower()]}{unit}"


def _seconds(value: object) -> float:
    number, unit = _number_and_unit(value)
    seconds = number * _TIMES[unit.lower()]
    if not 0 < seconds < MOST_SECONDS:
        raise ValueError(value)
    return seconds


def _servers(value: object) -> str:
    servers = [each.strip() for each in _text(value).split(",")]
    for each in servers:
        parts = SERVER.fullmatch(each)
        if parts is None or not 0 < int(parts["port"]) <= 65535:
            raise ValueError(value)
    return ",".join(servers)


def _topic(value: object) -> str:
    topic = _text(value)
    if TOPIC.fullmatch(topic) is None or topic in {".", ".."}:
        raise ValueError(value)
    return topic


def _secret(value: object) -> Secret:
    if not isinstance(value, str) or not value.strip():
        raise ValueError
    return Secret(value.rstrip("\r\n"))  # of the file or the command that it came from


def _number_and_unit(value: object) -> tuple[float, str]:
    parts = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([A-Za-z]*)", str(value).strip())
    if parts is None:
        raise ValueError(value)
    return float(parts[1]), parts[2]


def _url(value: object) -> str:
    url = _text(value).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError(value)
    return url


def whole(low: int, high: int) -> Kind[int]:
    def read(value: object) -> int:
        number = int(str(value))
        if not low <= number <= high:
            raise ValueError(value)
        return number

    return Kind("NUMBER", f"a whole number from {low} to {high}", read)


def one_of(*values: Word) -> Kind[Word]:
    """One of these words, in whatever case."""
    known = {str(value).lower(): value for value in values}
    words = [str(value) for value in values]
    right = f"{', '.join(words[:-1])} or {words[-1]}"
    return Kind("|".join(words), right, lambda value: known[str(value).strip().lower()])


text = Kind("TEXT", "a text that is not empty", _text)
folder = Kind("DIR", "the path of a folder", lambda value: Path(_text(value)).expanduser())
switch = Kind(
    "true|false", "true or false", lambda value: _SWITCH[str(value).strip().lower()], lambda value: str(value).lower()
)
size = Kind("SIZE", "a size of one byte or more, as 65536, 512KiB or 10MiB", _size, _spell_size)
seconds = Kind(
    "SECONDS", f"a time above 0 and below {MOST_SECONDS} seconds, as 10, 2.5, 500ms or 1m", _seconds, "{:g}".format
)
address = Kind("URL", "an address, as http://registry.example:8081", _url)
servers = Kind("HOST:PORT,...", "brokers as HOST:PORT, with commas between them", _servers)
topic_name = Kind("TOPIC", "a topic's name: up to 249 of a-z, A-Z, 0-9, '.', '_' and '-'", _topic)
path = Kind("FILE", "the path of a file", lambda value: Path(_text(value)).expanduser())
secret = Kind("SECRET", "a text that is not empty", _secret, lambda _: "hidden", is_secret=True)


# ---------------------------------------------------------------- the table


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


# ------------------------------------------------------------- reading them


@dataclass(frozen=True, slots=True)
class WrongSetting:
    """One thing that is wrong. `origin` is the flag, the variable or the place in the file, as the user wrote it."""

    origin: str
    problem: str
    hint: str

    def __str__(self) -> str:
        return f"{self.origin} {self.problem}: {self.hint}"


@dataclass(frozen=True, slots=True)
class WrongSettings(Exception):
    """All that is wrong, so that it can be mended in one go."""

    problems: tuple[WrongSetting, ...]

    def __str__(self) -> str:
        return "\n".join(f"momus: {problem}" for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Told:
    """A value that somebody gave, and where."""

    origin: str
    value: Any


def load(
    flags: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    file: str | Path | None = None,
) -> Settings:
    """The settings of this start. `flags` are by setting's name; `file` is the file that was asked for, if one was.

    Raises WrongSettings.
    """
    environment = os.environ if environment is None else environment
    problems: list[WrongSetting] = []
    layers = (
        _from_file(file, environment, problems),
        _from_environment(environment, problems),
        {name: Told(ROWS[name].flag, value) for name, value in (flags or {}).items()},
    )
    told: dict[str, Told] = {}
    values: dict[str, Any] = {}
    for layer in layers:  # each value is checked, also one that a later layer overrides
        told |= layer
        values |= {name: _value(ROWS[name], each, problems) for name, each in layer.items()}
    if problems:
        raise WrongSettings(tuple(problems))
    settings = Settings(**values)
    if at_odds := tuple(_at_odds(settings, told)):
        raise WrongSettings(at_odds)
    return settings


def service_links(environment: Mapping[str, str] | None = None) -> list[str]:
    """The variables that Kubernetes set for a Service named `momus`: they look like settings and are left alone."""
    environment = os.environ if environment is None else environment
    return sorted(filter(lambda variable: _is_service_link(variable, environment[variable]), environment))


def _is_service_link(variable: str, value: str) -> bool:
    if variable == "MOMUS_PORT":
        return SERVICE_ADDRESS.match(value) is not None
    return SERVICE_LINK.fullmatch(variable) is not None


def _from_environment(environment: Mapping[str, str], problems: list[WrongSetting]) -> dict[str, Told]:
    told = {}
    by_variable = {row.variable: row.name for row in ROWS.values()}
    for variable in sorted(environment):
        if not variable.startswith(ENVIRONMENT_PREFIX) or variable.startswith(ENVIRONMENT_ASIDE):
            continue
        if _is_service_link(variable, environment[variable]):
            continue
        if variable in by_variable:
            told[by_variable[variable]] = Told(variable, environment[variable])
        else:
            problems.append(_unknown(f"{variable} in the environment", variable, list(by_variable)))
    return told


def _from_file(
    asked: str | Path | None, environment: Mapping[str, str], problems: list[WrongSetting]
) -> dict[str, Told]:
    if asked is not None and _is_empty(asked):
        problems.append(WrongSetting("--config", "has no value", "it must be the path of a TOML file."))
        return {}
    asked = asked or environment.get("MOMUS_CONFIG")
    file = Path(asked or FILE)
    if not asked and not file.exists():
        return {}
    import tomllib  # noqa: PLC0415 - it takes 20 ms, which a start without a file need not pay

    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(WrongSetting(str(file), "cannot be read", error.strerror or str(error)))
        return {}
    except ValueError as error:  # TOML's and UTF-8's
        problems.append(WrongSetting(str(file), "is not a TOML file", str(error)))
        return {}
    told = {}
    for name, value in table.items():
        if name in ROWS:
            told[name] = Told(f"{name} in {file}", value)
        else:
            problems.append(_unknown(f"{name} in {file}", name, list(ROWS)))
    return told


def _value(row: Row, told: Told, problems: list[WrongSetting]) -> Any:
    try:
        return row.kind.read(told.value)
    except (ValueError, KeyError):
        shown = "wrong" if row.kind.is_secret else _shown(told.value)
        problem = "has no value" if _is_empty(told.value) else f"is {shown}"
        problems.append(WrongSetting(told.origin, problem, f"it must be {row.kind.right}."))
        return None


def _is_empty(value: object) -> bool:
    return isinstance(value, str) and not value.strip()


def _shown(value: object) -> str:
    """As the user may have written it: texts in quotes, and true, not Python's True."""
    return repr(value) if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


# ------------------------------------------- right alone, and wrong together

SHARED = "topic group not_eligible replication_factor session_timeout heartbeat_interval fencing sequenced tail_noop"
ON_KAFKA = [name for name in ROWS if name in SHARED.split() or name.startswith("kafka_")]  # nothing without brokers
IN_TLS = [name for name in ON_KAFKA if name.startswith("kafka_tls_")]
IN_PASSWORD = ("kafka_sasl_username", "kafka_sasl_password")
IN_OAUTH = [name for name in ON_KAFKA if name.startswith("kafka_oauth_")]
NEEDED_BY = {  # by mechanism
    "OAUTHBEARER": ("kafka_oauth_url", "kafka_oauth_client_id", "kafka_oauth_client_secret"),
    "PLAIN": IN_PASSWORD,
    "SCRAM-SHA-256": IN_PASSWORD,
    "SCRAM-SHA-512": IN_PASSWORD,
}
EVERYWHERE = {"0.0.0.0", "::", "*"}  # noqa: S104 - it is what `host` may be, and what no other node can reach

AtOdds = Iterator[tuple[str, str, str]]  # name, problem, hint


def _at_odds(settings: Settings, told: Mapping[str, Told]) -> Iterator[WrongSetting]:
    for name, problem, hint in (*_listing(settings), *_on_kafka(settings), *_files(settings)):
        yield WrongSetting(told[name].origin if name in told else name, problem, hint)


def _listing(settings: Settings) -> AtOdds:
    default, most = settings.schema_search_default_limit, settings.schema_search_max_limit
    if default > most:
        name = "schema_search_default_limit"
        yield name, f"is {default}", f"it must not be above schema_search_max_limit, which is {most}."


def _on_kafka(settings: Settings) -> AtOdds:
    if settings.kafka is None:
        yield from _without(settings, ON_KAFKA, "kafka, which says where the brokers are")
        return
    if settings.log != "embedded":
        yield "log", f"is {settings.log}", "with kafka, the log is a topic there: leave one of the two out."
    if settings.host in EVERYWHERE and settings.advertise is None:
        hint = f"it must be the address at which other nodes reach this one; they cannot guess it from {settings.host}."
        yield "advertise", "has no value", hint
    if settings.advertise is not None and urlsplit(settings.advertise).path:
        hint = "it must be without a path: in the group a node has a scheme, a host and a port."
        yield "advertise", f"is '{settings.advertise}'", hint
    if settings.heartbeat_interval * 3 > settings.session_timeout:
        most = f"a third of session_timeout, which is {settings.session_timeout:g}"
        yield "heartbeat_interval", f"is {settings.heartbeat_interval:g}", f"it must not be above {most}."
    if not settings.kafka_tls:
        yield from _without(settings, IN_TLS, "kafka_tls, which is off")
    elif settings.kafka_tls_certificate is None:
        yield from _without(settings, ("kafka_tls_key", "kafka_tls_key_password"), "kafka_tls_certificate")
    mechanism = settings.kafka_sasl_mechanism
    if mechanism is None:
        yield from _without(settings, (*IN_PASSWORD, *IN_OAUTH), "kafka_sasl_mechanism")
        return
    for name in NEEDED_BY[mechanism]:
        if getattr(settings, name) is None:
            yield name, "has no value", f"kafka_sasl_mechanism {mechanism} needs it."
    yield from _without(
        settings,
        IN_PASSWORD if mechanism == "OAUTHBEARER" else IN_OAUTH,
        f"another kafka_sasl_mechanism than {mechanism}",
    )


def _without(settings: Settings, names: Iterable[str], missing: str) -> AtOdds:
    """Those that somebody set, although they mean nothing without what is missing."""
    for name in names:
        value = getattr(settings, name)
        if value != DEFAULTS[name]:
            row = ROWS[name]
            shown = "set" if row.kind.is_secret else row.kind.spell(value)
            yield name, f"is {shown}", f"it means nothing without {missing}."


def _files(settings: Settings) -> AtOdds:
    """Certificates and keys that cannot be read, or are none: better said now than at the first connection."""
    for name in ("kafka_tls_ca", "kafka_oauth_ca", "kafka_tls_certificate"):
        file: Path | None = getattr(settings, name)
        if file is not None and (problem := _certificate_problem(file)):
            yield name, f"is {file}", problem
    certificate = settings.kafka_tls_certificate
    if certificate is not None and not _certificate_problem(certificate):
        name, file = "kafka_tls_key", settings.kafka_tls_key
        if file is None:
            name, file = "kafka_tls_certificate", certificate
        if problem := _key_problem(certificate, file, settings.kafka_tls_key_password):
            yield name, f"is {file}", problem


def _certificate_problem(file: Path) -> str:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        return "there is no certificate in it, in PEM."
    except OSError as error:
        return f"it cannot be read: {error.strerror}."
    return ""


def _key_problem(certificate: Path, file: Path, password: Secret | None) -> str:
    """OpenSSL says "PEM lib" to nearly all that may be wrong."""
    given = password.text if password else ""  # at None, OpenSSL would ask at the terminal
    try:
        is_encrypted = b"ENCRYPTED" in file.read_bytes()
    except OSError as error:
        return f"it cannot be read: {error.strerror}."
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(certificate, file, given)
    except ssl.SSLError as error:
        if error.reason == "KEY_VALUES_MISMATCH":
            return f"it belongs to another certificate than {certificate}."
        if is_encrypted:
            return "kafka_tls_key_password does not open it." if given else "it needs kafka_tls_key_password."
        return "there is no private key in it, in PEM; if it is in another file, kafka_tls_key says where."
    return ""


def _unknown(origin: str, name: str, known: list[str]) -> WrongSetting:
    from difflib import get_close_matches  # noqa: PLC0415 - only needed to complain

    near = get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"did you mean {near[0]}?" if near else "`momus serve --help` lists them all."
    return WrongSetting(origin, "is no setting", hint)
