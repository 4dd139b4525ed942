"""A registry, of whatever vendor, as a `Store`: what the gate asks of it, through `momus.client`."""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from compat import POLICIES
from compat.level import Level
from momus.client import (
    AsyncRegistryClient,
    Auth,
    Basic,
    Bearer,
    LoginFailed,
    LoginRefused,
    NotFound,
    OAuth,
    RegistryError,
    SubjectSchema,
    Tls,
)
from momus.gate.bases import Asked
from momus.gate.configuration import Configuration, Registry
from momus.gate.faults import NoRegistry, WrongConfiguration
from momus.gate.identity_tokens import ci_tokens
from momus.gate.names import Names, beside
from momus.gate.store_bases import Store, Stored

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class LiveRegistry:
    def __init__(self, client: AsyncRegistryClient) -> None:
        self._client = client
        self._known: dict[tuple[str, int], SubjectSchema] = {}

    async def subjects(self) -> list[str]:
        return await self._client.list_subjects()

    async def versions(self, subject: str) -> list[int]:
        try:
            return sorted(await self._client.list_versions(subject))
        except NotFound:
            return []

    async def stored(self, subject: str, version: int) -> Stored:
        found = await self.whole(subject, version)
        references = tuple((one.name, beside(subject, one.subject), one.version) for one in found.references)
        properties = found.metadata.properties if found.metadata else {}
        return Stored(subject, found.version, found.id, found.schema_type, found.schema, references, properties)

    async def whole(self, subject: str, version: int) -> SubjectSchema:
        if (subject, version) not in self._known:
            # A version that others refer to may be deleted softly, and is read all the same.
            self._known[subject, version] = await self._client.get_version(subject, version, deleted=True)
        return self._known[subject, version]

    async def asked(self, subject: str) -> Asked | None:
        try:
            config = await self._client.get_config(subject, default_to_global=True)
        except NotFound:
            config = await self._client.get_config()
        level = Level[config.compatibility_level or "BACKWARD"]
        policy = config.compatibility_policy or "STRICT"
        return Asked(
            level,
            policy if policy in POLICIES else "STRICT",
            config.compatibility_group,
            normalize=bool(config.normalize),
            validate_fields=bool(config.validate_fields),
        )


class Here:
    """A registry under the names that subjects have in the files."""

    def __init__(self, store: Store, names: Names) -> None:
        self._store = store
        self._names = names

    async def subjects(self) -> list[str]:
        return [here for one in await self._store.subjects() if (here := self._names.here(one)) is not None]

    async def versions(self, subject: str) -> list[int]:
        return await self._store.versions(self._names.read(subject))

    async def stored(self, subject: str, version: int) -> Stored:
        found = await self._store.stored(self._names.read(subject), version)
        references = tuple((name, self._names.spelled(other), number) for name, other, number in found.references)
        return replace(found, subject=subject, references=references)

    async def asked(self, subject: str) -> Asked | None:
        return await self._store.asked(self._names.read(subject))


@asynccontextmanager
async def opened(registry: Registry) -> AsyncIterator[AsyncRegistryClient]:
    """A client of it, open while it is used. Whatever the registry has against us is NoRegistry."""
    try:
        tls = _tls(registry)
        if tls is not None:
            tls.context()  # a file that cannot be read is told now
        client = AsyncRegistryClient(
            registry.url,
            auth=_auth(registry.auth),
            tls=tls,
            proxy=registry.proxy or _proxy_of(registry.url),
            timeout=registry.timeout,
            retries=registry.retries,
        )
    except ValueError as error:
        raise WrongConfiguration(str(error)) from error
    except OSError as error:
        raise WrongConfiguration(f"the certificates for {registry.url} cannot be used: {error}") from error
    try:
        async with client:
            yield client
    except LoginRefused as refused:
        raise NoRegistry(f"{registry.url} does not let us in ({refused.status}): see registry.auth") from refused
    except LoginFailed as failed:
        raise NoRegistry(str(failed)) from failed
    except RegistryError as error:
        raise NoRegistry(f"{registry.url}: {error}") from error


@asynccontextmanager
async def live(registry: Registry) -> AsyncIterator[Store]:
    """As `opened`, for the gate; what its configuration says of the registry may be wrong."""
    try:
        async with opened(registry) as client:
            yield Here(LiveRegistry(client), Names(registry.prefix, registry.context))
    except ValueError as error:
        raise WrongConfiguration(str(error)) from error


def reached(configuration: Configuration, url: str | None, environment: str | None) -> Registry:
    """The registry of a flag, of an environment, or of the file, with variables filled in."""
    registry = configuration.registry
    variable = os.environ.get("MOMUS_REGISTRY", "")
    if environment is not None:
        if environment not in configuration.environments:
            raise WrongConfiguration(f"{configuration.file}: there is no environment '{environment}' under registry")
        registry = configuration.environments[environment]
        variable = ""  # which is no environment's
    given = registry.auth or _auth_of(os.environ)
    found = replace(
        registry,
        url=(url or variable or _filled(registry.url, os.environ)).strip().rstrip("/"),
        auth={key: _filled(value, os.environ) for key, value in given.items()},
        proxy=_filled(registry.proxy or "", os.environ) or None,
    )
    if not found.url:
        raise WrongConfiguration("which registry? --registry URL, MOMUS_REGISTRY, or registry.url in the configuration")
    return found


def _auth_of(variables: Mapping[str, str]) -> dict[str, str]:
    """Where the configuration says nothing."""
    if "MOMUS_REGISTRY_TOKEN" in variables:
        return {"type": "bearer", "token": "${MOMUS_REGISTRY_TOKEN}"}
    if "MOMUS_REGISTRY_USER" in variables:
        return {"type": "basic", "user": "${MOMUS_REGISTRY_USER}", "password": "${MOMUS_REGISTRY_PASSWORD}"}
    return {}


def _proxy_of(url: str) -> str:
    """As the variables HTTP_PROXY, HTTPS_PROXY and NO_PROXY say; the first of several URLs tells."""
    parts = urlsplit(url.partition(",")[0])
    if parts.hostname in (None, "localhost", "127.0.0.1", "::1") or proxy_bypass(parts.hostname):
        return ""
    return getproxies_environment().get(parts.scheme, "")


def _filled(text: str, variables: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in variables:
            raise WrongConfiguration(f"the variable {match[1]} is not set, and the configuration needs it")
        return variables[match[1]]

    return _VARIABLE.sub(value, text)


def _auth(given: Mapping[str, str]) -> Auth | None:
    match given.get("type"):
        case "basic":
            return Basic(given.get("user", ""), given.get("password", ""))
        case "bearer":
            return Bearer(given.get("token", ""))
        case "oidc":
            return Bearer(given["token"] if "token" in given else ci_tokens(given.get("audience", ""), os.environ))
        case "oauth":
            return OAuth(
                given.get("url", ""), given.get("client_id", ""), given.get("client_secret", ""), given.get("scope")
            )
        case _:
            return None


def _tls(registry: Registry) -> Tls | None:
    if registry.ca is None and registry.certificate is None:
        return None
    return Tls(registry.ca, registry.certificate, registry.key)
