"""What tests of `plan` and `apply` share: both run as a user runs them, and a front that stands before a registry."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from click.testing import Result

from momus.client import RegistryClient
from momus.testing import Registry
from tests.client.rogue import Answer, Rogue, Seen, rogue
from tests.gate.repositories import Repository


def plan(repository: Repository, registry: Registry | Rogue, *flags: str, code: int = 0) -> Any:
    """`momus plan --output json`, and what it wrote; it must end with `code`."""
    done = repository.run("plan", "--registry", registry.url, "--output", "json", *flags)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout)


def apply(
    repository: Repository,
    registry: Registry | Rogue,
    *flags: str,
    code: int = 0,
    variables: Mapping[str, str] | None = None,
) -> Result:
    done = repository.run("apply", "--registry", registry.url, "--yes", *flags, **(variables or {}))
    assert done.exit_code == code, done.output
    return done


def is_empty(made: Any) -> bool:
    return not made["actions"] and not any(subject["drift"] for subject in made["subjects"])


def states(made: Any) -> dict[str, str]:
    return {one["subject"]: one["state"] for one in made["subjects"]}


def steps(made: Any) -> list[tuple[str, str]]:
    return [(action["action"], action["subject"]) for action in made["actions"]]


@contextmanager
def client(registry: Registry) -> Iterator[RegistryClient]:
    with RegistryClient(registry.url, latest_age=0, missing_age=0) as opened:
        yield opened


@contextmanager
def front(registry: Registry, answer: Callable[[Seen, Callable[[], Answer]], Answer]) -> Iterator[Rogue]:
    """A server before the registry: `answer` has each request, and may ask the registry for its answer."""
    host = urlsplit(registry.url).netloc

    def behind(seen: Seen) -> Answer:
        connection = HTTPConnection(host)
        try:
            kept = {name: value for name, value in seen.headers.items() if name in ("Content-Type", "Accept")}
            connection.request(seen.method, seen.target, seen.body or None, kept)
            reply = connection.getresponse()
            return Answer(reply.status, reply.read(), {"Content-Type": reply.getheader("Content-Type", "")})
        finally:
            connection.close()

    with rogue(lambda seen: answer(seen, lambda: behind(seen))) as server:
        yield server
