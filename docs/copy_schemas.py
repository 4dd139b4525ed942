"""Copies all schemas of a registry, with their ids, versions and configs, into an empty Momus, through both APIs.

    python3 docs/copy_schemas.py http://old-registry:8081 http://127.0.0.1:8081

It only reads from the first. It ends with code 1 when something is not there afterwards, and says what. Nothing but
Python is needed.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

PAGE = 1000  # schemas in an answer; Confluent's registry gives no more, whatever is asked
EVERYWHERE = ":.__GLOBAL:"  # the place above all contexts
Name = tuple[str, int]  # a subject and a version


class Refused(Exception):
    pass


def ask(method: str, url: str, body: Mapping[str, Any] | None = None) -> Any:
    """The answer's JSON. A registry that wants a login: put an Authorization header here."""
    data = None if body is None else json.dumps(body).encode()
    try:
        request = Request(url, data, {"Content-Type": "application/json"}, method=method)  # noqa: S310 - the user's own
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            return json.loads(answer.read())
    except HTTPError as refused:
        raise Refused(f"{method} {url}: {refused.code} {refused.read().decode(errors='replace')}") from None


def listed(registry: str, *, deleted: str) -> dict[Name, dict[str, Any]]:
    """From the list of all; one by one where there is none (Redpanda), or one without names, or empty (Apicurio)."""
    try:
        return by_list(registry, deleted) or one_by_one(registry, deleted)
    except (Refused, KeyError):
        return one_by_one(registry, deleted)


def by_list(registry: str, deleted: str) -> dict[Name, dict[str, Any]]:
    """Page by page, until one brings nothing new (Karapace has one page, whatever is asked)."""
    found: dict[Name, dict[str, Any]] = {}
    seen = -1
    while len(found) > seen:
        seen = len(found)
        url = f"{registry}/schemas?subjectPrefix={quote(':*:')}&deleted={deleted}&offset={seen}&limit={PAGE}"
        found |= {(each["subject"], each["version"]): each for each in ask("GET", url)}
    return found


def one_by_one(registry: str, deleted: str) -> dict[Name, dict[str, Any]]:
    """What a registry names and does not show is left out (of a deleted subject, Apicurio shows nothing)."""
    found = {}
    for subject in every(f"{registry}/subjects?deleted={deleted}"):
        versions = f"{registry}/subjects/{quote(subject, safe='')}/versions"
        for version in every(f"{versions}?deleted={deleted}"):
            with suppress(Refused):
                found[subject, version] = ask("GET", f"{versions}/{version}?deleted=true")
    return found


def every(url: str) -> list[Any]:
    """All that stands in a list of names or numbers, page by page."""
    found: dict[Any, None] = {}
    seen = -1
    while len(found) > seen:
        seen = len(found)
        found |= dict.fromkeys(ask("GET", f"{url}&offset={seen}&limit={PAGE}"))
    return list(found)


def schemas(registry: str) -> tuple[dict[Name, dict[str, Any]], set[Name]]:
    """All, and which of them are softly deleted: in only one of the lists (Karapace means `deleted` inversely)."""
    some, others = listed(registry, deleted="true"), listed(registry, deleted="false")
    return some | others, some.keys() ^ others.keys()


def in_order(found: dict[Name, dict[str, Any]]) -> Iterator[Name]:
    """By id, but what a schema refers to before it."""
    waiting = dict.fromkeys(sorted(found, key=lambda name: (found[name]["id"], name)))

    def one(name: Name) -> Iterator[Name]:
        if name in waiting:
            del waiting[name]
            for reference in found[name].get("references") or ():
                yield from one((qualified(reference["subject"], name[0]), reference["version"]))
            yield name

    while waiting:
        yield from one(next(iter(waiting)))


def qualified(subject: str, near: str) -> str:
    """A reference without a context means the context of the schema that it stands in."""
    if subject.startswith(":.") or not near.startswith(":."):
        return subject
    return near[: near.index(":", 2) + 1] + subject


def copy(source: str, target: str) -> list[str]:
    """What could not be copied, and why."""
    found, deleted = schemas(source)
    order = list(in_order(found))
    troubles = []
    ask("PUT", f"{target}/mode/{EVERYWHERE}", {"mode": "IMPORT"})  # refused unless the target is empty
    try:
        for name in order:
            members = ("schema", "schemaType", "references", "metadata", "ruleSet", "id", "version")
            body = {member: found[name][member] for member in members if found[name].get(member) is not None}
            try:
                ask("POST", f"{target}/subjects/{quote(name[0], safe='')}/versions", body)
            except Refused as refused:
                troubles.append(str(refused))
        for subject, version in reversed(order):  # what refers to others before what it refers to
            if (subject, version) in deleted:
                ask("DELETE", f"{target}/subjects/{quote(subject, safe='')}/versions/{version}")
        copy_configs(source, target, {subject for subject, _ in found})
    finally:
        ask("PUT", f"{target}/mode/{EVERYWHERE}", {"mode": "READWRITE"})
    return troubles


def copy_configs(source: str, target: str, subjects: set[str]) -> None:
    contexts = {subject[: subject.index(":", 2) + 1] for subject in subjects if subject.startswith(":.")}
    for path in ["", *(f"/{quote(each, safe='')}" for each in sorted(contexts | subjects))]:
        try:
            config = ask("GET", f"{source}/config{path}")
        except Refused:  # it has none of its own
            continue
        if "compatibilityLevel" in config:
            config["compatibility"] = config.pop("compatibilityLevel")
        ask("PUT", f"{target}/config{path}", config)


def differences(source: str, target: str) -> list[str]:
    (ours, our_deleted), (theirs, their_deleted) = schemas(target), schemas(source)
    names = theirs.keys() | ours.keys()
    id_of = {name: (theirs.get(name, {}).get("id"), ours.get(name, {}).get("id")) for name in names}
    return [
        f"{subject} version {version}: id {id_of[subject, version][0]} there, {id_of[subject, version][1]} here"
        for subject, version in sorted(names)
        if len(set(id_of[subject, version])) > 1
    ] + [f"{subject} version {version}: deleted in one only" for subject, version in our_deleted ^ their_deleted]


def main(source: str, target: str) -> int:
    source, target = source.rstrip("/"), target.rstrip("/")
    try:
        troubles = copy(source, target) + differences(source, target)
    except Refused as refused:
        troubles = [str(refused)]
    for trouble in troubles:
        sys.stderr.write(f"{trouble}\n")
    if not troubles:
        sys.stdout.write(f"{len(schemas(target)[0])} schemas are in {target}, each under its id\n")
    return 1 if troubles else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
