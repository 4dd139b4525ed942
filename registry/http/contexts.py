"""Contexts: listing them, and deleting empty ones."""

from registry.http.call import Call
from registry.http.replies import Reply, page_reply
from registry.names import context_of
from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import DeleteContext


async def list_contexts(call: Call) -> Reply:
    prefix = call.text("contextPrefix")
    return page_reply(*call.page([name for name in queries.contexts(call.state) if name.startswith(prefix)]))


async def delete_context(call: Call) -> Reply:
    spelled = call.blank("context")
    try:
        context = context_of(spelled)
    except ValueError as error:
        raise Reason.BAD_CONTEXT.refusal(context=spelled) from error
    await call.parts.node.write(DeleteContext(context))
    return Reply(b"", status=204)
