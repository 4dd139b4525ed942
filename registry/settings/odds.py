"""Settings that are right alone, and wrong together."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from registry.settings.certificates import certificate_problem, key_problem
from registry.settings.table import DEFAULTS, ROWS, Settings
from registry.settings.wrong import Told, WrongSetting

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


def at_odds(settings: Settings, told: Mapping[str, Told]) -> Iterator[WrongSetting]:
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
        if file is not None and (problem := certificate_problem(file)):
            yield name, f"is {file}", problem
    certificate = settings.kafka_tls_certificate
    if certificate is not None and not certificate_problem(certificate):
        name, file = "kafka_tls_key", settings.kafka_tls_key
        if file is None:
            name, file = "kafka_tls_certificate", certificate
        if problem := key_problem(certificate, file, settings.kafka_tls_key_password):
            yield name, f"is {file}", problem
