"""Modes: who may write what in a subject, a context, or everywhere."""

from registry.http.bodies import mode_change
from registry.http.call import Call
from registry.http.replies import Reply, json_reply
from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import DeleteMode


async def get_mode(call: Call) -> Reply:
    scope = call.scope()
    own = queries.own_mode(call.state, scope)
    if own is None and not call.flag("defaultToGlobal") and not scope.is_top:
        raise Reason.MODE_NOT_CONFIGURED.refusal(subject=scope)
    return json_reply({"mode": own or queries.effective_mode(call.state, scope)})


async def put_mode(call: Call) -> Reply:
    """Answers what was asked for, as it was spelled."""
    command = await mode_change(call)
    await call.parts.node.write(command)
    return json_reply({"mode": command.mode} if command.mode is not None else {})


async def delete_mode(call: Call) -> Reply:
    removed = await call.parts.node.write(DeleteMode(call.scope(), recursive=call.flag("recursive")))
    return json_reply({"mode": removed} if removed is not None else {})
