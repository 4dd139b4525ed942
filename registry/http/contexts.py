"""Contexts: listing them, and deleting empty ones."""

from registry.http.call import Call
from registry.http.paths import context_or_refused
from registry.http.replies import Reply, page_reply
from registry.state import queries
from registry.state.commands import DeleteContext


async def list_contexts(call: Call) -> Reply:
    prefix = call.text("contextPrefix")
    return page_reply(*call.page([name for name in queries.contexts(call.state) if name.startswith(prefix)]))


async def delete_context(call: Call) -> Reply:
    await call.parts.node.write(DeleteContext(context_or_refused(call.blank("context"))))
    return Reply(b"", status=204)
