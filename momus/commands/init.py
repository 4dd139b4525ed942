"""`momus init`: a first momus.yaml for the schemas that are here, which `momus check` takes as it stands."""

import json
import re
from collections import Counter
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from momus.commands.shared.ending import told

if TYPE_CHECKING:
    from momus.gate.trees import Folder

HEAD = """\
# Which files are schemas, and the subjects they belong to. `momus check` compares them with what was there before.
version: 1
schemas:
"""
TAIL = """\
# registry: {url: "${MOMUS_REGISTRY}"}
"""
IGNORE = '# ignore: ["tests/**"]          # files that look like schemas and are none\n'
SAMPLE = 50  # files that are asked how they import others


@click.command("init")
@click.option("--force", is_flag=True, help="Write over what is there.")
def command(*, force: bool) -> None:
    """Write momus.yaml, with an entry for each folder that has schemas."""
    from momus.gate.configuration import SEVERAL
    from momus.gate.files import write
    from momus.gate.trees import Folder

    target = Path("momus.yaml")
    if target.exists() and not force:
        raise click.UsageError("There is a momus.yaml; --force writes over it.")
    with told():
        tree = Folder(Path.cwd())
        named = [path for path in tree.ids if path.endswith((".avsc", ".proto", *SEVERAL))]
        json_files = tree.read(path for path in tree.ids if path.endswith(".json"))
    documents = {path for path, content in json_files.items() if _is_json_schema(content)}
    schemas = sorted({*named, *documents})
    groups = {key: [path for path in schemas if _key(path) == key] for key in sorted(set(map(_key, schemas)))}
    stems = Counter(PurePosixPath(path).stem for path in schemas)
    rows = [_row(key, paths, tree, stems) for key, paths in groups.items()]
    homes = {home for home, _ in groups if home}
    others = sorted(path for path in json_files.keys() - documents if _home(path) in homes)
    text = HEAD + "".join(rows or [_entry("schemas/**/*.avsc", "{stem}-value")]) + (_ignored(others) or IGNORE)
    with told():
        write(target, text + TAIL)
    count = len(named) + len(documents)
    if not count:
        click.echo(
            "momus.yaml is written, for files that are still to come: there is no schema here. Look at its paths."
        )
        return
    files = "1 file" if count == 1 else f"{count} files"
    click.echo(f"momus.yaml is written, for {files}. Look at the subjects, then: momus check")


def _key(path: str) -> tuple[str, str]:
    return _home(path), PurePosixPath(path).suffix


def _home(path: str) -> str:
    return path.split("/", maxsplit=1)[0] if "/" in path else ""


def _is_json_schema(content: bytes) -> bool:
    """By what it says of itself: JSON is much else too."""
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and "json-schema.org/" in str(value.get("$schema", ""))


def _row(key: tuple[str, str], paths: list[str], tree: "Folder", stems: Counter[str]) -> str:
    home, suffix = key
    if suffix == ".proto":
        root = _import_root(home, paths, tree)
        inside = f"{home}/**/*.proto" if home and not root else "**/*.proto"
        return _entry(root or ".", "{path}", f"include: [{_text(inside)}]")
    glob = f"{_literal(home)}/**/*{suffix}" if home else f"*{suffix}"
    if suffix in (".avdl", ".avpr"):
        return _entry(glob, "{record}")
    if any(stems[PurePosixPath(path).stem] > 1 for path in paths):
        return _entry(glob, "{path}", 'root: "."')
    return _entry(glob, "{stem}-value")


def _entry(path: str, subject: str, more: str = "") -> str:
    rows = f"  - path: {_text(path)}\n" + (f"    {more}\n" if more else "")
    return rows + f'    subject: "{subject}"\n    level: BACKWARD\n'


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _import_root(home: str, paths: list[str], tree: "Folder") -> str:
    """From where all of them import each other: for `google/type/money.proto`, the folder around `google`."""
    from momus.gate.facts import facts_of

    for content in tree.read(paths[:SAMPLE]).values():
        for imported, *_ in facts_of("PROTOBUF", content).uses:
            provider = next((path for path in paths if f"/{path}".endswith(f"/{imported}")), None)
            if provider is not None:
                root = provider.removesuffix(imported).rstrip("/")
                return root if all(path.startswith(f"{root}/") for path in paths) or not root else home
    return home


def _ignored(paths: list[str]) -> str:
    """What stands beside schemas and says nothing of being one."""
    rows = "".join(f"  - {_text(_literal(path))}\n" for path in paths)
    return f"ignore:  # no schemas, or are they?\n{rows}" if rows else ""


def _literal(path: str) -> str:
    """A glob that fits only this path."""
    return re.sub(r"[*?\[{]", "[\\g<0>]", path)
