"""Compatibility: may this schema follow that version, or be registered next?"""

from dataclasses import replace

from registry.http.bodies import SCHEMA_BODY, draft_of
from registry.http.call import Call
from registry.http.forward import FRESHNESS
from registry.http.replies import Reply, check_members, json_reply
from registry.refusals import Reason, Refusal
from registry.state.commands import Check


async def check_version(call: Call) -> Reply:
    return await _check(call, call.version())


async def check_next(call: Call) -> Reply:
    return await _check(call, None)


async def _check(call: Call, version: int | None) -> Reply:
    """With `verbose` the answer says why, and an invalid schema is an answer instead of a refusal.

    The verdict is about what the log has now: no objection may be that a version was registered through another node.
    """
    verbose = call.flag("verbose")
    body = await call.body(SCHEMA_BODY)
    inquiry = Check(call.subject(), draft_of(body), version, normalize=call.flag("normalize"))
    is_sure = await call.parts.node.catch_up()
    try:
        reply = json_reply(check_members(await call.parts.node.ask(inquiry), verbose=verbose))
    except Refusal as refusal:
        if not verbose or refusal.reason is not Reason.INVALID_SCHEMA:
            raise
        reply = json_reply({"is_compatible": False, "messages": [refusal.message]})
    return reply if is_sure else replace(reply, headers=(FRESHNESS,))
