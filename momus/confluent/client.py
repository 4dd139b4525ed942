"""`SchemaRegistryClient(conf)` over `momus.client`: the same keys, calls and answers."""

# ruff: noqa: FBT001, FBT002, TRY004  (the signatures and kinds of errors are confluent-kafka's)

from collections.abc import Mapping
from typing import Any, Final, Self
from urllib.parse import unquote, urlsplit, urlunsplit

from momus.client import Basic, Bearer, OAuth, RegistryClient, Tls
from momus.client.access import Auth
from momus.client.values import ConfigUpdate
from momus.confluent.values import RegisteredSchema, Schema, ours, theirs, told_as_theirs

TIMEOUT: Final = 15.0  # seconds; confluent-kafka waits for ever
_KEYS: Final = frozenset(
    (
        "url",
        "ssl.ca.location",
        "ssl.certificate.location",
        "ssl.key.location",
        "ssl.key.password",
        "basic.auth.user.info",
        "bearer.auth.credentials.source",
        "bearer.auth.token",
        "bearer.auth.client.id",
        "bearer.auth.client.secret",
        "bearer.auth.scope",
        "bearer.auth.issuer.endpoint.url",
        "bearer.auth.logical.cluster",
        "bearer.auth.identity.pool.id",
        "bearer.auth.custom.provider.function",
        "bearer.auth.custom.provider.config",
        "timeout",
        "cache.capacity",
        "cache.latest.ttl.sec",
        "max.retries",
        "retries.wait.ms",
        "retries.max.wait.ms",
        "proxy",
    )
)


class SchemaRegistryClient:
    def __init__(self, conf: Mapping[str, Any]) -> None:
        unknown = sorted(conf.keys() - _KEYS)
        if unknown:
            raise ValueError(f"Unrecognized properties: {', '.join(unknown)}")
        if not conf.get("url"):
            raise ValueError("Missing required configuration property url")
        if conf.get("proxy"):
            raise ValueError("proxy: not supported here; see docs/from-confluent-kafka.md")
        self._conf = dict(conf)
        self.registry = RegistryClient(
            _without_users(str(conf["url"])),
            auth=_auth(conf),
            tls=_tls(conf),
            headers=_headers(conf),
            timeout=float(conf.get("timeout") or TIMEOUT),
            retries=int(conf.get("max.retries", 3)),
            backoff=float(conf.get("retries.wait.ms", 1000)) / 1000,
            longest_wait=float(conf.get("retries.max.wait.ms", 20_000)) / 1000,
            cache_size=int(conf.get("cache.capacity", 1000)),
            latest_age=float(conf.get("cache.latest.ttl.sec") or 60.0),
        )

    @staticmethod
    def new_client(conf: Mapping[str, Any]) -> "SchemaRegistryClient":
        return SchemaRegistryClient(conf)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.registry.close()

    def config(self) -> dict[str, Any]:
        return self._conf

    def register_schema(self, subject_name: str, schema: Any, normalize_schemas: bool = False) -> int:
        return self.register_schema_full_response(subject_name, schema, normalize_schemas).schema_id or 0

    def register_schema_full_response(
        self,
        subject_name: str,
        schema: Any,
        normalize_schemas: bool = False,
    ) -> RegisteredSchema:
        own = _whole(schema)
        with told_as_theirs():
            found = self.registry.register_schema(subject_name, own, normalize=normalize_schemas)
        return RegisteredSchema(
            subject_name, found.version, found.id, found.guid, theirs(found if found.is_whole else own)
        )

    def lookup_schema(
        self, subject_name: str, schema: Any, normalize_schemas: bool = False, fmt: str | None = None,
        deleted: bool = False,
    ) -> RegisteredSchema:  # fmt: skip
        with told_as_theirs():
            return _registered(
                self.registry.look_up_schema(
                    subject_name, _whole(schema), normalize=normalize_schemas, deleted=deleted, format=fmt or ""
                )
            )

    def get_schema(
        self,
        schema_id: int,
        subject_name: str | None = None,
        fmt: str | None = None,
        reference_format: str | None = None,
    ) -> Schema:
        with told_as_theirs():
            return theirs(
                self.registry.get_schema(
                    schema_id,
                    subject=subject_name or "",
                    format=fmt or "",
                    reference_format=reference_format or "",
                )
            )

    def get_schema_by_guid(self, guid: str, fmt: str | None = None) -> Schema:
        with told_as_theirs():
            return theirs(self.registry.get_schema_by_guid(guid, format=fmt or ""))

    def get_schema_types(self) -> list[str]:
        with told_as_theirs():
            return self.registry.list_schema_types()

    def get_subjects(self, subject_prefix: str | None = None, deleted: bool = False) -> list[str]:
        with told_as_theirs():
            return self.registry.list_subjects(subject_prefix, deleted=deleted)

    def delete_subject(self, subject_name: str, permanent: bool = False) -> list[int]:
        with told_as_theirs():
            versions = self.registry.delete_subject(subject_name)
            return self.registry.delete_subject(subject_name, permanent=True) if permanent else versions

    def get_latest_version(self, subject_name: str, fmt: str | None = None) -> RegisteredSchema:
        with told_as_theirs():
            return _registered(self.registry.get_latest(subject_name, format=fmt or ""))

    def get_latest_with_metadata(
        self,
        subject_name: str,
        metadata: Mapping[str, str],
        deleted: bool = False,
        fmt: str | None = None,
    ) -> RegisteredSchema:
        with told_as_theirs():
            return _registered(
                self.registry.find_schema_by_metadata(subject_name, metadata, deleted=deleted, format=fmt or "")
            )

    def get_version(
        self,
        subject_name: str,
        version: Any = "latest",
        deleted: bool = False,
        fmt: str | None = None,
    ) -> RegisteredSchema:
        with told_as_theirs():
            return _registered(self.registry.get_version(subject_name, version, deleted=deleted, format=fmt or ""))

    def get_versions(self, subject_name: str, deleted: bool = False) -> list[int]:
        with told_as_theirs():
            return self.registry.list_versions(subject_name, deleted=deleted)

    def get_referenced_by(self, subject_name: str, version: Any) -> list[int]:
        with told_as_theirs():
            return self.registry.list_referrers(subject_name, version)

    def delete_version(self, subject_name: str, version: int, permanent: bool = False) -> int:
        with told_as_theirs():
            number = self.registry.delete_version(subject_name, version)
            return self.registry.delete_version(subject_name, version, permanent=True) if permanent else number

    def get_compatibility(self, subject_name: str | None = None) -> str:
        with told_as_theirs():
            return self.registry.get_config(subject_name).compatibility_level or ""

    def set_compatibility(self, subject_name: str | None = None, level: str | None = None) -> str | None:
        with told_as_theirs():
            self.registry.set_config(ConfigUpdate(compatibility=level), subject_name)
        return level

    def test_compatibility(
        self,
        subject_name: str,
        schema: Any,
        version: Any = "latest",
        normalize_schemas: bool = False,
    ) -> bool:
        with told_as_theirs():
            return self.registry.check_compatibility(
                subject_name, _whole(schema), version, normalize=normalize_schemas
            ).is_compatible

    def test_compatibility_all_versions(
        self,
        subject_name: str,
        schema: Any,
        normalize_schemas: bool = False,
    ) -> bool:
        with told_as_theirs():
            return self.registry.check_compatibility(
                subject_name, _whole(schema), normalize=normalize_schemas
            ).is_compatible

    def clear_latest_caches(self) -> None:
        self.registry.forget()

    def clear_caches(self) -> None:
        self.registry.forget()


def _whole(schema: Any) -> Any:
    found = ours(schema, "AVRO")
    if found is None:
        raise ValueError("a schema is needed")
    return found


def _registered(found: Any) -> RegisteredSchema:
    return RegisteredSchema(found.subject, found.version, found.id, found.guid, theirs(found))


def _without_users(urls: str) -> str:
    plain = []
    for url in urls.split(","):
        parts = urlsplit(url.strip())
        plain.append(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))
    return ",".join(plain)


def _auth(conf: Mapping[str, Any]) -> Auth | None:
    first = urlsplit(str(conf["url"]).split(",")[0].strip())
    info = conf.get("basic.auth.user.info")
    source = str(conf.get("bearer.auth.credentials.source") or "").upper()
    if sum((first.username is not None, bool(info), bool(source))) > 1:
        raise ValueError("there are several ways to log in: in the URL, basic.auth.user.info, bearer.auth.*; give one")
    if first.username is not None:
        return Basic(unquote(first.username), unquote(first.password or ""))
    if info:
        user, _, password = str(info).partition(":")
        return Basic(user, password)
    match source:
        case "":
            return None
        case "STATIC_TOKEN":
            return Bearer(_needed(conf, "bearer.auth.token"))
        case "OAUTHBEARER":
            return OAuth(
                _needed(conf, "bearer.auth.issuer.endpoint.url"),
                _needed(conf, "bearer.auth.client.id"),
                _needed(conf, "bearer.auth.client.secret"),
                conf.get("bearer.auth.scope"),
            )
        case "CUSTOM":
            function = conf.get("bearer.auth.custom.provider.function")
            if not callable(function):
                raise ValueError("bearer.auth.custom.provider.function must be callable")
            settings = conf.get("bearer.auth.custom.provider.config")
            return Bearer(lambda: str(function(settings)["bearer.auth.token"]))
        case _:
            raise ValueError(f"bearer.auth.credentials.source {source} is not supported here")


def _needed(conf: Mapping[str, Any], key: str) -> str:
    if not conf.get(key):
        raise ValueError(f"Missing required configuration property {key}")
    return str(conf[key])


def _headers(conf: Mapping[str, Any]) -> dict[str, str]:
    names = {
        "bearer.auth.logical.cluster": "target-sr-cluster",
        "bearer.auth.identity.pool.id": "Confluent-Identity-Pool-Id",
    }
    return {header: str(conf[key]) for key, header in names.items() if conf.get(key)}


def _tls(conf: Mapping[str, Any]) -> Tls | None:
    keys = ("ssl.ca.location", "ssl.certificate.location", "ssl.key.location", "ssl.key.password")
    if not any(key in conf for key in keys):
        return None
    ca = conf.get("ssl.ca.location")
    return Tls(
        None if isinstance(ca, bool) else ca,
        conf.get("ssl.certificate.location"),
        conf.get("ssl.key.location"),
        conf.get("ssl.key.password"),
        ca is not False,
    )
