"""Registration: which version and id a schema gets, or why it gets none. The order of the steps is Confluent's."""

from dataclasses import dataclass, replace

from compat import Description, InvalidSchema, Source
from compat.level import Answer
from registry.names import MAX_INT, SchemaId, Subject, Version, delimited
from registry.refusals import Reason, Refusal
from registry.state import queries
from registry.state.associations import is_owned
from registry.state.commands import Draft, Recognize, Register
from registry.state.decisions.compatibility import Proposal, check_next
from registry.state.decisions.decision import Decision, Defaults
from registry.state.decisions.draft import drafted
from registry.state.decisions.look_up import (
    VERSION_PROPERTY,
    equals,
    find,
    unversioned,
    version_property,
    with_inherited,
)
from registry.state.decisions.permission import registrable, valid_subject
from registry.state.decisions.rules import valid_rules
from registry.state.decisions.sources import (
    described,
    invalid,
    normalized,
    numbered,
    source_of_draft,
    with_free_names,
)
from registry.state.facts import Describe, Facts, Tagging, Tags
from registry.state.guid import guid_of
from registry.state.records import SchemaRecord, Write, context_write, schema_key, schema_write, tombstones
from registry.state.state import State
from registry.state.values import IMPORT_MODES, Config, Metadata, merged_metadata


@dataclass(frozen=True, slots=True)
class Registered:
    """The answer to a registration. `is_stored` when the version was there before; then its time is known."""

    record: SchemaRecord
    is_stored: bool


def register(state: State, command: Register, defaults: Defaults, facts: Facts) -> Decision:
    """Refuses with 409, 42201, 42205, 42208, 42210; raises Missing."""
    valid_rules(command.draft.rules)
    valid_subject(command.subject)
    known = existing(state, command, defaults, facts)
    if known is not None:
        return Decision((), _there(known))
    mode = registrable(state, command.subject, has_id=command.id >= 0)
    is_import = mode in IMPORT_MODES
    config = queries.effective_config(state, command.subject, defaults.config)
    draft = command.draft if is_import else inherited(state, command, config, facts)
    if not draft.text.strip():
        raise Reason.INVALID_SCHEMA.refusal(details="Empty schema")
    draft = numbered(state, command.subject, draft)
    proposal = _proposal(state, command, draft, config, facts, is_import=is_import)
    if config.validateFields and not is_import:
        with_free_names(command.subject, draft, proposal.description)
    known = _same(state, command, proposal, facts)
    if known is not None:
        return Decision((), _there(known))
    _refers_to_no_owned(state, command.subject, draft)
    if not is_import and not command.force:
        _compatible(check_next(state, command.subject, proposal, config, defaults, facts), command.subject)
    return _written(state, command, proposal, is_import=is_import)


def recognize(state: State, inquiry: Recognize, defaults: Defaults, facts: Facts) -> Decision:
    """Answers the version that is there already, or None. Refuses with 42201, 42208, 42210."""
    valid_rules(inquiry.registration.draft.rules)
    valid_subject(inquiry.registration.subject)
    return Decision((), existing(state, inquiry.registration, defaults, facts))


def existing(state: State, command: Register, defaults: Defaults, facts: Facts) -> SchemaRecord | None:
    """The live version that this registration would find, by a reading alone. Any node and mode may answer with it."""
    subject = command.subject
    if not command.draft.text.strip() or not queries.has_subject(state, subject):
        return None
    config = queries.effective_config(state, subject, defaults.config)
    is_import = command.id >= 0 and queries.effective_mode(state, subject) in IMPORT_MODES
    if not is_import and _fills_in(command, config):
        return None
    draft = numbered(state, subject, command.draft)
    proposal = _proposal(state, command, draft, config, facts, is_import=is_import)
    return _found(state, command, proposal.draft, proposal.description, facts)


def _there(known: SchemaRecord) -> Registered:
    """Of a version that is registered by the same batch nothing is stored yet."""
    return Registered(known, is_stored=known.offset >= 0)


def _found(
    state: State, command: Register, draft: Draft, description: Description, facts: Facts
) -> SchemaRecord | None:
    """The live version that is this draft: any, or the one that the command names. Its id is the one asked for."""
    if command.version == 0:
        found = find(state, command.subject, draft, description, facts, include_deleted=False)
    else:
        named = queries.version_or_latest(state, command.subject, command.version)
        is_equal = named is not None and not named.deleted and equals(state, named, draft, description, facts)
        found = named if is_equal else None
    return found if found is not None and (command.id < 0 or command.id == found.id) else None


def _fills_in(command: Register, config: Config) -> bool:
    """Will the registration change the draft before it is compared, whatever it finds?"""
    return bool(
        command.tags_to_add
        or command.tags_to_remove
        or command.propagate_tags
        or config.defaultMetadata
        or config.overrideMetadata
        or config.defaultRuleSet
        or config.overrideRuleSet
    )


def inherited(state: State, command: Register, config: Config, facts: Facts) -> Draft:
    """The draft with what it takes over: from the latest version, from the config's defaults and overrides."""
    draft, latest = command.draft, queries.latest(state, command.subject)
    if not draft.text.strip() and latest is not None:
        draft = replace(draft, text=latest.text, kind=latest.kind, references=latest.references)
    draft = with_tags(state, command, draft, latest, facts)
    draft = with_inherited(draft, latest, config)
    if not command.version and version_property(draft.metadata) is None:
        return draft
    number = command.version if command.version > 0 else queries.highest_version(state, command.subject) + 1
    numbered_by = Metadata(properties={VERSION_PROPERTY: str(number)})
    return replace(draft, metadata=merged_metadata(draft.metadata or Metadata(), numbered_by))


def with_tags(state: State, command: Register, draft: Draft, latest: SchemaRecord | None, facts: Facts) -> Draft:
    """The draft with inline tags added, removed, and copied from the latest version where that is asked for."""
    add = command.tags_to_add
    if command.propagate_tags and latest is not None:
        old = numbered(state, command.subject, Draft(latest.text, latest.kind, latest.references))
        source = source_of_draft(state, command.subject, old, facts, strict=False)
        add = (*facts.tags(Tags(source)), *add)
    if not add and not command.tags_to_remove:
        return draft
    draft = numbered(state, command.subject, draft)
    source = source_of_draft(state, command.subject, draft, facts, strict=True)
    try:
        return replace(draft, text=facts.retagged(Tagging(source, add, command.tags_to_remove)))
    except InvalidSchema as error:
        raise invalid(command.subject, draft, str(error)) from error


def _proposal(
    state: State, command: Register, draft: Draft, config: Config, facts: Facts, *, is_import: bool
) -> Proposal:
    strict = not is_import and command.id < 0 and bool(config.validateNewSchemas)
    normalize = not is_import and (command.normalize or bool(config.normalize))
    if normalize:
        draft = normalized(state, command.subject, draft, facts, strict=strict)
    source = source_of_draft(state, command.subject, draft, facts, strict=strict)
    if is_import:
        return Proposal(draft, source, _imported(draft, source, facts))
    description = described(state, command.subject, draft, facts, strict=strict, normalize=normalize)
    return Proposal(draft, source, description)


def _imported(draft: Draft, source: Source, facts: Facts) -> Description:
    """An imported schema is stored in its stored form if it can be read, and as it came if not."""
    try:
        return facts.description(Describe(source))
    except InvalidSchema:
        return Description(draft.text, identity=f"unread {draft.text}")


def _same(state: State, command: Register, proposal: Proposal, facts: Facts) -> SchemaRecord | None:
    """The live version that this schema already is, now that all is filled in, but for the number of a version.

    With the number that was filled in it would be new each time.
    """
    return _found(state, command, unversioned(proposal.draft), proposal.description, facts)


def _refers_to_no_owned(state: State, subject: Subject, draft: Draft) -> None:
    """A subject that a resource owns goes with the resource: nothing may come to depend on it."""
    for reference in draft.references:
        owned = queries.target(subject, reference).subject
        if is_owned(state, owned):
            raise Reason.OPERATION_NOT_PERMITTED.refusal(
                details=f"Subject '{owned}' has a strong association and cannot be referenced"
            )


def _compatible(answer: Answer, subject: Subject) -> None:
    if not answer.is_compatible:
        extra = {"answer": answer}
        raise Reason.INCOMPATIBLE_SCHEMA.refusal(extra, subject=subject, details=", ".join(answer.messages))


def _written(state: State, command: Register, proposal: Proposal, *, is_import: bool) -> Decision:
    subject, draft = command.subject, proposal.draft
    guid = guid_of(proposal.description.text, draft.references, draft.metadata, draft.rules)
    record = SchemaRecord(
        offset=-1,
        timestamp=0,
        key=b"",
        subject=subject,
        version=_next_version(state, command, is_import=is_import),
        id=_id(state, command, draft.kind, guid),
        kind=draft.kind,
        text=proposal.description.text,
        guid=guid,
        references=draft.references,
        metadata=draft.metadata,
        rules=draft.rules,
    )
    _keeps_its_id(state, record)
    write = schema_write(record)
    stored = drafted(write)  # what is empty is not stored: the answer is what every reader sees
    assert isinstance(stored, SchemaRecord), stored
    writes = _first_of_context(state, subject) + _replaced(state, record) + [write]
    return Decision(tuple(writes), Registered(stored, is_stored=False))


def _next_version(state: State, command: Register, *, is_import: bool) -> Version:
    following = queries.highest_version(state, command.subject) + 1
    number = following if command.version in (0, -1) else command.version
    if number != following and not is_import:
        raise Reason.INVALID_SCHEMA.refusal(details="Version is not one more than previous version")
    if not 1 <= number <= MAX_INT:
        raise Reason.INVALID_VERSION.refusal(version=number)
    return Version(number)


def _keeps_its_id(state: State, record: SchemaRecord) -> None:
    """An import may repeat a version, but not give it another id: messages with the old one would lose their schema."""
    old = queries.version(state, record.subject, record.version)
    if old is not None and old.id != record.id:
        raise _overwrite(record.id, record.subject.context)


def _id(state: State, command: Register, kind: str, guid: bytes) -> SchemaId:
    """The id that this content has in the context, or the one asked for, or the next that was never issued."""
    context = command.subject.context
    known = queries.id_of(state, context, kind, guid)
    if command.id > MAX_INT:
        raise Reason.OPERATION_NOT_PERMITTED.refusal(details=f"The id {command.id} is larger than {MAX_INT}")
    if command.id >= 0:
        owner = queries.schema(state, context, command.id)
        if owner is not None and owner.identity != (kind, guid):
            raise _overwrite(command.id, context)
        return SchemaId(command.id)
    if known is not None:
        return known
    following = queries.highest_id(state, context) + 1
    if following > MAX_INT:
        raise Reason.OPERATION_NOT_PERMITTED.refusal(details=f"All ids of context {context} were issued")
    return SchemaId(following)


def _overwrite(number: int, context: str) -> Refusal:
    return Reason.OPERATION_NOT_PERMITTED.refusal(
        details=f"Overwrite new schema with id {number} in context {delimited(context)} is not permitted."
    )


def _first_of_context(state: State, subject: Subject) -> list[Write]:
    is_known = subject.context == "." or state.contexts.get(subject.context)
    return [] if is_known else [context_write(subject.context)]


def _replaced(state: State, record: SchemaRecord) -> list[Write]:
    """Soft-deleted versions of the same subject with the same id go for good, unless something refers to them."""
    return [
        write
        for old in queries.versions(state, record.subject, live=False, deleted=True)
        if old.id == record.id and old.version < record.version
        if not queries.referrers(state, old.place, include_deleted=True)
        for write in tombstones(state.keys(schema_key(old.place)))
    ]
