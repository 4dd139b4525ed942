"""confluent-kafka's two clients over `momus.client`: the same keys, calls and answers.

What can be asked is told once, in `_Calls`, as coroutines over either of our clients; over the one that waits none of
them is ever suspended. That is how the two twins are one text here, too.
"""

# ruff: noqa: FBT001, FBT002  (the signatures are confluent-kafka's)

from collections.abc import Callable, Coroutine, Mapping
from functools import update_wrapper
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

import msgspec

from momus.client import AsyncRegistryClient, RegistryClient
from momus.client import Schema as OurSchema
from momus.client.values import AssociationRequest, ConfigUpdate, Value
from momus.confluent.configuration import arguments_of
from momus.confluent.error import SchemaRegistryError, told_as_theirs
from momus.confluent.values import (
    Association,
    AssociationCreateOrUpdateInfo,
    AssociationCreateOrUpdateRequest,
    AssociationInfo,
    AssociationResponse,
    ConfigCompatibilityLevel,
    Metadata,
    MetadataProperties,
    MetadataTags,
    RegisteredSchema,
    Rule,
    RuleKind,
    RuleMode,
    RuleParams,
    RulePhase,
    RuleSet,
    Schema,
    SchemaReference,
    SchemaVersion,
    ServerConfig,
    in_json,
    ours,
    theirs,
)
from momus.serde.store import answered, finished

P = ParamSpec("P")
T = TypeVar("T")


class call(Generic[P, T]):  # noqa: N801 - used as a decorator
    """What a registry can be asked: of the awaited client a coroutine function, of the other a plain one."""

    def __init__(self, function: Callable[Concatenate[Any, P], Coroutine[Any, Any, T]]) -> None:
        self.__doc__ = function.__doc__
        self._function = function

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: "AsyncSchemaRegistryClient", owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, client: "SchemaRegistryClient", owner: type) -> Callable[P, T]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        async def asked(*arguments: P.args, **named: P.kwargs) -> T:
            with told_as_theirs():
                return await self._function(client, *arguments, **named)

        def waiting(*arguments: P.args, **named: P.kwargs) -> T:
            return finished(asked(*arguments, **named))

        return update_wrapper(asked if client.is_awaited else waiting, MethodType(self._function, client))


class _Calls:
    """What both clients have."""

    registry: Any
    is_awaited: bool
    _conf: dict[str, Any]

    def config(self) -> dict[str, Any]:
        """The configuration it was made with."""
        return self._conf

    @call
    async def register_schema(self, subject_name: str, schema: Any, normalize_schemas: bool = False) -> int:
        """Register a schema; its id."""
        answer = await answered(
            self.registry.register_schema(subject_name, _whole(schema), normalize=normalize_schemas)
        )
        return int(answer.id)

    @call
    async def register_schema_full_response(
        self, subject_name: str, schema: Any, normalize_schemas: bool = False
    ) -> RegisteredSchema:
        """Register a schema; what the registry tells of it."""
        own = _whole(schema)
        found = await answered(self.registry.register_schema(subject_name, own, normalize=normalize_schemas))
        stored = theirs(found if found.is_whole else own)
        return RegisteredSchema(subject_name, found.version, found.id, found.guid, stored)

    @call
    async def lookup_schema(
        self,
        subject_name: str,
        schema: Any,
        normalize_schemas: bool = False,
        fmt: str | None = None,
        deleted: bool = False,
    ) -> RegisteredSchema:
        """The version of the subject that holds this schema."""
        asked = self.registry.look_up_schema(
            subject_name, _whole(schema), normalize=normalize_schemas, deleted=deleted, format=fmt or ""
        )
        return _registered(await answered(asked))

    @call
    async def get_schema(
        self,
        schema_id: int,
        subject_name: str | None = None,
        fmt: str | None = None,
        reference_format: str | None = None,
    ) -> Schema:
        """The schema with this id. Remembered for good."""
        asked = self.registry.get_schema(
            schema_id, subject=subject_name or "", format=fmt or "", reference_format=reference_format or ""
        )
        return theirs(await answered(asked))

    @call
    async def get_schema_by_guid(self, guid: str, fmt: str | None = None) -> Schema:
        """The schema with this GUID. Remembered for good."""
        return theirs(await answered(self.registry.get_schema_by_guid(guid, format=fmt or "")))

    @call
    async def get_schema_types(self) -> list[str]:
        """The formats that the registry knows."""
        return list(await answered(self.registry.list_schema_types()))

    @call
    async def get_subjects_by_schema_id(
        self,
        schema_id: int,
        subject_name: str | None = None,
        deleted: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> list[str]:
        """The subjects that hold the schema with this id."""
        asked = self.registry.list_subjects_of_schema(
            schema_id, subject=subject_name or "", deleted=deleted, offset=offset, limit=limit
        )
        return list(await answered(asked))

    @call
    async def get_schema_versions(
        self,
        schema_id: int,
        subject_name: str | None = None,
        deleted: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> list[SchemaVersion]:
        """The subjects and versions that hold the schema with this id."""
        asked = self.registry.list_versions_of_schema(
            schema_id, subject=subject_name or "", deleted=deleted, offset=offset, limit=limit
        )
        return [SchemaVersion(found.subject, found.version) for found in await answered(asked)]

    @call
    async def get_subjects(
        self,
        subject_prefix: str | None = None,
        deleted: bool = False,
        deleted_only: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> list[str]:
        """The subjects, of all contexts unless the prefix says otherwise."""
        asked = self.registry.list_subjects(
            subject_prefix, deleted=deleted, deleted_only=deleted_only, offset=offset, limit=limit
        )
        return list(await answered(asked))

    @call
    async def delete_subject(self, subject_name: str, permanent: bool = False) -> list[int]:
        """Delete a subject; with `permanent` for good what was deleted before. The versions deleted."""
        return list(await answered(self.registry.delete_subject(subject_name, permanent=permanent)))

    @call
    async def get_latest_version(self, subject_name: str, fmt: str | None = None) -> RegisteredSchema:
        """The newest version of a subject. Remembered for `cache.latest.ttl.sec`."""
        return _registered(await answered(self.registry.get_latest(subject_name, format=fmt or "")))

    @call
    async def get_latest_with_metadata(
        self,
        subject_name: str,
        metadata: Mapping[str, str],
        deleted: bool = False,
        fmt: str | None = None,
    ) -> RegisteredSchema:
        """The newest version whose metadata has these properties. Remembered for `cache.latest.ttl.sec`."""
        asked = self.registry.find_schema_by_metadata(subject_name, metadata, deleted=deleted, format=fmt or "")
        return _registered(await answered(asked))

    @call
    async def get_version(
        self,
        subject_name: str,
        version: Any = "latest",
        deleted: bool = False,
        fmt: str | None = None,
    ) -> RegisteredSchema:
        """A version of a subject."""
        asked = self.registry.get_version(subject_name, version, deleted=deleted, format=fmt or "")
        return _registered(await answered(asked))

    @call
    async def get_referenced_by(
        self, subject_name: str, version: Any = "latest", offset: int = 0, limit: int = -1
    ) -> list[int]:
        """The ids of the schemas that refer to a version."""
        return list(await answered(self.registry.list_referrers(subject_name, version, offset=offset, limit=limit)))

    @call
    async def get_versions(
        self,
        subject_name: str,
        deleted: bool = False,
        deleted_only: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> list[int]:
        """The numbers of a subject's versions."""
        asked = self.registry.list_versions(
            subject_name, deleted=deleted, deleted_only=deleted_only, offset=offset, limit=limit
        )
        return list(await answered(asked))

    @call
    async def delete_version(self, subject_name: str, version: int, permanent: bool = False) -> int:
        """Delete a version; with `permanent` for good what was deleted before. Its number."""
        return int(await answered(self.registry.delete_version(subject_name, version, permanent=permanent)))

    @call
    async def set_compatibility(self, subject_name: str | None = None, level: str | None = None) -> dict[str, Any]:
        """Set the level of all subjects, or of one. The API's JSON: `{"compatibility": "FULL"}`."""
        if level is None:
            raise ValueError("level must be set")
        await answered(self.registry.set_config(ConfigUpdate(compatibility=level.upper()), subject_name))
        return {"compatibility": level.upper()}

    @call
    async def get_compatibility(self, subject_name: str | None = None) -> str:
        """The level of all subjects, or of one."""
        return (await answered(self.registry.get_config(subject_name))).compatibility_level or ""

    @call
    async def test_compatibility(
        self,
        subject_name: str,
        schema: Any,
        version: Any = "latest",
        normalize: bool = False,
        verbose: bool = False,
    ) -> bool:
        """Is a schema compatible with a version, at the subject's level?"""
        asked = self.registry.check_compatibility(
            subject_name, _whole(schema), version, normalize=normalize, verbose=verbose
        )
        return bool((await answered(asked)).is_compatible)

    @call
    async def test_compatibility_all_versions(
        self, subject_name: str, schema: Any, normalize: bool = False, verbose: bool = False
    ) -> bool:
        """Could a schema be registered, at the subject's level?"""
        asked = self.registry.check_compatibility(subject_name, _whole(schema), normalize=normalize, verbose=verbose)
        return bool((await answered(asked)).is_compatible)

    @call
    async def set_config(self, subject_name: str | None = None, config: Any = None) -> dict[str, Any]:
        """Configure all subjects, or one. What is set there now, in the API's JSON."""
        if config is None:
            raise ValueError("config must be set")
        told = config.to_dict()
        level = told.pop("compatibilityLevel", None)
        wanted = msgspec.convert({"compatibility": level} | told if level else told, ConfigUpdate)
        set_now = in_json(await answered(self.registry.set_config(wanted, subject_name)))
        level = set_now.pop("compatibilityLevel", None)
        return {"compatibility": level, **set_now} if level else set_now

    @call
    async def get_config(self, subject_name: str | None = None) -> ServerConfig:
        """What is configured for all subjects, or for one."""
        return _config(await answered(self.registry.get_config(subject_name)))

    @call
    async def delete_config(self, subject_name: str | None = None) -> ServerConfig:
        """Take away what is configured. What it was."""
        return _config(await answered(self.registry.delete_config(subject_name)))

    @call
    async def get_mode(self, subject_name: str) -> str:
        """The mode of a subject."""
        return (await answered(self.registry.get_mode(subject_name))).mode or ""

    @call
    async def update_mode(self, subject_name: str, mode: str, force: bool = False) -> str:
        """Set the mode of a subject."""
        return (await answered(self.registry.set_mode(mode, subject_name, force=force))).mode or ""

    @call
    async def delete_mode(self, subject_name: str) -> str:
        """Take away the mode of a subject. What it was."""
        return (await answered(self.registry.delete_mode(subject_name))).mode or ""

    @call
    async def get_global_mode(self) -> str:
        """The mode of all subjects."""
        return (await answered(self.registry.get_mode())).mode or ""

    @call
    async def update_global_mode(self, mode: str, force: bool = False) -> str:
        """Set the mode of all subjects."""
        return (await answered(self.registry.set_mode(mode, force=force))).mode or ""

    @call
    async def get_contexts(self, offset: int = 0, limit: int = -1) -> list[str]:
        """The contexts; the default one is `.`."""
        return list(await answered(self.registry.list_contexts(offset=offset, limit=limit)))

    @call
    async def create_association(self, request: Any) -> AssociationResponse:
        """Tie a topic to subjects."""
        wanted = msgspec.convert(request.to_dict(), AssociationRequest)
        return AssociationResponse.from_dict(in_json(await answered(self.registry.create_associations(wanted))))

    @call
    async def get_associations_by_resource_name(
        self,
        resource_name: str,
        resource_namespace: str,
        resource_type: str | None = None,
        association_types: list[str] | None = None,
        offset: int = 0,
        limit: int = -1,
    ) -> list[Association]:
        """The associations of a topic by its name."""
        asked = self.registry.list_associations_of_resource_name(
            resource_namespace,
            resource_name,
            resource_type=resource_type or "",
            association_type=association_types or (),
            offset=offset,
            limit=limit,
        )
        return [Association.from_dict(in_json(found)) for found in await answered(asked)]

    @call
    async def delete_associations(
        self,
        resource_id: str,
        resource_type: str | None = None,
        association_types: list[str] | None = None,
        cascade_lifecycle: bool = False,
    ) -> None:
        """Untie a topic from its subjects; with `cascade_lifecycle`, delete those that it owns."""
        asked = self.registry.delete_associations(
            resource_id,
            resource_type=resource_type or "",
            association_type=association_types or (),
            cascade_lifecycle=cascade_lifecycle,
        )
        await answered(asked)

    def clear_latest_caches(self) -> None:
        """Ask anew for the latest versions, and for all else."""
        self.registry.forget()

    def clear_caches(self) -> None:
        """Ask anew for everything."""
        self.registry.forget()


class SchemaRegistryClient(_Calls):
    """A client that waits for its answers. `registry` is the `momus.client.RegistryClient` beneath."""

    is_awaited = False

    def __init__(self, conf: Mapping[str, Any]) -> None:
        """Nothing is asked yet. Raises ValueError for a key or a value that is not known."""
        self._conf = dict(conf)
        self.registry: RegistryClient = RegistryClient(**arguments_of(conf))

    @staticmethod
    def new_client(conf: Mapping[str, Any]) -> "SchemaRegistryClient":
        """The same as calling the class."""
        return SchemaRegistryClient(conf)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.registry.close()


class AsyncSchemaRegistryClient(_Calls):
    """A client that is awaited. `registry` is the `momus.client.AsyncRegistryClient` beneath."""

    is_awaited = True

    def __init__(self, conf: Mapping[str, Any]) -> None:
        """Nothing is asked yet. Raises ValueError for a key or a value that is not known."""
        self._conf = dict(conf)
        self.registry: AsyncRegistryClient = AsyncRegistryClient(**arguments_of(conf))

    @staticmethod
    def new_client(conf: Mapping[str, Any]) -> "AsyncSchemaRegistryClient":
        """The same as calling the class."""
        return AsyncSchemaRegistryClient(conf)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        await self.registry.close()

    aclose = close


def _whole(schema: Any) -> OurSchema:
    found = ours(schema, "AVRO")
    if found is None:
        raise ValueError("a schema is needed")
    return found


def _registered(found: Any) -> RegisteredSchema:
    return RegisteredSchema(found.subject, found.version, found.id, found.guid, theirs(found))


def _config(found: Value) -> ServerConfig:
    return ServerConfig.from_dict(in_json(found))


__all__ = [
    "Association",
    "AssociationCreateOrUpdateInfo",
    "AssociationCreateOrUpdateRequest",
    "AssociationInfo",
    "AssociationResponse",
    "AsyncSchemaRegistryClient",
    "ConfigCompatibilityLevel",
    "Metadata",
    "MetadataProperties",
    "MetadataTags",
    "RegisteredSchema",
    "Rule",
    "RuleKind",
    "RuleMode",
    "RuleParams",
    "RulePhase",
    "RuleSet",
    "Schema",
    "SchemaReference",
    "SchemaRegistryClient",
    "SchemaRegistryError",
    "SchemaVersion",
    "ServerConfig",
]
