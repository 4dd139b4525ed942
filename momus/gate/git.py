"""git, asked through its plumbing: which commit, which blobs, what is in them. Nothing is checked out or written."""

import os
import posixpath
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final

from momus.gate.faults import NoBase

MERGE_BASE: Final = "merge-base"
TARGETS: Final = (  # the branch that a pull request is to be merged into, by the service that tells it
    "MOMUS_TARGET_BRANCH",
    "GITHUB_BASE_REF",
    "CI_MERGE_REQUEST_TARGET_BRANCH_NAME",
    "SYSTEM_PULLREQUEST_TARGETBRANCH",
    "BITBUCKET_PR_DESTINATION_BRANCH",
    "CHANGE_TARGET",
    "BUILDKITE_PULL_REQUEST_BASE_BRANCH",
)
_NUMBERS: Final = ("CI_MERGE_REQUEST_IID", "SYSTEM_PULLREQUEST_PULLREQUESTID")
_LINK: Final = b"120000"  # git's mode of a symbolic link, whose blob is where it leads
_LONGEST_CHAIN: Final = 40  # links that lead to links, as in Linux
DEFAULTS: Final = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def is_pull_request(environment: Mapping[str, str]) -> bool:
    """Does the service that runs this say so? That somebody named a target himself does not."""
    _, *told = TARGETS
    return any(environment.get(name) for name in (*told, *_NUMBERS))


@dataclass(frozen=True, slots=True)
class Repository:
    """The repository around a folder; paths are relative to the folder."""

    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def commit(self, ref: str) -> str:
        """The commit that a name means; `merge-base` is where this branch left its target. Raises NoBase."""
        if ref == MERGE_BASE:
            return self._merge_base()
        if ref.startswith("-"):
            raise NoBase(f"'{ref}' is no name of a commit")
        found = self._maybe("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        if found:
            return found
        self._must_have_commits()
        shallow = self._is_shallow_too()
        is_counted = ref.startswith("HEAD") or "~" in ref or "^" in ref or "@{" in ref  # from here: no name to fetch
        fetch = "git fetch --unshallow" if is_counted else f"git fetch origin {ref.removeprefix('origin/')}"
        raise NoBase(
            f"git knows no commit '{ref}'{shallow}" + (f"; fetch it: {fetch}" if shallow or not is_counted else "")
        )

    def short(self, commit: str) -> str:
        return commit[:12]

    def blobs(self, commit: str) -> dict[str, str]:
        """The ids of all files of a commit, by path."""
        listed = self._bytes("ls-tree", "-r", "-z", commit)
        found: dict[str, str] = {}
        links: dict[str, str] = {}
        for line in listed.split(b"\0"):
            about, _, path = line.partition(b"\t")
            mode, _, rest = about.partition(b" ")
            kept = found if mode.startswith(b"100") else links if mode == _LINK else {}
            kept[path.decode("utf-8", "surrogateescape")] = rest.partition(b" ")[2].decode()
        return found | self._linked(links, found)

    def _linked(self, links: Mapping[str, str], files: Mapping[str, str]) -> dict[str, str]:
        """The links that lead to a file of the same commit, as on the disk: with what that file has."""
        targets = dict(zip(links, self.contents(links.values()), strict=True))
        found = {}
        for path, target in targets.items():
            way = posixpath.join(posixpath.dirname(path), target.decode("utf-8", "surrogateescape"))
            for _ in range(_LONGEST_CHAIN):
                way = posixpath.normpath(way)
                if way not in targets:
                    break
                way = posixpath.join(posixpath.dirname(way), targets[way].decode("utf-8", "surrogateescape"))
            if way in files:
                found[path] = files[way]
        return found

    def contents(self, blobs: Iterable[str]) -> list[bytes]:
        """What is in blobs, in their order."""
        wanted = list(blobs)
        if not wanted:
            return []
        answer = self._bytes("cat-file", "--batch", given="".join(f"{blob}\n" for blob in wanted).encode())
        found, at = [], 0
        for blob in wanted:
            end = answer.index(b"\n", at)
            head = answer[at:end].split()
            if len(head) != 3:
                raise NoBase(
                    f"git has no content of blob {blob}: a partial clone? git fetch --refetch --filter=blob:limit=1g"
                )
            size = int(head[2])
            found.append(answer[end + 1 : end + 1 + size])
            at = end + 2 + size
        return found

    def changes(self, commit: str, paths: Iterable[str], history: str) -> list[str]:
        """The commits up to `commit`, newest first, in which one of the paths changed, on its first parents' line.

        `history` is `all`, a number of commits, or `tags`. Raises NoBase in a shallow clone: it would show too few.
        """
        if self._maybe("rev-parse", "--is-shallow-repository") == "true":
            raise NoBase(
                "this clone is shallow, and a transitive level asks for every version there was: "
                "fetch the history with `git fetch --unshallow` (GitHub: `fetch-depth: 0`, GitLab: `GIT_DEPTH: 0`)"
            )
        if history == "tags":
            tags = self._run("tag", "--merged", commit, "--sort=-creatordate", "--format=%(refname:short)").split()
            return [commit, *(self.commit(f"refs/tags/{tag}") for tag in tags)]
        most = [f"--max-count={int(history)}"] if history.isdecimal() else []
        walk = ("rev-list", "--first-parent", *most, commit, "--")
        # A path with `*` in its name is a path, not a pattern.
        return self._run("--literal-pathspecs", *walk, *paths).split()

    def unpack(self, commit: str, within: str, target: Path) -> None:
        """The files of a commit that are in a folder ("" for all), put into another folder under their own paths."""
        import tarfile

        packed = target / "momus.tar"
        try:
            self._run("archive", "--format=tar", f"--output={packed}", commit, *(["--", within] if within else []))
            with tarfile.open(packed) as archive:
                archive.extractall(target, filter="data")
        except tarfile.TarError as error:
            raise NoBase(f"commit {commit} cannot be unpacked: {error}") from None
        packed.unlink()

    def parent(self, commit: str) -> str:
        """The first parent, "" of the first commit."""
        return self._maybe("rev-parse", "--verify", "--quiet", f"{commit}^")

    def messages(self, since: str) -> list[tuple[str, str, str]]:
        """The commits since that one, newest first: id, author, message."""
        told = self._run("log", "-z", "--format=%H%n%an%n%B", f"{since}..HEAD")
        found = [one.split("\n", 2) for one in told.split("\0") if one]
        return [(commit, author, message) for commit, author, message in found]

    def day(self, commit: str) -> date:
        """When it was committed."""
        return date.fromisoformat(self._run("show", "--no-patch", "--format=%cs", commit).strip())

    def prefix(self) -> str:
        """The way from the top of the repository to the folder, with a slash at its end; "" at the top, or outside."""
        return self._maybe("rev-parse", "--show-prefix")

    def user(self) -> str:
        """Who commits here, as far as git knows; nobody need be configured."""
        return self._maybe("config", "user.email") or self._maybe("config", "user.name")

    # ---------------------------------------------------------------------------------------- the base of a branch

    def _merge_base(self) -> str:
        self._must_be_repository()
        given = self.environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
        if given and self._maybe("cat-file", "-t", given) == "commit":
            return given
        target = self._target()
        found = self._maybe("merge-base", "HEAD", target)
        if found:
            return found
        branch = target.removeprefix("origin/")
        raise NoBase(
            f"HEAD and {target} have no common commit{self._is_shallow_too()}: "
            f"`git fetch --unshallow origin {branch}` brings it (GitHub: `fetch-depth: 0`, GitLab: `GIT_DEPTH: 0`)"
        )

    def _target(self) -> str:
        named = next((self.environment[name] for name in TARGETS if self.environment.get(name)), "")
        named = named.removeprefix("refs/heads/")
        names = (f"origin/{named}", named) if named else DEFAULTS
        for name in names:
            if self._maybe("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"):
                return name
        if named:
            raise NoBase(
                f"the target branch '{named}' is not in this clone: "
                f"`git fetch origin {named}:refs/remotes/origin/{named}` brings it (GitHub: `fetch-depth: 0`)"
            )
        self._must_have_commits()
        raise NoBase("there is no origin/HEAD, main or master to compare with: name the base, as --against git:REF")

    def _is_shallow_too(self) -> str:
        return " (this clone is shallow)" if self._maybe("rev-parse", "--is-shallow-repository") == "true" else ""

    def _must_be_repository(self) -> None:
        if not self._maybe("rev-parse", "--git-dir"):
            raise NoBase(f"{self.folder} is in no git repository: name another base, as --against folder:PATH")

    def _must_have_commits(self) -> None:
        self._must_be_repository()
        if not self._maybe("rev-parse", "--verify", "--quiet", "HEAD"):
            raise NoBase(
                "this repository has no commit yet, so nothing was there before: commit what is here, then change it"
            )

    # ---------------------------------------------------------------------------------------- running it

    def _maybe(self, *arguments: str) -> str:
        """Its answer, empty when it has none."""
        try:
            return self._run(*arguments).strip()
        except NoBase:
            return ""

    def _run(self, *arguments: str) -> str:
        return self._bytes(*arguments).decode("utf-8", "surrogateescape")

    def _bytes(self, *arguments: str, given: bytes | None = None) -> bytes:
        try:
            done = subprocess.run(  # noqa: S603  (a list, and no shell)
                ["git", "-c", "core.quotePath=false", *arguments],  # noqa: S607
                cwd=self.folder, input=given, capture_output=True, check=False, env=dict(self.environment),
            )  # fmt: skip
        except OSError as error:
            raise NoBase(f"git cannot be run: {error.strerror}") from None
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            raise NoBase(f"git {arguments[0]} failed: {said}")
        return done.stdout
