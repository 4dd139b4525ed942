"""What the subjects of these files are called in an environment: a prefix before the name, a context around it.

References within a context are spelled without it, so that a schema is the same in every context, and has one id.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Names:
    prefix: str = ""
    context: str = ""  # as `.staging`; "" is the default one

    def there(self, subject: str) -> str:
        return self._qualified(self.prefix + subject)

    def here(self, subject: str) -> str | None:
        """None for a subject that these files could not have."""
        context, name = split(subject)
        if context != self.context or not name.startswith(self.prefix):
            return None
        return name.removeprefix(self.prefix)

    def referred(self, subject: str) -> str:
        """A subject that is there, as a reference spells it."""
        return split(subject)[1]

    @property
    def top(self) -> str:
        """Whose config holds where a subject has none of its own; "" is the whole registry."""
        return self._qualified("")

    def spelled(self, there: str) -> str:
        """By its name here, or, where these files could not have it, by one that no file has."""
        here = self.here(there)
        return here if here is not None else there if there.startswith(":") else f":.:{there}"

    def read(self, spelled: str) -> str:
        """What `spelled` was made of."""
        if spelled.startswith(":.:"):
            return spelled.removeprefix(":.:")
        return spelled if spelled.startswith(":.") else self.there(spelled)

    def _qualified(self, name: str) -> str:
        return f":{self.context}:{name}" if self.context else name


def beside(subject: str, other: str) -> str:
    """What `other` means in a reference of `subject`: without a context of its own, it is in the same."""
    context, _ = split(subject)
    return f":{context}:{other}" if context and not other.startswith(":") else other


def split(subject: str) -> tuple[str, str]:
    """The context, "" for the default one, and the name."""
    if subject.startswith(":.") and (end := subject.find(":", 1)) > 0:
        context = subject[1:end]
        return ("" if context == "." else context), subject[end + 1 :]
    return "", subject
