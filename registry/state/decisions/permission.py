"""Who may write where: the modes, and the names that are no subjects."""

import unicodedata

from registry.names import ANY_CONTEXT, GLOBAL_CONTEXT, Subject, delimited
from registry.refusals import Reason
from registry.state import queries
from registry.state.state import State
from registry.state.values import IMPORT_MODES, READ_ONLY_MODES, Mode

NO_SUBJECTS = ("__GLOBAL", "__EMPTY")


def writable(state: State, scope: Subject) -> Mode:
    """The effective mode of a subject or context. Refuses when it is read only."""
    mode = queries.effective_mode(state, scope)
    if mode in READ_ONLY_MODES:
        raise _not_permitted(scope, "is in read-only mode")
    return mode


def registrable(state: State, subject: Subject, *, has_id: bool) -> Mode:
    """The mode, where it allows a registration with an id of the caller's choice, or without one."""
    mode = writable(state, subject)
    if has_id and mode not in IMPORT_MODES:
        raise _not_permitted(subject, "is not in import mode")
    if not has_id and mode != "READWRITE":
        raise _not_permitted(subject, "is not in read-write mode")
    return mode


def valid_subject(subject: Subject, *, is_setting: bool = False) -> None:
    """Refuse a name that no subject may have; config and mode may also be those of `.__GLOBAL`."""
    spelled = str(subject)
    odd = not spelled.isprintable() and any(unicodedata.category(one) in ("Cc", "Cs") for one in spelled)
    reserved = subject.context == ANY_CONTEXT or (subject.context == GLOBAL_CONTEXT and not is_setting)
    if odd or reserved or subject.name in NO_SUBJECTS:
        raise Reason.INVALID_SUBJECT.refusal(subject=subject)


def _not_permitted(scope: Subject, what: str) -> Exception:
    spelled = str(scope) or "null"  # as Confluent prints the global scope
    return Reason.OPERATION_NOT_PERMITTED.refusal(
        details=f"Subject {spelled} in context {delimited(scope.context)} {what}"
    )
