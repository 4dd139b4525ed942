"""Config and modes: what is set where, merged and cleared as Confluent does."""

import msgspec

from compat import POLICIES
from registry.names import LEVELS, Subject
from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import DeleteConfig, DeleteMode, SetConfig, SetMode
from registry.state.decisions.decision import Decision, Defaults
from registry.state.decisions.delete import subject_tombstones
from registry.state.decisions.permission import valid_subject, writable
from registry.state.decisions.rules import valid_rules
from registry.state.facts import Facts
from registry.state.records import (
    ConfigRecord,
    Write,
    config_key,
    config_write,
    mode_key,
    mode_write,
    read,
    subject_cleared_write,
    tombstones,
)
from registry.state.state import State
from registry.state.values import IMPORT_MODES, MODES, Config, Mode


def set_config(state: State, command: SetConfig, _defaults: Defaults, _facts: Facts) -> Decision:
    """Answers the whole config after the change. Refuses with 42203, 42205, 42208, 42210."""
    scope = command.scope
    valid_subject(scope, is_setting=True)
    writable(state, scope)
    old = queries.own_config(state, scope)
    wanted = msgspec.structs.replace(old or Config(), **command.changes)
    _valid(wanted)
    write = config_write(scope, wanted)
    stored = read(*write, offset=-1, timestamp=0)  # what is empty is not stored, and so not set
    assert isinstance(stored, ConfigRecord), stored
    return Decision(() if stored.config == old else (write,), stored.config)


def _valid(config: Config) -> None:
    if config.compatibilityLevel not in (None, *LEVELS):
        raise Reason.INVALID_COMPATIBILITY.refusal()
    if config.compatibilityPolicy not in (None, *POLICIES):
        raise Reason.INVALID_POLICY.refusal(policy=config.compatibilityPolicy, valid=", ".join(POLICIES))
    valid_rules(config.defaultRuleSet)
    valid_rules(config.overrideRuleSet)


def delete_config(state: State, command: DeleteConfig, defaults: Defaults, _facts: Facts) -> Decision:
    """Answers the config that was removed; for all, what held until now. Refuses with 40401, 42205."""
    scope = command.scope
    own = queries.own_config(state, scope)
    if own is None and not scope.is_top:
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=scope)
    writable(state, scope)
    shown = own or queries.effective_config(state, scope, Config(compatibilityLevel=defaults.config.compatibilityLevel))
    return Decision(tuple(tombstones(state.keys(config_key(scope)))) if own else (), shown)


def set_mode(state: State, command: SetMode, defaults: Defaults, _facts: Facts) -> Decision:
    """Answers the mode that is set now. Refuses with 42204, 42205, 42206, 42208."""
    scope = command.scope
    valid_subject(scope, is_setting=True)
    _may_change(defaults)
    if command.mode is None:
        own = queries.own_mode(state, scope)
        return Decision(tuple(tombstones(state.keys(mode_key(scope)))) if own else (), None)
    mode = _mode(command.mode, scope)
    cleared: list[Write] = []
    if mode in IMPORT_MODES and queries.effective_mode(state, scope) not in IMPORT_MODES and not command.force:
        cleared = _cleared_for_import(state, scope, defaults)
    if not cleared and queries.own_mode(state, scope) == mode:
        return Decision((), mode)
    return Decision((*cleared, mode_write(scope, mode)), mode)


def delete_mode(state: State, command: DeleteMode, defaults: Defaults, _facts: Facts) -> Decision:
    """Answers the mode that was removed, or None. `recursive` clears a context's subjects too. Refuses 40401, 42205."""
    scope = command.scope
    _may_change(defaults)
    own = queries.own_mode(state, scope)
    if own is None and not scope.is_top and not command.recursive:
        raise Reason.SUBJECT_NOT_FOUND.refusal(subject=scope)
    scopes = [scope] if own else []
    if command.recursive and scope.is_context:
        scopes += sorted(at for at in state.modes if at.context == scope.context and at.name)
    writes = tombstones([key for at in scopes for key in state.keys(mode_key(at))])
    shown = own or (None if command.recursive else queries.effective_mode(state, scope))
    return Decision(tuple(writes), shown)


def _may_change(defaults: Defaults) -> None:
    if not defaults.modes_may_change:
        raise Reason.OPERATION_NOT_PERMITTED.refusal(details="Mode changes are not allowed")


def _mode(text: str, scope: Subject) -> Mode:
    mode = next((mode for mode in MODES if mode == text.upper()), None)
    if mode is None:
        raise Reason.INVALID_MODE.refusal()
    if mode == "FORWARD" and scope != queries.GLOBAL:
        raise Reason.FORWARD_NOT_GLOBAL.refusal()
    return mode


def _cleared_for_import(state: State, scope: Subject, defaults: Defaults) -> list[Write]:
    """What must go before ids may be chosen by the caller: no live version in scope; deleted ones go for good."""
    subjects = sorted(_affected(state, scope))
    if any(queries.has_subject(state, subject) for subject in subjects):
        raise Reason.OPERATION_NOT_PERMITTED.refusal(details="Cannot import since found existing subjects")
    gone = set(subjects)
    for subject in subjects:
        for record in queries.versions(state, subject, deleted=True):
            if any(by.subject not in gone for by in queries.referrers(state, record.place, include_deleted=True)):
                raise Reason.REFERENCE_EXISTS.refusal(subject=record.subject, version=record.version)
    writes = [write for subject in subjects for write in subject_tombstones(state, subject, defaults)]
    return [*writes, subject_cleared_write(scope)]


def _affected(state: State, scope: Subject) -> list[Subject]:
    """`/mode` and the global context mean the whole registry."""
    if scope.is_top:
        return list(state.subjects)
    return list(queries.subjects_in(state, scope))
