"""Config: what holds for a subject, a context, or all."""

import msgspec

from registry.http.bodies import config_change
from registry.http.call import Call
from registry.http.replies import Reply, config_members, json_reply
from registry.refusals import Reason
from registry.state import queries
from registry.state.commands import DeleteConfig
from registry.state.values import Config


async def get_config(call: Call) -> Reply:
    """Its own settings; with `defaultToGlobal` what holds in effect. The top level always answers."""
    scope, state = call.scope(), call.state
    own = queries.own_config(state, scope)
    level_only = Config(compatibilityLevel=call.parts.defaults.config.compatibilityLevel)
    if call.flag("defaultToGlobal") or (own is None and scope.is_top):
        shown = queries.effective_config(state, scope, level_only)
    elif own is None:
        raise Reason.COMPATIBILITY_NOT_CONFIGURED.refusal(subject=scope)
    elif scope.is_top and own.compatibilityLevel is None:
        shown = msgspec.structs.replace(own, compatibilityLevel=level_only.compatibilityLevel)  # clients read the level
    else:
        shown = own
    return json_reply(config_members(shown, "compatibilityLevel"))


async def put_config(call: Call) -> Reply:
    command = await config_change(call)
    return json_reply(config_members(await call.parts.node.write(command), "compatibility"))


async def delete_config(call: Call) -> Reply:
    removed = await call.parts.node.write(DeleteConfig(call.scope()))
    return json_reply(config_members(removed, "compatibilityLevel"))
