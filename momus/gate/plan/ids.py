"""Which id a schema will have, where another version has the same content already."""

from dataclasses import replace

import msgspec

from momus.client import Schema
from momus.gate.plan.reading import Content, content
from momus.gate.plan.schemas import Found, Sight
from momus.gate.plan.values import Register


async def with_ids(found: Found, sight: Sight) -> Found:
    """Nothing is asked where nothing will be registered."""
    if not found.registers:
        return found
    known = await sight.reading.ids()
    registers = dict(found.registers)
    for subject, register in found.registers.items():
        place = known.get(_content(subject, register, found, sight))
        if place is not None and not register.is_explicit:
            registers[subject] = msgspec.structs.replace(register, id=place[0], id_of=place[1])
    return replace(found, registers=registers)


def _content(subject: str, register: Register, found: Found, sight: Sight) -> Content:
    """As the registry will keep it: what the schema does not say it takes over from the version before."""
    newest = sight.standings[subject].newest
    metadata, rules = register.metadata, register.rule_set
    return content(
        Schema(
            found.settled[subject].text,
            register.schema_type,
            register.references,
            newest.metadata if metadata is None and newest else metadata,
            newest.rule_set if rules is None and newest else rules,
        )
    )
