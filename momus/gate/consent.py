"""Consent besides the approvals' file, where the configuration asks for it: lines of commits, labels of the request.

    Schema-Break: orders-value nobody reads the note yet

in the message of a commit since the base; or a label of the pull request, which is for all that the request breaks. The
schemas themselves may say that they are not stable: what was unstable before may break.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from momus.gate.configuration import Consent
from momus.gate.faults import NoBase
from momus.gate.findings import Approval, Finding
from momus.gate.git import MERGE_BASE, Repository
from momus.gate.globs import fits

_FOOTER: Final = re.compile(r"^Schema-Break:[ \t]*(\S+)[ \t]+(\S.*)$", re.MULTILINE | re.IGNORECASE)
_UNSTABLE: Final = frozenset(("alpha", "beta", "dev", "draft", "experimental", "unstable"))
_PACKAGE: Final = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_VERSION: Final = re.compile(r"v\d+(p\d+)?(alpha|beta|test)\d*")


@dataclass(frozen=True, slots=True)
class Word:
    """Of somebody, for the subjects that fit."""

    subject: str
    reason: str
    by: str


def consented(findings: Iterable[Finding], words: Sequence[Word]) -> tuple[Finding, ...]:
    """What breaks somebody is approved by the first word that is about it."""
    return tuple(_with_word(finding, words) for finding in findings)


def _with_word(finding: Finding, words: Sequence[Word]) -> Finding:
    if not finding.can_be_approved or not finding.server_message:
        return finding
    word = next(
        (word for word in words if fits(finding.subject, word.subject) or finding.subject == word.subject), None
    )
    if word is None:
        return finding
    return replace(finding, approved=Approval(finding.fingerprint, word.reason, finding.subject, finding.rule, word.by))


def words(consent: Consent, root: Path, against: Sequence[str]) -> list[Word]:
    """Those that the configuration lets count."""
    found = [word for word in _labels(os.environ) if word.by in {f"label {label}" for label in consent.labels}]
    if consent.commits:
        bases = [base.partition(":") for base in against]
        refs = [ref for kind, _, ref in bases if kind == "git"] or [MERGE_BASE]
        found += [word for ref in refs for word in _footers(Repository(root), ref or MERGE_BASE)]
    return found


def _footers(repository: Repository, ref: str) -> Iterator[Word]:
    try:
        told = repository.messages(repository.commit(ref))
    except NoBase:  # a base without git has no commits since
        return
    for commit, author, message in told:
        for match in _FOOTER.finditer(message):
            yield Word(match[1], match[2].strip(), f"{author} in commit {commit[:12]}")


def _labels(environment: Mapping[str, str]) -> Iterator[Word]:
    event = _event(environment.get("GITHUB_EVENT_PATH", ""))
    request = event.get("pull_request")
    labels = request.get("labels") if isinstance(request, dict) else None
    names = [label.get("name") for label in labels if isinstance(label, dict)] if isinstance(labels, list) else []
    names += environment.get("CI_MERGE_REQUEST_LABELS", "").split(",")
    for name in names:
        if isinstance(name, str) and name.strip():
            yield Word("**", "the request has this label", f"label {name.strip()}")


def _event(path: str) -> dict[str, Any]:
    """What GitHub tells of why it runs; empty where it tells nothing that can be read."""
    try:
        event = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return event if isinstance(event, dict) else {}


# ------------------------------------------------------------------------------------------------ stability


def is_unstable(kind: str, text: str) -> bool:
    """By `x-stability` in Avro and JSON Schema, by the version in the package of Protobuf, as `shop.v1alpha1`."""
    if kind == "PROTOBUF":
        package = _PACKAGE.search(text)
        return package is not None and any(_VERSION.fullmatch(part) for part in package[1].split("."))
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    said = value.get("x-stability") if isinstance(value, dict) else None
    return isinstance(said, str) and said.lower() in _UNSTABLE
