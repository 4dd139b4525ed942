"""What may be written: for each command a pure decision. `decide` is the one door.

A decision changes nothing: it answers with the records to append and what will be true once they are in the log.
"""

from collections.abc import Callable
from typing import Any

from registry.state.commands import (
    Associate,
    Check,
    Command,
    DeleteConfig,
    DeleteContext,
    DeleteMode,
    DeleteSubject,
    DeleteVersion,
    Dissociate,
    Inquiry,
    LookUp,
    Recognize,
    Register,
    Retag,
    SetConfig,
    SetMode,
)
from registry.state.decisions.associations import associate, dissociate
from registry.state.decisions.compatibility import check
from registry.state.decisions.decision import Decision, Defaults
from registry.state.decisions.delete import delete_context, delete_subject, delete_version
from registry.state.decisions.look_up import look_up
from registry.state.decisions.register import recognize, register
from registry.state.decisions.remember import remembered
from registry.state.decisions.retag import retag
from registry.state.decisions.settings import delete_config, delete_mode, set_config, set_mode
from registry.state.facts import Facts
from registry.state.state import State

__all__ = ["Decision", "Defaults", "decide"]

_DECISIONS: dict[type, Callable[[State, Any, Defaults, Facts], Decision]] = {
    Register: register,
    Retag: retag,
    DeleteVersion: delete_version,
    DeleteSubject: delete_subject,
    DeleteContext: delete_context,
    SetConfig: set_config,
    DeleteConfig: delete_config,
    SetMode: set_mode,
    DeleteMode: delete_mode,
    Associate: associate,
    Dissociate: dissociate,
    Recognize: recognize,
    LookUp: look_up,
    Check: check,
}


def decide(state: State, command: Command | Inquiry, defaults: Defaults, facts: Facts) -> Decision:
    """The decision on a command in this state.

    Raises Refusal when it may not be, and Missing when facts about schemas must be found first.
    """
    return remembered(state, _DECISIONS[type(command)](state, command, defaults, facts))
