"""What a pipeline tells the people of a pull request: a comment that is edited in place, and findings beside the code.

    python -m momus.gate.pull_request comment REPORT.md
    python -m momus.gate.pull_request sarif REPORT.sarif

Run by `action.yml` and `templates/momus.yml`; where, and with which token, is in the variables that the services set.
What the service refuses fails no pipeline: it is told, and the report is elsewhere too.
"""

import base64
import gzip
import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import Request, urlopen

PATIENCE: Final = 30.0  # seconds for one answer
PAGE: Final = 100  # comments in one answer, the most that both services give


class NotPossible(Exception):
    """Here nobody can be told; the text says why."""


@dataclass(frozen=True, slots=True)
class Service:
    """`notes` are the comments of a pull request, "" where there is none; one is edited at `note`, by `edit`."""

    headers: Mapping[str, str]
    notes: str
    note: str
    edit: str

    def ask(self, method: str, url: str, body: object = None) -> Any:
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Accept": "application/json", **self.headers}
        request = Request(url, content, headers, method=method)  # noqa: S310  (the service's own address)
        try:
            with urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310
                return json.loads(reply.read() or b"null")
        except HTTPError as refused:
            raise NotPossible(f"{method} is answered with {refused.code}: may the token write there?") from refused
        except (URLError, TimeoutError, ValueError) as problem:
            raise NotPossible(f"{method} is not answered: {problem}") from problem


def comment(service: Service, text: str) -> str:
    """Our comment becomes `text`, which begins with the marker that it is found by. What was done, in a word."""
    if not service.notes:
        raise NotPossible("this pipeline is of no pull request")
    marker = text.partition("\n")[0]
    for note in _notes(service):
        if str(note.get("body", "")).startswith(marker):
            service.ask(service.edit, service.note.format(note["id"]), {"body": text})
            return "edited"
    service.ask("POST", service.notes, {"body": text})
    return "written"


def _notes(service: Service) -> Iterator[dict[str, Any]]:
    number = 1
    while True:
        page = service.ask("GET", f"{service.notes}?per_page={PAGE}&page={number}")
        yield from page
        if len(page) < PAGE:
            return
        number += 1


def upload(service: Service, url: str, sarif: bytes, variables: Mapping[str, str]) -> None:
    """The findings to code scanning, as GitHub takes them."""
    body = {
        "commit_sha": variables["GITHUB_SHA"],
        "ref": variables["GITHUB_REF"],
        "sarif": base64.b64encode(gzip.compress(sarif, mtime=0)).decode(),
        "tool_name": "momus",
    }
    service.ask("POST", url, body)


# ------------------------------------------------------------------------------------------------ where we are


def service_of(variables: Mapping[str, str]) -> Service:
    """Raises NotPossible."""
    if variables.get("GITHUB_ACTIONS") == "true":
        return _github(variables)
    if variables.get("GITLAB_CI") == "true":
        return _gitlab(variables)
    raise NotPossible("this is neither GitHub Actions nor GitLab CI")


def _github(variables: Mapping[str, str]) -> Service:
    headers = {"Authorization": f"Bearer {_token(variables, 'GITHUB_TOKEN')}", "X-GitHub-Api-Version": "2022-11-28"}
    event = json.loads(Path(variables["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
    number = event.get("pull_request", {}).get("number")
    root = _github_root(variables)
    notes = f"{root}/issues/{int(number)}/comments" if number else ""
    return Service(headers, notes, f"{root}/issues/comments/{{}}", "PATCH")


def _github_root(variables: Mapping[str, str]) -> str:
    return f"{variables['GITHUB_API_URL']}/repos/{quote(variables['GITHUB_REPOSITORY'])}"


def _gitlab(variables: Mapping[str, str]) -> Service:
    number = variables.get("CI_MERGE_REQUEST_IID", "")
    project = quote(variables["CI_PROJECT_ID"], safe="")
    notes = f"{variables['CI_API_V4_URL']}/projects/{project}/merge_requests/{quote(number, safe='')}/notes"
    headers = {"PRIVATE-TOKEN": _token(variables, "MOMUS_GITLAB_TOKEN")}
    return Service(headers, notes if number else "", f"{notes}/{{}}", "PUT")


def _token(variables: Mapping[str, str], name: str) -> str:
    if not variables.get(name):
        raise NotPossible(f"there is no token: {name} is not set")
    return variables[name]


# ------------------------------------------------------------------------------------------------ the command


def main(arguments: list[str], variables: Mapping[str, str], say: Callable[[str], object]) -> int:
    match arguments:
        case ["comment", file]:
            text = Path(file).read_text(encoding="utf-8")

            def act() -> str:
                return f"the comment is {comment(service_of(variables), text)}"

        case ["sarif", file]:
            content = Path(file).read_bytes()

            def act() -> str:
                service = service_of(variables)
                upload(service, f"{_github_root(variables)}/code-scanning/sarifs", content, variables)
                return "the findings are with code scanning"

        case _:
            say("comment FILE or sarif FILE")
            return 2
    try:
        say(f"momus: {act()}")
    except NotPossible as why:
        say(f"momus: nobody was told beside the code: {why}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, print))
