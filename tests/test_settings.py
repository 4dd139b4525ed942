"""Settings: where a value comes from, what is right, and what a user is told about a wrong one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.settings import ROWS, Secret, Settings, WrongSettings, load, service_links
from tests.certificates import Authority, locked

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test works in a folder of its own, so that only its own momus.toml is there."""
    monkeypatch.chdir(tmp_path)


def wrong(**told: Any) -> list[str]:
    with pytest.raises(WrongSettings) as caught:
        load(**({"environment": {}} | told))
    return [line.removeprefix("momus: ") for line in str(caught.value).splitlines()]


def test_nothing_told_is_the_defaults() -> None:
    """Momus starts with no setting at all, on loopback, with its data beside it."""
    assert load(environment={}) == Settings()
    assert (Settings().host, Settings().port, Settings().data) == ("127.0.0.1", 8081, Path("momus-data"))


def test_flag_wins_over_environment_over_file_over_default(tmp_path: Path) -> None:
    """Of several values for one setting the nearest to the command wins."""
    (tmp_path / "momus.toml").write_text('port = 1\nhost = "file"\ndata = "file"\n')
    told = load(flags={"port": "3"}, environment={"MOMUS_PORT": "2", "MOMUS_HOST": "environment"})
    assert told == replace(Settings(), port=3, host="environment", data=Path("file"))


@pytest.mark.parametrize("how", ["flag", "environment", "working folder"])
def test_file_is_found(how: str, tmp_path: Path) -> None:
    """The file is the one asked for by flag or MOMUS_CONFIG, or momus.toml of the working folder."""
    file = tmp_path / ("momus.toml" if how == "working folder" else "other.toml")
    file.write_text("port = 99")
    environment = {"MOMUS_CONFIG": str(file)} if how == "environment" else {}
    assert load(environment=environment, file=file if how == "flag" else None).port == 99


@pytest.mark.parametrize("name", ROWS)
def test_each_setting_is_read_from_its_own_default(name: str, tmp_path: Path) -> None:
    """What the docs show as a setting's default may be written down and changes nothing."""
    row = ROWS[name]
    if getattr(Settings(), name) is None:
        return
    (tmp_path / "momus.toml").write_text(f'{name} = "{row.default}"')
    assert load(environment={}) == load(environment={row.variable: row.default}) == Settings()


RIGHT: list[tuple[str, object, object]] = [
    ("port", "0", 0),
    ("port", 65535, 65535),
    ("body_limit", "10MiB", 10 * 2**20),
    ("body_limit", "10 mb", 10_000_000),
    ("body_limit", "1.5KiB", 1536),
    ("body_limit", 65536, 65536),
    ("body_timeout", "500ms", 0.5),
    ("body_timeout", 2.5, 2.5),
    ("body_timeout", "1m", 60.0),
    ("compatibility", "full_transitive", "FULL_TRANSITIVE"),
    ("mode_mutability", "off", False),
    ("mode_mutability", True, True),
    ("access_log", "YES", True),
    ("incompatible_code", 409, 409),
    ("incompatible_code", "40901", 40901),
    ("advertise", "https://registry.example:8081/", "https://registry.example:8081"),
    ("log_format", " json ", "json"),
    ("kafka", "a.example:9092 ,127.0.0.1:1,[::1]:65535", "a.example:9092,127.0.0.1:1,[::1]:65535"),
]


@pytest.mark.parametrize(("name", "told", "value"), RIGHT)
def test_right_value_is_understood(name: str, told: object, value: object) -> None:
    """Values are read as people write them: sizes and times with units, words in any case."""
    assert getattr(load(flags={name: told}, environment={}), name) == value


WRONG: list[tuple[str, object]] = [
    ("port", "65536"),
    ("port", "-1"),
    ("port", "8081.0"),
    ("port", "tcp://10.0.0.1:8081"),
    ("body_limit", "0"),
    ("body_limit", "10 MiBs"),
    ("body_limit", "1.5"),
    ("body_timeout", "0"),
    ("body_timeout", "-1"),
    ("body_timeout", "nan"),
    ("compatibility", "BACKWARDS"),
    ("mode_mutability", "maybe"),
    ("incompatible_code", "408"),
    ("advertise", "registry:8081"),
    ("advertise", "http://registry:8081?x=1"),
    ("advertise", "ftp://registry"),
    ("kafka", "broker"),
    ("kafka", "broker:0"),
    ("kafka", "broker:65536"),
    ("kafka", "broker:9092,"),
    ("kafka", "PLAINTEXT://broker:9092"),
    ("kafka", "user@broker:9092"),
    ("topic", "my schemas"),
    ("topic", ".."),
    ("topic", "t" * 250),
    ("kafka_sasl_mechanism", "GSSAPI"),
]


@pytest.mark.parametrize(("name", "told"), WRONG)
def test_wrong_value_is_refused_with_what_would_be_right(name: str, told: object) -> None:
    """A wrong value stops the start; the message names the setting, the value and what it must be."""
    [message] = wrong(flags={name: told})
    assert message == f"{ROWS[name].flag} is {told!r}: it must be {ROWS[name].kind.right}."


WRONG_IN_FILE = [
    ("host = 5", "5"),
    ("host = true", "true"),
    ("port = true", "true"),
    ("port = [8081]", "[8081]"),
    ("port = 8081.0", "8081.0"),
    ("body_limit = true", "true"),
    ("mode_mutability = {on = true}", '{"on": true}'),
    ("data = 2026-01-01", '"2026-01-01"'),
]


@pytest.mark.parametrize(("line", "shown"), WRONG_IN_FILE)
def test_value_of_another_type_is_shown_as_the_file_has_it(line: str, shown: str, tmp_path: Path) -> None:
    """A value of a type that its setting does not take is refused, and shown as TOML spells it, not as Python does."""
    (tmp_path / "momus.toml").write_text(line)
    name = line.partition(" ")[0]
    assert wrong() == [f"{name} in momus.toml is {shown}: it must be {ROWS[name].kind.right}."]


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("nothing", ["", "  "])
def test_setting_without_a_value_stops_the_start(name: str, nothing: str) -> None:
    """An empty value, of a shell variable that is not set, perhaps, is never taken for the default."""
    row = ROWS[name]
    assert wrong(flags={name: nothing}) == [f"{row.flag} has no value: it must be {row.kind.right}."]
    assert wrong(environment={row.variable: nothing}) == [f"{row.variable} has no value: it must be {row.kind.right}."]


def test_file_without_a_name_stops_the_start() -> None:
    """An empty --config is no wish for the file of the working folder."""
    assert wrong(file="") == ["--config has no value: it must be the path of a TOML file."]


def test_wrong_value_is_found_below_a_right_one(tmp_path: Path) -> None:
    """What another place overrides is checked all the same: it would be wrong on the day that place goes away."""
    (tmp_path / "momus.toml").write_text('port = "many"\n')
    assert wrong(flags={"port": "1"}, environment={"MOMUS_PORT": "none"}) == [
        "port in momus.toml is 'many': it must be a whole number from 0 to 65535.",
        "MOMUS_PORT is 'none': it must be a whole number from 0 to 65535.",
    ]


def test_limits_of_a_listing_agree() -> None:
    """A default above the maximum is refused, whichever of the two was told."""
    sentence = "it must not be above schema_search_max_limit, which is"
    assert wrong(environment={"MOMUS_SCHEMA_SEARCH_DEFAULT_LIMIT": "1001"}) == [
        f"MOMUS_SCHEMA_SEARCH_DEFAULT_LIMIT is 1001: {sentence} 1000."
    ]
    assert wrong(flags={"schema_search_max_limit": "10"}) == [f"schema_search_default_limit is 1000: {sentence} 10."]
    assert load(flags={"schema_search_default_limit": "7", "schema_search_max_limit": "7"}, environment={})


KAFKA = {"kafka": "broker:9092"}
TLS = KAFKA | {"kafka_tls": "on"}
PLAIN = KAFKA | {"kafka_sasl_mechanism": "plain", "kafka_sasl_username": "momus", "kafka_sasl_password": "hunter2"}
OAUTH = KAFKA | {
    "kafka_sasl_mechanism": "OAUTHBEARER",
    "kafka_oauth_url": "https://login.example/token",
    "kafka_oauth_client_id": "momus",
    "kafka_oauth_client_secret": "hunter2",
}


@pytest.mark.parametrize("told", [KAFKA, TLS, PLAIN, OAUTH, PLAIN | TLS])
def test_ways_to_kafka_are_right(told: dict[str, str]) -> None:
    """Brokers with and without TLS, with a password and with tokens."""
    assert load(flags=told, environment={}).kafka == "broker:9092"


REACHED = "the address at which other nodes reach this one"
AT_ODDS: list[tuple[dict[str, str], list[str]]] = [
    ({"topic": "mine"}, ["--topic is mine: it means nothing without kafka, which says where the brokers are."]),
    (
        {"kafka_sasl_password": "hunter2", "tail_noop": "on"},
        [
            "--tail-noop is true: it means nothing without kafka, which says where the brokers are.",
            "--kafka-sasl-password is set: it means nothing without kafka, which says where the brokers are.",
        ],
    ),
    (
        KAFKA | {"log": "memory"},
        ["--log is memory: with kafka, the log is a topic there: leave one of the two out."],
    ),
    (
        KAFKA | {"host": "0.0.0.0"},
        [f"advertise has no value: it must be {REACHED}; they cannot guess it from 0.0.0.0."],
    ),
    (
        KAFKA | {"advertise": "http://a.example/registry"},
        [
            (
                "--advertise is 'http://a.example/registry': it must be without a path: "
                "in the group a node has a scheme, a host and a port."
            )
        ],
    ),
    (
        KAFKA | {"heartbeat_interval": "2.5"},
        ["--heartbeat-interval is 2.5: it must not be above a third of session_timeout, which is 6."],
    ),
    (
        KAFKA | {"session_timeout": "500ms"},
        ["heartbeat_interval is 0.3: it must not be above a third of session_timeout, which is 0.5."],
    ),
    (
        KAFKA | {"kafka_tls_ca": "ca.pem"},
        [
            "--kafka-tls-ca is ca.pem: it means nothing without kafka_tls, which is off.",
            "--kafka-tls-ca is ca.pem: it cannot be read: No such file or directory.",
        ],
    ),
    (
        KAFKA | {"kafka_tls_check_hostname": "off"},
        ["--kafka-tls-check-hostname is false: it means nothing without kafka_tls, which is off."],
    ),
    (
        TLS | {"kafka_tls_key": "key.pem"},
        ["--kafka-tls-key is key.pem: it means nothing without kafka_tls_certificate."],
    ),
    (
        KAFKA | {"kafka_sasl_username": "momus"},
        ["--kafka-sasl-username is momus: it means nothing without kafka_sasl_mechanism."],
    ),
    (
        KAFKA | {"kafka_sasl_mechanism": "SCRAM-SHA-512"},
        [
            "kafka_sasl_username has no value: kafka_sasl_mechanism SCRAM-SHA-512 needs it.",
            "kafka_sasl_password has no value: kafka_sasl_mechanism SCRAM-SHA-512 needs it.",
        ],
    ),
    (
        OAUTH | {"kafka_sasl_password": "hunter2"},
        ["--kafka-sasl-password is set: it means nothing without another kafka_sasl_mechanism than OAUTHBEARER."],
    ),
    (
        PLAIN | {"kafka_oauth_scope": "kafka"},
        ["--kafka-oauth-scope is kafka: it means nothing without another kafka_sasl_mechanism than PLAIN."],
    ),
]


@pytest.mark.parametrize(("told", "messages"), AT_ODDS)
def test_kafka_settings_agree(told: dict[str, str], messages: list[str]) -> None:
    """What means nothing without another setting, or denies it, stops the start; all of it is said at once."""
    assert wrong(flags=told) == messages


def test_defaults_may_be_spelled_out_without_kafka() -> None:
    """A default that is written down claims nothing, so it needs no brokers."""
    assert load(flags={"topic": "_schemas", "kafka_tls": "off"}, environment={}) == Settings()


def test_secret_is_never_repeated(tmp_path: Path) -> None:
    """Neither a message nor any representation of the settings shows a password, a wrong one neither."""
    (tmp_path / "momus.toml").write_text("kafka_sasl_password = [4711]\n")
    assert wrong() == ["kafka_sasl_password in momus.toml is wrong: it must be a text that is not empty."]
    assert "4711" not in str(wrong(flags={"kafka_oauth_client_secret": "4711"}))
    (tmp_path / "momus.toml").write_text('kafka_sasl_password = "hunter2\\n"\n')
    settings = load(flags={key: value for key, value in PLAIN.items() if "password" not in key}, environment={})
    assert settings.kafka_sasl_password == Secret("hunter2")
    assert "hunter2" not in f"{settings} {settings!r} {ROWS['kafka_sasl_password'].kind.spell(Secret('hunter2'))}"


def test_each_secret_is_of_the_secret_kind() -> None:
    """A setting named like a secret is treated as one, and its default is none."""
    named = {name for name in ROWS if name.endswith(("password", "secret"))}
    assert named == {name for name, row in ROWS.items() if row.kind.is_secret}
    assert {ROWS[name].default for name in named} == {"none"}


NO_KEY = "there is no private key in it, in PEM; if it is in another file, kafka_tls_key says where."
# The file that is told as each setting, and what is said of it. The files are those of `pki`.
FILES: list[tuple[dict[str, str], list[str]]] = [
    ({"kafka_tls_ca": "certificate.pem"}, []),
    ({"kafka_tls_certificate": "both.pem"}, []),
    ({"kafka_tls_certificate": "certificate.pem", "kafka_tls_key": "key.pem"}, []),
    (
        {
            "kafka_tls_certificate": "certificate.pem",
            "kafka_tls_key": "locked.pem",
            "kafka_tls_key_password": "hunter2",
        },
        [],
    ),
    ({"kafka_tls_ca": "missing.pem"}, ["--kafka-tls-ca is missing.pem: it cannot be read: No such file or directory."]),
    ({"kafka_tls_ca": "."}, ["--kafka-tls-ca is .: it cannot be read: Is a directory."]),
    ({"kafka_tls_ca": "key.pem"}, ["--kafka-tls-ca is key.pem: there is no certificate in it, in PEM."]),
    (
        {"kafka_tls_certificate": "key.pem"},
        ["--kafka-tls-certificate is key.pem: there is no certificate in it, in PEM."],
    ),
    (
        {"kafka_tls_certificate": "certificate.pem"},
        [f"--kafka-tls-certificate is certificate.pem: {NO_KEY}"],
    ),
    (
        {"kafka_tls_certificate": "certificate.pem", "kafka_tls_key": "missing.pem"},
        ["--kafka-tls-key is missing.pem: it cannot be read: No such file or directory."],
    ),
    (
        {"kafka_tls_certificate": "certificate.pem", "kafka_tls_key": "other.pem"},
        ["--kafka-tls-key is other.pem: it belongs to another certificate than certificate.pem."],
    ),
    (
        {"kafka_tls_certificate": "certificate.pem", "kafka_tls_key": "locked.pem"},
        ["--kafka-tls-key is locked.pem: it needs kafka_tls_key_password."],
    ),
    (
        {
            "kafka_tls_certificate": "certificate.pem",
            "kafka_tls_key": "locked.pem",
            "kafka_tls_key_password": "hunter3",
        },
        ["--kafka-tls-key is locked.pem: kafka_tls_key_password does not open it."],
    ),
    (
        {"kafka_tls_ca": "missing.pem", "kafka_tls_certificate": "missing.pem"},
        [
            "--kafka-tls-ca is missing.pem: it cannot be read: No such file or directory.",
            "--kafka-tls-certificate is missing.pem: it cannot be read: No such file or directory.",
        ],
    ),
]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    made = Authority()
    certificate, key = made.signed("momus")
    (folder / "certificate.pem").write_bytes(certificate)
    (folder / "key.pem").write_bytes(key)
    (folder / "both.pem").write_bytes(certificate + key)
    (folder / "locked.pem").write_bytes(locked(key, "hunter2"))
    (folder / "other.pem").write_bytes(made.signed("other")[1])
    return folder


@pytest.mark.parametrize(("told", "messages"), FILES)
def test_certificates_are_looked_at_before_the_start(
    told: dict[str, str], messages: list[str], pki: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is missing, no PEM, or does not fit the others is a sentence at the start, not a riddle later."""
    monkeypatch.chdir(pki)
    if messages:
        assert wrong(flags=TLS | told) == messages
    else:
        assert load(flags=TLS | told, environment={}).kafka_tls


SERVICE_LINKS = {
    "MOMUS_SERVICE_HOST": "10.96.0.12",
    "MOMUS_SERVICE_PORT": "8081",
    "MOMUS_SERVICE_PORT_HTTP": "8081",
    "MOMUS_PORT": "tcp://10.96.0.12:8081",
    "MOMUS_PORT_8081_TCP": "tcp://10.96.0.12:8081",
    "MOMUS_PORT_8081_TCP_ADDR": "10.96.0.12",
    "MOMUS_PORT_8081_TCP_PORT": "8081",
    "MOMUS_PORT_8081_TCP_PROTO": "tcp",
    "MOMUS_PORT_53_UDP": "udp://10.96.0.12:53",
}


def test_service_links_of_kubernetes_are_no_settings() -> None:
    """What Kubernetes sets for a Service named momus changes nothing and can be told; what is like it is refused."""
    assert load(environment=SERVICE_LINKS) == Settings()
    assert service_links(SERVICE_LINKS | {"MOMUS_HOST": "::1", "PORT": "1"}) == sorted(SERVICE_LINKS)
    assert load(environment=SERVICE_LINKS | {"MOMUS_PORT": "99"}).port == 99
    near = ["MOMUS_PORT_TCP", "MOMUS_SERVICE", "MOMUS_SERVICE_PORTS", "MOMUS_PORT_8081_TCPX", "MOMUS_SERVICE_HOST_X"]
    assert [line.partition(" ")[0] for line in wrong(environment=dict.fromkeys(near, "1"))] == sorted(near)


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    """Each message says where the value came from, and one start is enough to see them all."""
    (tmp_path / "momus.toml").write_text('body-limit = 1\nworkers = "many"\n[tls]\n')
    assert wrong(flags={"dialect": "wide"}, environment={"MOMUS_PROT": "1", "MOMUS_LOG_LEVEL": "loud"}) == [
        "body-limit in momus.toml is no setting: did you mean body_limit?",
        "tls in momus.toml is no setting: `momus serve --help` lists them all.",
        "MOMUS_PROT in the environment is no setting: did you mean MOMUS_PORT?",
        "workers in momus.toml is 'many': it must be a whole number from 1 to 64.",
        "MOMUS_LOG_LEVEL is 'loud': it must be debug, info, warning or error.",
        "--dialect is 'wide': it must be full or narrow.",
    ]


def test_variables_of_the_tests_and_of_others_are_left_alone() -> None:
    """MOMUS_TEST_..., MOMUS_CONFIG, what other verbs are told and what does not begin with MOMUS_ are no settings."""
    others = {"MOMUS_REGISTRY": "http://a", "MOMUS_REGISTRY_TOKEN": "t", "MOMUS_AGAINST": "registry"}
    ours = {"MOMUS_TEST_X": "1", "MOMUS_CONFIG": "", "PORT": "1", "momus_port": "1"}
    assert load(environment=ours | others) == Settings()


def test_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    """A file named by flag or variable that is missing, a folder, or no TOML stops the start."""
    broken = tmp_path / "broken.toml"
    broken.write_text("port 1")
    (tmp_path / "latin.toml").write_bytes(b'host = "\xe9"')
    assert wrong(file=Path("missing.toml")) == ["missing.toml cannot be read: No such file or directory"]
    assert wrong(environment={"MOMUS_CONFIG": str(tmp_path)}) == [f"{tmp_path} cannot be read: Is a directory"]
    assert wrong(file=broken)[0].startswith(f"{broken} is not a TOML file: ")
    assert wrong(file=Path("latin.toml"))[0].startswith("latin.toml is not a TOML file: ")


def test_each_sentence_is_one() -> None:
    """Every setting is explained in one sentence that ends with a full stop."""
    assert [row.name for row in ROWS.values() if not row.sentence.endswith(".") or ". " in row.sentence] == []


def test_each_setting_does_something() -> None:
    """No setting is a promise that nobody keeps: the service reads each one somewhere."""
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "registry").rglob("*.py"))
    assert [name for name in ROWS if f"settings.{name}" not in source] == []
