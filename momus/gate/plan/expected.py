"""A registry as it will be once levels and policies are set: what is compared is compared under those.

Which settings will hold is found elsewhere (`making.py`), before one of these is made; nothing here asks for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from compat import POLICIES
from compat.level import Level
from momus.gate.bases import Asked
from momus.gate.plan.reading import Members, Reading
from momus.gate.store_bases import Stored


@dataclass(frozen=True, slots=True)
class Expected:
    """A `Store`: the versions are those of `reading`, and `after` has the configs that will hold, by subject."""

    reading: Reading
    after: Mapping[str, Members]

    async def subjects(self) -> list[str]:
        return await self.reading.subjects()

    async def versions(self, subject: str) -> list[int]:
        return await self.reading.versions(subject)

    async def stored(self, subject: str, version: int) -> Stored:
        return await self.reading.stored(subject, version)

    async def asked(self, subject: str) -> Asked:
        config = self.after[subject]
        policy = config.get("compatibilityPolicy") or "STRICT"
        return Asked(
            Level[config.get("compatibilityLevel") or "BACKWARD"],
            policy if policy in POLICIES else "STRICT",
            config.get("compatibilityGroup"),
            normalize=bool(config.get("normalize")),
            validate_fields=bool(config.get("validateFields")),
        )
