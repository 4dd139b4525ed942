"""Every operation of the API on one page: what it is called, what it takes, and what it asks.

An operation builds an `Ask` and sends nothing; the twins of `momus.client` make calls of it that wait, or that are
awaited. The names in `@operation` are those of the operations in openapi.yaml: a test holds the two to each other.
"""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from functools import update_wrapper
from types import MethodType
from typing import Any, Concatenate, Generic, Literal, ParamSpec, Self, TypeVar, overload

import msgspec

from momus.client.ask import Ask, Room, answer, encode, nothing, segment, target, text
from momus.client.values import (
    Association,
    AssociationChange,
    AssociationQuery,
    AssociationRequest,
    AssociationResults,
    Associations,
    ClusterId,
    Compatibility,
    Config,
    ConfigUpdate,
    ContextId,
    DecodedMessages,
    Deployment,
    EncodedMessages,
    Health,
    KarapaceHealth,
    ListedSchema,
    MessageWithHeader,
    Metadata,
    Mode,
    RegisteredSchema,
    RuleSet,
    Schema,
    SchemaOfId,
    SchemaSelector,
    SchemaTags,
    Selector,
    ServerVersion,
    SubjectSchema,
    SubjectVersion,
    Validation,
)

P = ParamSpec("P")
T = TypeVar("T")

Indexes = Literal["zigzag", "unsigned", "none"]  # how Protobuf's path to a message is written before it
ALL: tuple[Room, ...] = ("content", "digest", "latest")


class Waits:
    """A client whose calls return the answer."""


class Awaited:
    """A client whose calls are awaited."""


class operation(Generic[P, T]):  # noqa: N801 - used as a decorator
    """What a client can be asked. In a client it is a method: of the awaited kind in the one, plain in the other."""

    def __init__(self, build: Callable[Concatenate[Any, P], Ask[T]], names: tuple[str, ...], *, is_plain: bool) -> None:
        self.__doc__ = build.__doc__
        self.build = build
        self.names = names
        self.is_plain = is_plain

    def __set_name__(self, _owner: type, name: str) -> None:
        self.name = name

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: Awaited, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    @overload
    def __get__(self, client: Waits, owner: type) -> Callable[P, T]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self
        call = client.__dict__[self.name] = update_wrapper(client.call(self), MethodType(self.build, client))
        return call  # from now on found in the client itself


def named(*names: str, is_plain: bool = False) -> Callable[[Callable[Concatenate[Any, P], Ask[T]]], operation[P, T]]:
    """The operations of openapi.yaml that it asks. `is_plain`: its arguments are numbers and texts, quick to compare,
    and its answers contents, so that they can be found before a question is made.
    """
    return lambda build: operation(build, names, is_plain=is_plain)


class Operations:
    """What both clients can be asked."""

    # Subjects and their versions

    @named("listSubjects")
    def list_subjects(
        self,
        subject_prefix: str | None = None,
        *,
        deleted: bool = False,
        deleted_only: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> Ask[list[str]]:
        """The subjects, of all contexts unless a prefix says otherwise: `:.test:` is one context, `:.:` the default."""
        query = {"deleted": deleted, "deletedOnly": deleted_only, **_page(offset, limit)}
        asked = target("/subjects", query)
        if subject_prefix is not None:  # an empty one means the default context
            asked += (
                f"{'&' if '?' in asked else '?'}{target('', {'subjectPrefix': subject_prefix})[1:] or 'subjectPrefix='}"
            )
        return _get(asked, answer(list[str]))

    @named("lookUpSchema")
    def look_up_schema(
        self,
        subject: str,
        schema: Schema | str,
        *,
        normalize: bool = False,
        deleted: bool = False,
        format: str = "",  # noqa: A002 - the API's word
    ) -> Ask[SubjectSchema]:
        """The version of the subject that holds this schema. Nothing is written; NotFound if there is none."""
        query = {"normalize": normalize, "deleted": deleted, "format": format}
        return Ask(
            "POST",
            target(f"/subjects/{segment(subject)}", query),
            answer(SubjectSchema),
            _body(schema),
            is_repeatable=True,
            room="digest",
        )

    @named("deleteSubject")
    def delete_subject(self, subject: str, *, permanent: bool = False) -> Ask[list[int]]:
        """Delete all versions, softly first, and for good with `permanent` once they are. The versions deleted."""
        return _delete(target(f"/subjects/{segment(subject)}", {"permanent": permanent}), answer(list[int]))

    @named("findSchemaByMetadata")
    def find_schema_by_metadata(
        self,
        subject: str,
        properties: Mapping[str, str],
        *,
        deleted: bool = False,
        format: str = "",  # noqa: A002
    ) -> Ask[SubjectSchema]:
        """The newest version whose metadata has all these properties."""
        pairs = {"key": list(properties), "value": list(properties.values())}
        path = f"/subjects/{segment(subject)}/metadata"
        return _get(target(path, {**pairs, "deleted": deleted, "format": format}), answer(SubjectSchema), "latest")

    @named("listVersions")
    def list_versions(
        self,
        subject: str,
        *,
        deleted: bool = False,
        deleted_only: bool = False,
        deleted_as_negative: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> Ask[list[int]]:
        """The numbers of the versions, ascending."""
        query = {
            "deleted": deleted,
            "deletedOnly": deleted_only,
            "deletedAsNegative": deleted_as_negative,
            **_page(offset, limit),
        }
        return _get(target(f"/subjects/{segment(subject)}/versions", query), answer(list[int]))

    @named("registerSchema")
    def register_schema(
        self,
        subject: str,
        schema: Schema | str,
        *,
        normalize: bool = False,
        format: str = "",  # noqa: A002
        force: bool = False,
        id: int | None = None,  # noqa: A002 - the API's word
        version: int | None = None,
        schema_tags_to_add: Iterable[SchemaTags] = (),
        schema_tags_to_remove: Iterable[SchemaTags] = (),
        propagate_schema_tags: bool = False,
    ) -> Ask[RegisteredSchema]:
        """Register a schema as the next version, or be told the id it has. Incompatible, with proofs, if it breaks."""
        more = {
            "id": id,
            "version": version,
            "schemaTagsToAdd": list(schema_tags_to_add),
            "schemaTagsToRemove": list(schema_tags_to_remove),
            "propagateSchemaTags": propagate_schema_tags,
        }
        return Ask(
            "POST",
            target(
                f"/subjects/{segment(subject)}/versions", {"normalize": normalize, "format": format, "force": force}
            ),
            answer(RegisteredSchema),
            _body(schema, more),
            is_repeatable=True,
            room="digest",
            forgets=("latest",),
        )

    @named("getVersion")
    def get_version(
        self,
        subject: str,
        version: Selector = "latest",
        *,
        format: str = "",  # noqa: A002
        reference_format: str = "",
        deleted: bool = False,
        find_tags: Iterable[str] = (),
    ) -> Ask[SubjectSchema]:
        """A version of a subject; the newest one unless told otherwise. Remembered for `latest_age`."""
        query = {
            "format": format,
            "referenceFormat": reference_format,
            "deleted": deleted,
            "findTags": _words(find_tags),
        }
        return _get(target(_version(subject, version), query), answer(SubjectSchema), "latest")

    @named("getVersion")
    def get_latest(self, subject: str, *, format: str = "") -> Ask[SubjectSchema]:  # noqa: A002
        """The newest version of a subject. Remembered for `latest_age`."""
        return _get(target(_version(subject, "latest"), {"format": format}), answer(SubjectSchema), "latest")

    @named("deleteVersion")
    def delete_version(self, subject: str, version: Selector, *, permanent: bool = False) -> Ask[int]:
        """Delete a version, softly first, and for good with `permanent` once it is. Its number."""
        return _delete(target(_version(subject, version), {"permanent": permanent}), answer(int))

    @named("getVersionText")
    def get_version_text(
        self,
        subject: str,
        version: Selector = "latest",
        *,
        format: str = "",  # noqa: A002
        deleted: bool = False,
    ) -> Ask[str]:
        """Only the text of a version."""
        query = {"format": format, "deleted": deleted}
        return _get(target(f"{_version(subject, version)}/schema", query), text, "latest")

    @named("listReferrers")
    def list_referrers(
        self, subject: str, version: Selector, *, deleted: bool = False, offset: int = 0, limit: int = -1
    ) -> Ask[list[int]]:
        """The ids of the schemas that refer to a version."""
        query = {"deleted": deleted, **_page(offset, limit)}
        return _get(target(f"{_version(subject, version)}/referencedby", query), answer(list[int]))

    @named("tagSchema")
    def tag_schema(
        self,
        subject: str,
        version: Selector,
        *,
        new_version: int | None = None,
        tags_to_add: Iterable[SchemaTags] = (),
        tags_to_remove: Iterable[SchemaTags] = (),
        metadata: Metadata | None = None,
        rule_set: RuleSet | None = None,
        rules_to_merge: RuleSet | None = None,
        rules_to_remove: Iterable[str] = (),
    ) -> Ask[RegisteredSchema]:
        """Register a version anew with other tags, metadata or rules."""
        body = {
            "newVersion": new_version,
            "tagsToAdd": list(tags_to_add),
            "tagsToRemove": list(tags_to_remove),
            "metadata": metadata,
            "ruleSet": rule_set,
            "rulesToMerge": rules_to_merge,
            "rulesToRemove": _words(rules_to_remove),
        }
        path = f"{_version(subject, version)}/tags"
        return Ask("POST", path, answer(RegisteredSchema), encode(_told(body)), forgets=("latest",))

    # Schemas by id and GUID

    @named("listSchemas")
    def list_schemas(
        self,
        subject_prefix: str = "",
        *,
        aliases: bool = False,
        deleted: bool = False,
        latest_only: bool = False,
        rule_type: str = "",
        resource_type: str = "",
        association_type: Iterable[str] = (),
        lifecycle: Iterable[str] = (),
        offset: int = 0,
        limit: int = -1,
    ) -> Ask[list[ListedSchema]]:
        """Schemas with their subjects and versions, at most 1000: read on with `offset`. `:*:` is all contexts."""
        query = {
            "subjectPrefix": subject_prefix,
            "aliases": aliases,
            "deleted": deleted,
            "latestOnly": latest_only,
            "ruleType": rule_type,
            "resourceType": resource_type,
            "associationType": _words(association_type),
            "lifecycle": _words(lifecycle),
            **_page(offset, limit),
        }
        return _get(target("/schemas", query), answer(list[ListedSchema]))

    @named("listSchemaTypes")
    def list_schema_types(self) -> Ask[list[str]]:
        """The formats that the registry knows."""
        return _get("/schemas/types", answer(list[str]))

    @named("getSchema", is_plain=True)
    def get_schema(
        self,
        id: int,  # noqa: A002
        *,
        subject: str = "",
        format: str = "",  # noqa: A002
        reference_format: str = "",
        find_tags: Iterable[str] = (),
        fetch_max_id: bool = False,
    ) -> Ask[SchemaOfId]:
        """The schema with this id, as a consumer looks it up. `subject` says in which context. Remembered for good."""
        if not (subject or format or reference_format or find_tags or fetch_max_id):
            return Ask("GET", f"/schemas/ids/{id}", SCHEMA_OF_ID, is_repeatable=True, room="content")
        query = {
            "subject": subject,
            "format": format,
            "referenceFormat": reference_format,
            "findTags": _words(find_tags),
            "fetchMaxId": fetch_max_id,
        }
        return _get(target(f"/schemas/ids/{id}", query), answer(SchemaOfId), None if fetch_max_id else "content")

    @named("getSchemaText", is_plain=True)
    def get_schema_text(self, id: int, *, subject: str = "", format: str = "") -> Ask[str]:  # noqa: A002
        """Only the text of the schema with this id. Remembered for good."""
        return _get(target(f"/schemas/ids/{id}/schema", {"subject": subject, "format": format}), text, "content")

    @named("listSubjectsOfSchema")
    def list_subjects_of_schema(
        self,
        id: int,  # noqa: A002
        *,
        subject: str = "",
        deleted: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> Ask[list[str]]:
        """The subjects that hold the schema with this id."""
        query = {"subject": subject, "deleted": deleted, **_page(offset, limit)}
        return _get(target(f"/schemas/ids/{id}/subjects", query), answer(list[str]))

    @named("listVersionsOfSchema")
    def list_versions_of_schema(
        self,
        id: int,  # noqa: A002
        *,
        subject: str = "",
        deleted: bool = False,
        offset: int = 0,
        limit: int = -1,
    ) -> Ask[list[SubjectVersion]]:
        """The subjects and versions that hold the schema with this id."""
        query = {"subject": subject, "deleted": deleted, **_page(offset, limit)}
        return _get(target(f"/schemas/ids/{id}/versions", query), answer(list[SubjectVersion]))

    @named("getSchemaByGuid", is_plain=True)
    def get_schema_by_guid(self, guid: str, *, format: str = "") -> Ask[SchemaOfId]:  # noqa: A002
        """The schema with this GUID. Remembered for good."""
        return _get(target(f"/schemas/guids/{segment(guid)}", {"format": format}), answer(SchemaOfId), "content")

    @named("listIdsOfGuid")
    def list_ids_of_guid(self, guid: str) -> Ask[list[ContextId]]:
        """The ids of a GUID, in all contexts."""
        return _get(f"/schemas/guids/{segment(guid)}/ids", answer(list[ContextId]))

    # Compatibility

    @named("checkCompatibility", "checkCompatibilityWithVersion")
    def check_compatibility(
        self,
        subject: str,
        schema: Schema | str,
        version: Selector | None = None,
        *,
        normalize: bool = False,
        verbose: bool = False,
    ) -> Ask[Compatibility]:
        """Could it be registered? Against what registering asks for, or one version. `verbose` tells why not.

        Karapace and Redpanda know only the second form; there, give "latest".
        """
        path = f"/compatibility/subjects/{segment(subject)}/versions"
        return Ask(
            "POST",
            target(path if version is None else f"{path}/{version}", {"normalize": normalize, "verbose": verbose}),
            answer(Compatibility),
            _body(schema),
            is_repeatable=True,
            if_missing=Compatibility(is_compatible=True) if version == "latest" else None,
        )

    # Messages

    @named("encodeMessages")
    def encode_messages(
        self,
        values: Iterable[Any],
        schema: SchemaSelector,
        *,
        framing: Literal["prefix", "header", "none"] = "prefix",
        logical: bool = True,
        message_type: str = "",
        indexes: Indexes = "zigzag",
        ignore_unknown: bool = False,
    ) -> Ask[EncodedMessages]:
        """The bytes that a producer would send, for each value; or what is wrong with it. Only Momus knows this."""
        members = {
            "schema": schema,
            "values": list(values),
            "framing": framing,
            "logical": logical,
            "messageType": message_type,
            "indexes": indexes,
            "ignoreUnknown": ignore_unknown,
        }
        return Ask("POST", "/serde/encode", _exact(EncodedMessages), encode(members), is_repeatable=True)

    @named("decodeMessages")
    def decode_messages(
        self,
        messages: Iterable[bytes | MessageWithHeader],
        *,
        subject: str = "",
        schema: SchemaSelector | None = None,
        reader: SchemaSelector | None = None,
        logical: bool = True,
        message_type: str = "",
        indexes: Indexes = "zigzag",
        deleted: bool = False,
    ) -> Ask[DecodedMessages]:
        """What each message says, of any format; or why it cannot be read. Only Momus knows this.

        `subject` holds the ids that messages name; with a `schema`, messages name none. `reader`: as that one reads it.
        """
        members = {
            "messages": list(messages),
            "schema": schema,
            "reader": reader,
            "logical": logical,
            "messageType": message_type,
            "indexes": indexes,
        }
        asked = target("/serde/decode", {"subject": subject, "deleted": deleted})
        return Ask("POST", asked, _exact(DecodedMessages), encode(members), is_repeatable=True)

    @named("validateMessages")
    def validate_messages(
        self,
        messages: Iterable[bytes | MessageWithHeader] | None = None,
        *,
        values: Iterable[Any] | None = None,
        subject: str = "",
        schema: SchemaSelector | None = None,
        logical: bool = True,
        message_type: str = "",
        indexes: Indexes = "zigzag",
        ignore_unknown: bool = False,
    ) -> Ask[Validation]:
        """All that does not fit, of each message; or of each value, by `schema`. Only Momus knows this."""
        asked = {"messages": None if messages is None else list(messages)}
        members = {
            **(asked if values is None else {"values": list(values)}),
            "schema": schema,
            "logical": logical,
            "messageType": message_type,
            "indexes": indexes,
            "ignoreUnknown": ignore_unknown,
        }
        path = target("/serde/validate", {"subject": subject})
        return Ask("POST", path, _exact(Validation), encode(members), is_repeatable=True)

    # Config and mode

    @named("getConfig", "getSubjectConfig")
    def get_config(self, subject: str | None = None, *, default_to_global: bool = False) -> Ask[Config]:
        """What is configured for all, a subject, or a context (`:.test:`). With the last argument, what holds there."""
        return _get(target(_of("/config", subject), {"defaultToGlobal": default_to_global}), _config)

    @named("setConfig", "setSubjectConfig")
    def set_config(self, config: ConfigUpdate, subject: str | None = None) -> Ask[Config]:
        """Configure all, a subject, or a context. What is set there now."""
        return Ask("PUT", _of("/config", subject), _config, encode(config), forgets=ALL)

    @named("deleteConfig", "deleteSubjectConfig")
    def delete_config(self, subject: str | None = None) -> Ask[Config]:
        """Take away what is configured for all, a subject, or a context. What it was."""
        return Ask("DELETE", _of("/config", subject), _config, forgets=ALL)

    @named("getMode", "getSubjectMode")
    def get_mode(self, subject: str | None = None, *, default_to_global: bool = False) -> Ask[Mode]:
        """The mode of all, a subject, or a context. With the last argument, the one that holds there."""
        return _get(target(_of("/mode", subject), {"defaultToGlobal": default_to_global}), answer(Mode))

    @named("setMode", "setSubjectMode")
    def set_mode(self, mode: str | None, subject: str | None = None, *, force: bool = False) -> Ask[Mode]:
        """Set the mode of all, a subject, or a context; None clears it."""
        path = target(_of("/mode", subject), {"force": force})
        return Ask("PUT", path, answer(Mode), encode({"mode": mode}), forgets=ALL)

    @named("deleteMode", "deleteSubjectMode")
    def delete_mode(self, subject: str | None = None, *, recursive: bool = False) -> Ask[Mode]:
        """Take away the mode of all, a subject, or a context. What it was."""
        return _delete(target(_of("/mode", subject), {"recursive": recursive}), answer(Mode))

    # Associations

    @named("createAssociations")
    def create_associations(
        self, request: AssociationRequest, *, context: str = "", dry_run: bool = False
    ) -> Ask[Associations]:
        """Tie a topic to subjects."""
        path = target("/associations", {"context": context, "dryRun": dry_run})
        return Ask("POST", path, answer(Associations), encode(request), forgets=ALL)

    @named("setAssociations")
    def set_associations(
        self, request: AssociationRequest, *, context: str = "", dry_run: bool = False
    ) -> Ask[Associations]:
        """Tie a topic to subjects, in place of what was."""
        path = f"/associations/resources/{segment(request.resource_id)}"
        asked = target(path, {"context": context, "dryRun": dry_run})
        return Ask("PUT", asked, answer(Associations), encode(request), forgets=ALL)

    @named("deleteAssociations")
    def delete_associations(
        self,
        resource_id: str,
        *,
        resource_type: str = "",
        association_type: Iterable[str] = (),
        cascade_lifecycle: bool = False,
        dry_run: bool = False,
    ) -> Ask[None]:
        """Untie a topic from its subjects; with `cascade_lifecycle`, delete those that it owns."""
        query = {
            "resourceType": resource_type,
            "associationType": _words(association_type),
            "cascadeLifecycle": cascade_lifecycle,
            "dryRun": dry_run,
        }
        path = f"/associations/resources/{segment(resource_id)}"
        return Ask("DELETE", target(path, query), nothing, forgets=ALL)

    @named("listAssociationsOfResource")
    def list_associations_of_resource(
        self,
        resource_id: str,
        *,
        resource_type: str = "",
        association_type: Iterable[str] = (),
        lifecycle: str = "",
        offset: int = 0,
        limit: int = -1,
    ) -> Ask[list[Association]]:
        """The associations of the resource with this id."""
        query = _association_query(resource_type, association_type, lifecycle, offset, limit)
        return _get(target(f"/associations/resources/{segment(resource_id)}", query), answer(list[Association]))

    @named("listAssociationsOfResourceName")
    def list_associations_of_resource_name(
        self,
        resource_namespace: str,
        resource_name: str,
        *,
        resource_type: str = "",
        association_type: Iterable[str] = (),
        lifecycle: str = "",
        offset: int = 0,
        limit: int = -1,
    ) -> Ask[list[Association]]:
        """The associations of a topic by its name; `-` stands for any namespace, or any name."""
        query = _association_query(resource_type, association_type, lifecycle, offset, limit)
        path = f"/associations/resources/{segment(resource_namespace)}/{segment(resource_name)}"
        return _get(target(path, query), answer(list[Association]))

    @named("listAssociationsOfSubject")
    def list_associations_of_subject(
        self,
        subject: str,
        *,
        resource_type: str = "",
        association_type: Iterable[str] = (),
        lifecycle: str = "",
        offset: int = 0,
        limit: int = -1,
    ) -> Ask[list[Association]]:
        """The associations of a subject."""
        query = _association_query(resource_type, association_type, lifecycle, offset, limit)
        return _get(target(f"/associations/subjects/{segment(subject)}", query), answer(list[Association]))

    @named("readAssociations")
    def read_associations(
        self, queries: Iterable[AssociationQuery], *, include_schemas: bool = False
    ) -> Ask[AssociationResults]:
        """The associations of many resources."""
        path = target("/associations:batchGet", {"includeSchemas": include_schemas})
        body = encode({"requests": list(queries)})
        return Ask("POST", path, answer(AssociationResults), body, is_repeatable=True)

    @named("changeAssociations")
    def change_associations(
        self, changes: Iterable[AssociationChange], *, context: str = "", dry_run: bool = False
    ) -> Ask[AssociationResults]:
        """Change the associations of many resources."""
        path = target("/associations:batchMutate", {"context": context, "dryRun": dry_run})
        body = encode({"requests": list(changes)})
        return Ask("POST", path, answer(AssociationResults), body, forgets=ALL)

    # Contexts

    @named("listContexts")
    def list_contexts(self, context_prefix: str = "", *, offset: int = 0, limit: int = -1) -> Ask[list[str]]:
        """The contexts; the default one is `.`."""
        return _get(target("/contexts", {"contextPrefix": context_prefix, **_page(offset, limit)}), answer(list[str]))

    @named("deleteContext")
    def delete_context(self, context: str) -> Ask[None]:
        """Delete a context that is empty."""
        return Ask("DELETE", f"/contexts/{segment(context)}", nothing, forgets=ALL)

    # The server itself

    @named("getRoot")
    def get_root(self) -> Ask[dict[str, Any]]:
        """Nothing, which says that somebody is there."""
        return _get("/", answer(dict[str, Any]))

    @named("getClusterId")
    def get_cluster_id(self) -> Ask[ClusterId]:
        """Which Kafka and which registry this is."""
        return _get("/v1/metadata/id", answer(ClusterId))

    @named("getVersionOfApi")
    def get_version_of_api(self) -> Ask[ServerVersion]:
        """The release of Confluent's registry whose API is spoken."""
        return _get("/v1/metadata/version", answer(ServerVersion))

    @named("getDeployment")
    def get_deployment(self) -> Ask[Deployment]:
        """How the server is deployed."""
        return _get("/v1/metadata/deployment", answer(Deployment))

    @named("listExporters")
    def list_exporters(self) -> Ask[list[str]]:
        """The exporters; Momus has none."""
        return _get("/exporters", answer(list[str]))

    @named("getContract")
    def get_contract(self) -> Ask[str]:
        """The contract of the API, as YAML."""
        return _get("/openapi.yaml", text)

    @named("getDocs")
    def get_docs(self) -> Ask[str]:
        """The contract as a page."""
        return _get("/docs", text)

    @named("getRule")
    def get_rule(self, rule: str) -> Ask[str]:
        """What a rule that differences name is about, as a page."""
        return _get(f"/docs/rules/{segment(rule)}", text)

    @named("getHealth")
    def get_health(self) -> Ask[Health]:
        """How the server is; answered also when it is not ready."""
        return _get("/health", answer(Health), answers=(503,))

    @named("getLiveness")
    def get_liveness(self) -> Ask[bool]:
        """Does the process work?"""
        return _get("/health/live", _is("live"))

    @named("getReadiness")
    def get_readiness(self) -> Ask[bool]:
        """Are requests answered?"""
        return _get("/health/ready", _is("ready"), answers=(503,))

    @named("getStartup")
    def get_startup(self) -> Ask[bool]:
        """Has the server started?"""
        return _get("/health/startup", _is("ready"), answers=(503,))

    @named("getKarapaceHealth")
    def get_karapace_health(self) -> Ask[KarapaceHealth]:
        """How the server is, as Karapace tells it; answered also when it is not ready."""
        return _get("/_health", answer(KarapaceHealth), answers=(503,))

    @named("getMasterAvailable")
    def get_master_available(self) -> Ask[bool]:
        """Can writes be taken?"""
        return _get("/master_available", _is("master_available"))

    @named("getMetrics")
    def get_metrics(self) -> Ask[str]:
        """The metrics, in Prometheus' text format."""
        return _get("/metrics", text)


# --------------------------------------------------------------- their parts

SCHEMA_OF_ID: Callable[[bytes], SchemaOfId] = answer(SchemaOfId)


def _get(asked: str, read: Callable[[bytes], T], room: Room | None = None, *, answers: tuple[int, ...] = ()) -> Ask[T]:
    return Ask("GET", asked, read, is_repeatable=True, room=room, answers=answers)


def _delete(asked: str, read: Callable[[bytes], T]) -> Ask[T]:
    return Ask("DELETE", asked, read, forgets=ALL)


def _exact(kind: type[T]) -> Callable[[bytes], T]:
    """A reader of Momus' own answers, in which null is a value."""
    return lambda body: msgspec.json.decode(body, type=kind)


def _page(offset: int, limit: int) -> dict[str, int | None]:
    return {"offset": offset or None, "limit": None if limit < 0 else limit}


def _words(words: Iterable[str]) -> list[str]:
    """A single text is one word, and not its letters."""
    return [words] if isinstance(words, str) else list(words)


def _version(subject: str, version: Selector) -> str:
    return f"/subjects/{segment(subject)}/versions/{version}"


def _of(path: str, subject: str | None) -> str:
    return path if subject is None else f"{path}/{segment(subject)}"


def _body(schema: Schema | str, more: Mapping[str, object] | None = None) -> bytes:
    """Only what a schema is, also where it came with what a registry told of it. A text alone is Avro.

    AVRO is left out, and what is empty too: some registries refuse members they do not know.
    """
    if isinstance(schema, str):
        schema = Schema(schema)
    members = {
        "schema": schema.schema,
        "schemaType": None if schema.schema_type == "AVRO" else schema.schema_type,
        "references": list(schema.references),
        "metadata": schema.metadata,
        "ruleSet": schema.rule_set,
        **(more or {}),
    }
    return encode(_told(members))


def _told(members: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in members.items() if value not in (None, "", []) and value is not False}


def _association_query(
    resource_type: str, association_type: Iterable[str], lifecycle: str, offset: int, limit: int
) -> dict[str, Any]:
    return {
        "resourceType": resource_type,
        "associationType": _words(association_type),
        "lifecycle": lifecycle,
        **_page(offset, limit),
    }


def _config(body: bytes) -> Config:
    """An answer to PUT calls the level `compatibility`, and Karapace's to DELETE, too."""
    members = answer(dict[str, Any])(body)
    level = members.pop("compatibility", None)
    return msgspec.convert({"compatibilityLevel": level} | members if level else members, Config, strict=False)


def _is(name: str) -> Callable[[bytes], bool]:
    def read(body: bytes) -> bool:
        return answer(dict[str, Any])(body)[name] is True

    return read
