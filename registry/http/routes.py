"""The whole API on one page: method, path, handler, what it touches, and whether it reads or writes.

`openapi.yaml` describes the same routes; a test holds the two to each other. Paths also work behind
`/contexts/{context}`, which pins them to a context.
"""

from collections.abc import Awaitable, Callable
from typing import Literal, NamedTuple

from registry.http import (
    about,
    associations,
    compatibility,
    config,
    contexts,
    mode,
    schemas,
    subjects,
    versions,
)
from registry.http.call import Call
from registry.http.replies import Reply
from registry.http.serde import handlers as serde

Handler = Callable[[Call], Awaitable[Reply]]
Right = Literal["public", "subject", "config", "registry"]


class Route(NamedTuple):
    """A row of the API. `right` is what a caller must be allowed to touch; `open` answers before the log is read.

    `bytes`: it may answer as `application/octet-stream`, to those who accept that. `any_type`: a probe or a page, whose
    answer is the same whatever is accepted or sent, as one that asks how we are shall not fail over that.
    """

    method: str
    path: str
    handler: Handler
    right: Right
    does: Literal["read", "write"]
    open: bool = False
    bytes: bool = False
    any_type: bool = False


ROUTES = (
    Route("GET", "/", about.root, "public", "read", open=True, any_type=True),
    Route("POST", "/", about.root, "public", "read", open=True, any_type=True),
    # Subjects and their versions
    Route("GET", "/subjects", subjects.list_subjects, "subject", "read"),
    Route("POST", "/subjects/{subject}", subjects.look_up, "subject", "read"),
    Route("DELETE", "/subjects/{subject}", subjects.delete_subject, "subject", "write"),
    Route("GET", "/subjects/{subject}/metadata", subjects.find_by_metadata, "subject", "read"),
    Route("GET", "/subjects/{subject}/versions", versions.list_versions, "subject", "read"),
    Route("POST", "/subjects/{subject}/versions", versions.register, "subject", "write"),
    Route("GET", "/subjects/{subject}/versions/{version}", versions.get_version, "subject", "read"),
    Route("DELETE", "/subjects/{subject}/versions/{version}", versions.delete_version, "subject", "write"),
    Route("GET", "/subjects/{subject}/versions/{version}/schema", versions.get_text, "subject", "read"),
    Route("GET", "/subjects/{subject}/versions/{version}/referencedby", versions.list_referrers, "subject", "read"),
    Route("GET", "/subjects/{subject}/versions/{version}/referencedBy", versions.list_referrers, "subject", "read"),
    Route("POST", "/subjects/{subject}/versions/{version}/tags", versions.retag, "subject", "write"),
    # Schemas by id and GUID
    Route("GET", "/schemas", schemas.list_schemas, "subject", "read"),
    Route("GET", "/schemas/types", schemas.list_types, "public", "read", open=True),
    Route("GET", "/schemas/ids/{id}", schemas.get_by_id, "subject", "read"),
    Route("GET", "/schemas/ids/{id}/schema", schemas.get_text_by_id, "subject", "read"),
    Route("GET", "/schemas/ids/{id}/subjects", schemas.list_subjects_of_id, "subject", "read"),
    Route("GET", "/schemas/ids/{id}/versions", schemas.list_versions_of_id, "subject", "read"),
    Route("GET", "/schemas/guids/{guid}", schemas.get_by_guid, "subject", "read"),
    Route("GET", "/schemas/guids/{guid}/ids", schemas.list_ids_of_guid, "subject", "read"),
    # Compatibility
    Route("POST", "/compatibility/subjects/{subject}/versions", compatibility.check_next, "subject", "read"),
    Route(
        "POST", "/compatibility/subjects/{subject}/versions/{version}", compatibility.check_version, "subject", "read"
    ),
    # Messages
    Route("POST", "/serde/encode", serde.encode, "subject", "read", bytes=True),
    Route("POST", "/serde/decode", serde.decode, "subject", "read"),
    Route("POST", "/serde/validate", serde.validate, "subject", "read"),
    # Config and mode
    Route("GET", "/config", config.get_config, "config", "read"),
    Route("PUT", "/config", config.put_config, "config", "write"),
    Route("DELETE", "/config", config.delete_config, "config", "write"),
    Route("GET", "/config/{subject}", config.get_config, "config", "read"),
    Route("PUT", "/config/{subject}", config.put_config, "config", "write"),
    Route("DELETE", "/config/{subject}", config.delete_config, "config", "write"),
    Route("GET", "/mode", mode.get_mode, "config", "read"),
    Route("PUT", "/mode", mode.put_mode, "config", "write"),
    Route("DELETE", "/mode", mode.delete_mode, "config", "write"),
    Route("GET", "/mode/{subject}", mode.get_mode, "config", "read"),
    Route("PUT", "/mode/{subject}", mode.put_mode, "config", "write"),
    Route("DELETE", "/mode/{subject}", mode.delete_mode, "config", "write"),
    # Associations
    Route("POST", "/associations", associations.create, "subject", "write"),
    Route("GET", "/associations/subjects/{subject}", associations.list_of_subject, "subject", "read"),
    Route("GET", "/associations/resources/{resourceId}", associations.list_of_resource, "subject", "read"),
    Route("PUT", "/associations/resources/{resourceId}", associations.upsert, "subject", "write"),
    Route("DELETE", "/associations/resources/{resourceId}", associations.delete, "subject", "write"),
    Route(
        "GET",
        "/associations/resources/{resourceNamespace}/{resourceName}",
        associations.list_of_name,
        "subject",
        "read",
    ),
    Route("POST", "/associations:batchGet", associations.batch_get, "subject", "read"),
    Route("POST", "/associations:batchMutate", associations.batch_mutate, "subject", "write"),
    # Contexts
    Route("GET", "/contexts", contexts.list_contexts, "registry", "read"),
    Route("DELETE", "/contexts/{context}", contexts.delete_context, "registry", "write"),
    # The server itself
    Route("GET", "/exporters", about.exporters, "public", "read", open=True),
    Route("GET", "/v1/metadata/id", about.cluster_id, "public", "read", open=True),
    Route("GET", "/v1/metadata/version", about.version, "public", "read", open=True),
    Route("GET", "/v1/metadata/deployment", about.deployment, "public", "read", open=True),
    Route("GET", "/health", about.health, "public", "read", open=True, any_type=True),
    Route("GET", "/health/live", about.live, "public", "read", open=True, any_type=True),
    Route("GET", "/health/ready", about.ready, "public", "read", open=True, any_type=True),
    Route("GET", "/health/startup", about.ready, "public", "read", open=True, any_type=True),
    Route("GET", "/_health", about.karapace_health, "public", "read", open=True, any_type=True),
    Route("GET", "/master_available", about.master_available, "public", "read", open=True, any_type=True),
    Route("GET", "/metrics", about.metrics, "public", "read", open=True, any_type=True),
    Route("GET", "/openapi.yaml", about.openapi, "public", "read", open=True, any_type=True),
    Route("GET", "/docs", about.docs, "public", "read", open=True, any_type=True),
    Route("GET", "/docs/rules/{rule}", about.rule, "public", "read", open=True, any_type=True),
)
