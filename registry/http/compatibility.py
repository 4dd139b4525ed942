"""Compatibility: may this schema follow that version, or be registered next?"""

from registry.http.bodies import SCHEMA_BODY, draft_of
from registry.http.call import Call
from registry.http.replies import Reply, check_members, json_reply
from registry.refusals import Reason, Refusal
from registry.state.commands import Check


async def check_version(call: Call) -> Reply:
    return await _check(call, call.version())


async def check_next(call: Call) -> Reply:
    return await _check(call, None)


async def _check(call: Call, version: int | None) -> Reply:
    """With `verbose` the answer says why, and an invalid schema is an answer instead of a refusal."""
    verbose = call.flag("verbose")
    body = await call.body(SCHEMA_BODY)
    inquiry = Check(call.subject(), draft_of(body), version, normalize=call.flag("normalize"))
    try:
        answer = await call.parts.node.ask(inquiry)
    except Refusal as refusal:
        if verbose and refusal.reason is Reason.INVALID_SCHEMA:
            return json_reply({"is_compatible": False, "messages": [refusal.message]})
        raise
    return json_reply(check_members(answer, verbose=verbose))
