"""A registry, of whatever vendor, as a `Store`: what the gate asks of it, through `momus.client`."""

import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

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
from momus.gate.bases import Asked, Stored
from momus.gate.configuration import Configuration, Registry
from momus.gate.faults import NoRegistry, WrongConfiguration

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


@asynccontextmanager
async def opened(registry: Registry) -> AsyncIterator[AsyncRegistryClient]:
    """A client of it, open while it is used. Whatever the registry has against us is NoRegistry."""
    try:
        tls = _tls(registry)
        if tls is not None:
            tls.context()  # a file that cannot be read is told now
        client = AsyncRegistryClient(registry.url, auth=_auth(registry.auth), tls=tls)
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
async def live(registry: Registry) -> AsyncIterator[LiveRegistry]:
    """As `opened`, for the gate; what its configuration says of the registry may be wrong."""
    try:
        async with opened(registry) as client:
            yield LiveRegistry(client)
    except ValueError as error:
        raise WrongConfiguration(str(error)) from error


def reached(configuration: Configuration, url: str | None, environment: str | None) -> Registry:
    """The registry of a flag, of an environment, or of the file, with variables filled in."""
    registry = configuration.registry
    if environment is not None:
        if environment not in configuration.environments:
            raise WrongConfiguration(f"{configuration.file}: there is no environment '{environment}' under registry")
        registry = configuration.environments[environment]
    found = Registry(
        url or _filled(registry.url, os.environ) or os.environ.get("MOMUS_REGISTRY", ""),
        {key: _filled(value, os.environ) for key, value in registry.auth.items()},
        registry.ca, registry.certificate, registry.key,
    )  # fmt: skip
    if not found.url:
        raise WrongConfiguration("which registry? --registry URL, MOMUS_REGISTRY, or registry.url in the configuration")
    return found


def beside(subject: str, other: str) -> str:
    """What `other` means in a reference of `subject`: without a context of its own, it is in the same."""
    context = subject[: subject.find(":", 1) + 1] if subject.startswith(":.") else ""
    return other if other.startswith(":") else context + other


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
