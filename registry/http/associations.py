"""Associations: which subjects a resource (a topic) uses. Aliases do not touch them."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import uuid4

import msgspec

from registry.http.bodies import SchemaBody, bounded, registration_of
from registry.http.call import Call
from registry.http.rendering import style_of
from registry.http.replies import (
    VERSION,
    Reply,
    Shape,
    association_members,
    json_reply,
    page_reply,
    refusal_members,
    schema_members,
)
from registry.names import Subject, subject_of
from registry.node import NotPrimary
from registry.refusals import Reason, Refusal
from registry.state import queries
from registry.state.associations import LIFECYCLES, UNTIED, Filter, by_subject, flaw, of_name, of_resource, of_subject
from registry.state.associations import shown as shown_with
from registry.state.commands import Associate, Dissociate, Tie, Untie
from registry.state.records import SchemaRecord
from registry.state.values import Association

TOPIC = "topic"
ANY = "-"  # in a path, as the name or namespace of a resource: whichever
OPERATIONS = ("CREATE", "UPSERT", "DELETE")
JUST_TIED = Shape("just tied", has_state=False)


class TieBody(msgspec.Struct):
    """One association that is asked for (`AssociationCreateOrUpdateInfo`); in a batch with what is to happen to it."""

    subject: str | None = None
    associationType: str | None = None
    lifecycle: str | None = None
    frozen: bool | None = None
    schema: SchemaBody | None = None
    normalize: bool | None = None
    opType: str | None = None
    cascadeLifecycle: bool | None = None


class ResourceBody(msgspec.Struct):
    """A resource and its associations (`AssociationCreateOrUpdateRequest`, `AssociationOpRequest`)."""

    resourceName: str | None = None
    resourceNamespace: str | None = None
    resourceId: str | None = None
    resourceType: str | None = None
    associations: tuple[TieBody, ...] | None = None


class QuestionBody(msgspec.Struct):
    """A resource whose associations are asked for, by its id or by its name."""

    resourceName: str | None = None
    resourceNamespace: str | None = None
    resourceId: str | None = None
    resourceType: str | None = None
    associationTypes: tuple[str, ...] | None = None
    lifecycle: str | None = None


class ChangesBody(msgspec.Struct):
    requests: tuple[ResourceBody, ...] | None = None


class QuestionsBody(msgspec.Struct):
    requests: tuple[QuestionBody, ...] | None = None


RESOURCE_BODY = msgspec.json.Decoder(ResourceBody)
CHANGES_BODY = msgspec.json.Decoder(ChangesBody)
QUESTIONS_BODY = msgspec.json.Decoder(QuestionsBody)


# One resource


async def create(call: Call) -> Reply:
    body = await call.body(RESOURCE_BODY)
    return await _associated(call, body, "CREATE")


async def upsert(call: Call) -> Reply:
    """The resource of the path; a body that names another one is refused."""
    body = await call.body(RESOURCE_BODY)
    resource_id = call.blank("resourceId")
    if body.resourceId not in (None, "", resource_id):
        raise _invalid("resourceId", f"it is '{body.resourceId}' in the body and '{resource_id}' in the path")
    body.resourceId = resource_id
    return await _associated(call, body, "UPSERT")


async def delete(call: Call) -> Reply:
    command = Dissociate(
        call.blank("resourceId"),
        call.text("resourceType") or None,
        call.texts("associationType"),
        cascade=call.flag("cascadeLifecycle"),
        dry_run=call.flag("dryRun"),
    )
    await call.parts.node.write(command)
    return Reply(b"", status=204)


async def _associated(call: Call, body: ResourceBody, operation: str) -> Reply:
    for tie in body.associations or ():
        tie.opType = operation
    answer = await call.parts.node.write(_command(call, body))
    return json_reply(_answer_members(call, answer))


def _command(call: Call, body: ResourceBody) -> Associate:
    bounded("associations", len(body.associations or ()))
    ties = tuple(_tie(tie) for tie in body.associations or ())
    return Associate(
        call.context(),
        body.resourceName or "",
        body.resourceNamespace or "",
        body.resourceId or "",
        body.resourceType or TOPIC,
        ties,
        now=time.time_ns() // 1_000_000,
        guids=tuple(str(uuid4()) for _ in ties),
        dry_run=call.flag("dryRun"),
    )


def _tie(body: TieBody) -> Tie | Untie:
    if body.opType not in OPERATIONS:
        raise _invalid("opType", f"'{body.opType or ''}' is unknown; known are {', '.join(OPERATIONS)}")
    association_type = body.associationType or "value"
    if body.opType == "DELETE":
        return Untie(association_type, cascade=bool(body.cascadeLifecycle))
    nobody = Subject("", "")  # the decision names the subject
    return Tie(
        association_type,
        body.subject,
        body.lifecycle,
        body.frozen,
        None if body.schema is None else registration_of(body.schema, nobody, normalize=bool(body.normalize)),
        is_upsert=body.opType == "UPSERT",
    )


def _answer_members(call: Call, answer: Any) -> dict[str, Any]:
    """The members of an AssociationResponse; `answer` is what the decision answers."""
    return {
        "resourceName": answer.resource_name,
        "resourceNamespace": answer.resource_namespace,
        "resourceId": answer.resource_id,
        "resourceType": answer.resource_type,
        "associations": [_tie_members(call, tied.association, tied.schema) for tied in answer.ties],
    }


def _tie_members(call: Call, association: Association, schema: SchemaRecord | None) -> dict[str, Any]:
    members: dict[str, Any] = {
        "subject": association.subject,
        "associationType": association.associationType,
        "lifecycle": association.lifecycle,
        "frozen": association.frozen,
    }
    if schema is not None:
        shape = VERSION if schema.offset >= 0 else JUST_TIED
        members["schema"] = schema_members(schema, shape, style_of(call))
    return members


# Lists


async def list_of_subject(call: Call) -> Reply:
    return _page(call, of_subject(call.state, call.scope(), _filter(call)))


async def list_of_resource(call: Call) -> Reply:
    return _page(call, of_resource(call.state, call.blank("resourceId"), _filter(call)))


async def list_of_name(call: Call) -> Reply:
    """By namespace and name; `-` is any. What a serializer asks before its first message."""
    namespace, name = (_unless_any(call.blank(blank)) for blank in ("resourceNamespace", "resourceName"))
    return _page(call, of_name(call.state, namespace, name, _filter(call)))


def association_filter(call: Call) -> Callable[[Subject], list[dict[str, Any]] | None]:
    """For a listing of schemas: the associations to show with a subject, or None where its schemas are left out.

    Nothing is left out and nothing shown when the query does not ask about associations.
    """
    if not {"resourceType", "associationType", "lifecycle"} & call.query.keys():
        return lambda _subject: []
    chosen = _chosen(call.text("resourceType") or None, call.texts("associationType"), call.texts("lifecycle"))
    found = by_subject(call.state)

    def members(subject: Subject) -> list[dict[str, Any]] | None:
        shown = shown_with(found.get(subject, ()), chosen)
        return None if shown is None else [association_members(association) for association in shown]

    return members


def _page(call: Call, found: list[Association]) -> Reply:
    settings = call.parts.settings
    page = call.page(found, settings.schema_search_default_limit, settings.schema_search_max_limit)
    return page_reply([association_members(association) for association in page.rows], page.limit)


def _filter(call: Call) -> Filter:
    lifecycles = call.texts("lifecycle")
    if UNTIED in lifecycles:
        raise Reason.NOT_FOUND.refusal()
    return _chosen(call.text("resourceType") or TOPIC, call.texts("associationType"), lifecycles)


def _chosen(resource_type: str | None, association_types: Sequence[str], lifecycles: Sequence[str]) -> Filter:
    """The filter that is asked for. An unknown lifecycle is, as in Confluent, an unknown path: 404."""
    if any(lifecycle not in (*LIFECYCLES, UNTIED) for lifecycle in lifecycles):
        raise Reason.NOT_FOUND.refusal()
    found = flaw(resource_type, association_types)
    if found is not None:
        raise _invalid(*found)
    return Filter(resource_type, tuple(association_types), tuple(lifecycles))


def _unless_any(name: str) -> str | None:
    return None if name == ANY else name


# Batches


async def batch_get(call: Call) -> Reply:
    """A result or a refusal for each resource, in their order."""
    body = await call.body(QUESTIONS_BODY)
    bounded("requests", len(body.requests or ()))
    results: list[dict[str, Any]] = []
    for question in body.requests or ():
        try:
            results.append({"result": _resource_members(call, question)})
        except Refusal as refusal:
            results.append({"error": _error_members(call, refusal)})
        await asyncio.sleep(0)  # others get their turn between two
    return json_reply({"results": results}, status=207)


async def batch_mutate(call: Call) -> Reply:
    """A result or a refusal for each resource, in their order; each is decided after the one before it is done."""
    body = await call.body(CHANGES_BODY)
    bounded("requests", len(body.requests or ()))
    results: list[dict[str, Any]] = []
    for resource in body.requests or ():
        try:
            answer = await call.parts.node.write(_command(call, resource))
            results.append({"result": _answer_members(call, answer)})
        except Refusal as refusal:
            results.append({"error": _error_members(call, refusal)})
        except NotPrimary as where:
            if not results:
                raise  # nothing is done yet: the primary takes the whole batch
            results.append({"error": _error_members(call, Reason.NO_PRIMARY.refusal(details=where))})
    return json_reply({"results": results}, status=207)


def _resource_members(call: Call, question: QuestionBody) -> dict[str, Any]:
    """The resource that a question names and its associations. Refuses with 40410, 42212."""
    lifecycles = (question.lifecycle,) if question.lifecycle else ()
    if question.lifecycle and question.lifecycle not in LIFECYCLES:
        raise _invalid("lifecycle", f"'{question.lifecycle}' is unknown; known are {', '.join(LIFECYCLES)}")
    chosen = _chosen(question.resourceType or TOPIC, question.associationTypes or (), lifecycles)
    found = _of_resource(call, question)
    resources = {association.resourceId for association in found}
    if not found:
        raise Reason.ASSOCIATION_NOT_FOUND.refusal(resource=question.resourceId or question.resourceName)
    if len(resources) > 1:
        raise _invalid("resourceNamespace", f"there are {len(resources)} resources of this name")
    with_schemas = call.flag("includeSchemas")
    return {
        "resourceName": found[0].resourceName,
        "resourceNamespace": found[0].resourceNamespace,
        "resourceId": found[0].resourceId,
        "resourceType": found[0].resourceType,
        "associations": [
            _tie_members(call, association, _latest(call, association) if with_schemas else None)
            for association in found
            if chosen.takes(association)
        ],
    }


def _of_resource(call: Call, question: QuestionBody) -> list[Association]:
    if question.resourceId:
        return of_resource(call.state, question.resourceId)
    if question.resourceName in (None, "", ANY):
        raise _invalid("resourceName", "a resource is named by its id or by its name")
    return of_name(call.state, _unless_any(question.resourceNamespace or ANY), question.resourceName)


def _latest(call: Call, association: Association) -> SchemaRecord | None:
    return queries.latest(call.state, subject_of(association.subject))


def _error_members(call: Call, refusal: Refusal) -> dict[str, Any]:
    """A refusal as an element of a batch's answer."""
    members = refusal_members(refusal, call.parts.settings.incompatible_code)
    call.parts.metrics.refused(members["error_code"])
    return members


def _invalid(property_: str, details: str) -> Refusal:
    return Reason.INVALID_ASSOCIATION.refusal(property=property_, details=details)
