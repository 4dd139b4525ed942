"""What a call may raise, beside ValueError for arguments that no registry takes. Nothing secret is in any of it.

`RegistryError` is all of them; `Refusal` an answer that says no, with status, code, sentence and, from Momus, proofs;
`Unreachable` that nobody answered.
"""

from typing import Any

import msgspec

from momus.client.values import Difference

MOST_SHOWN = 500  # characters of an answer that is no refusal of a registry's


class RegistryError(Exception):
    """All that goes wrong between here and the registry."""


class ClientClosed(RegistryError):
    """The client was closed, and something was asked of it."""


class Unreachable(RegistryError):
    """No registry answered. `attempts` tells of each URL what stood in the way, in the order they were tried."""

    def __init__(self, attempts: tuple[tuple[str, str], ...], *, may_have_happened: bool = False) -> None:
        super().__init__(attempts)
        self.attempts = attempts
        self.may_have_happened = may_have_happened

    def __str__(self) -> str:
        told = "; ".join(f"{url} {reason}" for url, reason in dict(self.attempts).items())
        doubt = "; the request was sent, and may have been carried out" if self.may_have_happened else ""
        return f"no registry answered: {told}{doubt}"

    def __reduce__(self) -> Any:
        return _unreachable, (self.attempts, self.may_have_happened)


class LoginFailed(RegistryError):
    """There is no token to ask with; the text says why. `may_pass`: not for what was asked, but for the endpoint."""

    def __init__(self, text: str, *, may_pass: bool = False) -> None:
        super().__init__(text)
        self.may_pass = may_pass


class UnexpectedAnswer(RegistryError):
    """An answer that no registry gives: another program may listen at that URL."""


class Refusal(RegistryError):
    """The registry's no: HTTP status, error code, sentence, and from Momus the proofs of an incompatibility."""

    def __init__(self, told: "Told") -> None:
        super().__init__(told)
        self.told = told
        self.status = told.status
        self.error_code = told.error_code
        self.message = told.message
        self.request = told.request
        self.retry_after = told.retry_after
        self.request_id = told.request_id
        self.differences = told.differences
        self.unlisted_differences = told.unlisted_differences
        self.decided_by = told.decided_by

    @property
    def is_not_there(self) -> bool:
        """What was asked for is not there, or the registry knows no such thing: they say it in many ways."""
        return self.status in (400, 404, 405, 422, 501)

    @property
    def is_unknown_path(self) -> bool:
        """Nobody answers there: the registry cannot do it, or is another program."""
        return self.status in (405, 501) or (self.status == 404 and self.error_code < 40000)

    @property
    def is_unwell(self) -> bool:
        """No answer to the question: the registry has too much to do, or an error of its own."""
        return self.status == 429 or (self.status >= 500 and self.status != 501)

    def __str__(self) -> str:
        proofs = "".join(f"\n  {_shown(difference)}" for difference in self.differences)
        return f"{self.message} ({self.error_code}, {self.request}){proofs}"


class NotFound(Refusal):
    """404: no such subject, version, schema, configuration, or path."""


class Incompatible(Refusal):
    """409 for a schema that would break somebody; `differences` has the proofs."""


class LoginRefused(Refusal):
    """401 or 403: who asks is not known, or may not."""


class Told(msgspec.Struct, frozen=True):
    """What was read of a refusal."""

    status: int
    error_code: int
    message: str
    request: str
    retry_after: float | None = None
    request_id: str = ""
    differences: tuple[Difference, ...] = ()
    unlisted_differences: int = 0
    decided_by: str = ""


def refusal_of(
    status: int, body: bytes, request: str, *, retry_after: float | None = None, request_id: str = ""
) -> Refusal:
    """The error for an answer that says no, whoever gave it and in whatever shape."""
    members = _members(body)
    code = members.get("error_code")
    told = Told(
        status,
        code if isinstance(code, int) and code else status,
        _message(members, body) or f"HTTP {status}",
        request,
        retry_after,
        request_id,
        _differences(members),
        members.get("unlisted_differences", 0),
        members.get("decided_by", ""),
    )
    return _kind(told)(told)


def _kind(told: Told) -> type[Refusal]:
    if told.status == 404:
        return NotFound
    if told.error_code in {409, 40901}:
        return Incompatible
    return LoginRefused if told.status in {401, 403} else Refusal


def _members(body: bytes) -> dict[str, Any]:
    try:
        members = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return members if isinstance(members, dict) else {"message": members}


def _message(members: dict[str, Any], body: bytes) -> str:
    """Karapace's validator tells a list, its login `error` and `reason`, its router a bare text; a proxy tells HTML."""
    told = members.get("message") or " ".join(
        str(members[name]) for name in ("error", "reason", "detail") if members.get(name)
    )
    if isinstance(told, list):
        told = "; ".join(str(each.get("msg", each) if isinstance(each, dict) else each) for each in told)
    return (str(told) if told else body.decode("utf-8", "replace").strip())[:MOST_SHOWN]


def _differences(members: dict[str, Any]) -> tuple[Difference, ...]:
    try:
        return msgspec.convert(members.get("differences", ()), tuple[Difference, ...], strict=False)
    except msgspec.ValidationError:
        return ()


def _shown(difference: Difference) -> str:
    witness = difference.witness
    proof = f" - for example {witness.json}: {witness.error}" if witness else ""
    return f"{difference.rule} at {difference.path or '/'}: {difference.message}{proof}"


def _unreachable(attempts: tuple[tuple[str, str], ...], may_have_happened: bool) -> Unreachable:  # noqa: FBT001 - pickle calls it
    return Unreachable(attempts, may_have_happened=may_have_happened)
