"""From a schema as sent or stored to the source that a parser can read, and the refusals when there is none."""

from dataclasses import replace
from operator import attrgetter

from compat import FORMATS, Description, InvalidSchema, Source
from compat.schema import AVRO
from registry.names import Subject
from registry.refusals import Reason, Refusal
from registry.state import queries
from registry.state.commands import Draft
from registry.state.facts import Describe, Facts
from registry.state.sources import source
from registry.state.state import State

SHOWN_SCHEMA = 1000  # characters of a schema in a refusal
KEPT_PREFIX = "$$"  # of names that Confluent keeps for itself


def numbered(state: State, subject: Subject, draft: Draft) -> Draft:
    """The draft with the real version for each reference to the latest. Refuses an unknown kind or bad reference."""
    if draft.kind not in FORMATS:
        raise Reason.INVALID_SCHEMA.refusal(details=f"Invalid schema type {draft.kind}")
    if not draft.references:
        return draft
    try:
        return replace(draft, references=queries.with_versions(state, subject, draft.references))
    except queries.ReferenceMissing as missing:
        raise invalid(subject, draft, missing.message) from missing


def normalized(state: State, subject: Subject, draft: Draft, facts: Facts, *, strict: bool) -> Draft:
    """A draft whose references are numbered, with each of them once and in Confluent's order: by subject and version.

    As it came where another order would be another schema: the first reference of a name is the one that counts.
    """
    in_order = sorted(dict.fromkeys(draft.references), key=attrgetter("subject", "version"))
    ordered = replace(draft, references=tuple(in_order))
    if ordered == draft:
        return draft
    meant = source_of_draft(state, subject, draft, facts, strict=strict)
    means = source_of_draft(state, subject, ordered, facts, strict=strict)
    return ordered if set(means.referents) == set(meant.referents) else draft


def source_of_draft(state: State, subject: Subject, draft: Draft, facts: Facts, *, strict: bool) -> Source:
    """The source of a draft whose references are numbered. A new schema may not refer to deleted versions."""
    try:
        return source(
            state,
            subject,
            draft.kind,
            draft.text,
            draft.references,
            include_deleted=not strict,
            plain=facts.plain,
        )
    except queries.ReferenceMissing as missing:
        raise invalid(subject, draft, missing.message) from missing


def described(
    state: State, subject: Subject, draft: Draft, facts: Facts, *, strict: bool, normalize: bool
) -> Description:
    """What the registry would store for a draft; refuses what is no schema."""
    question = Describe(
        source_of_draft(state, subject, draft, facts, strict=strict), strict=strict, normalize=normalize
    )
    try:
        return facts.description(question)
    except InvalidSchema as error:
        raise invalid(subject, draft, str(error)) from error


def with_free_names(subject: Subject, draft: Draft, description: Description) -> None:
    """Refuse a field that is named as Confluent's own are (only JSON has such names); `validateFields` asks for it."""
    taken = next((name for name in description.fields if name.startswith(KEPT_PREFIX)), None)
    if taken is not None:
        raise invalid(subject, draft, f"Field names cannot start with $$ prefix: {taken}")


def invalid(subject: Subject, draft: Draft, details: str) -> Refusal:
    """The refusal of a text that is no schema, in Confluent's frame, with the parser's own sentence at the end."""
    frame = f"Invalid schema of type {draft.kind}, details: "
    return Reason.INVALID_SCHEMA.refusal(details=f"{frame}{_shown(subject, draft) or frame}{details}")


def _shown(subject: Subject, draft: Draft) -> str:
    """What Confluent's parser of Avro says first; those of the other formats say the frame again."""
    if draft.kind != AVRO:
        return ""
    references = ", ".join(
        f"{{name='{reference.name}', subject='{reference.subject}', version={reference.version}}}"
        for reference in draft.references
    )
    text = draft.text if len(draft.text) <= SHOWN_SCHEMA else draft.text[:SHOWN_SCHEMA] + "..."
    shown = f"{{subject={subject},version=0,id=-1,schemaType={draft.kind},references=[{references}],schema={text}}}"
    return f"Invalid schema {shown} with refs [{references}] of type {draft.kind}, details: "
