"""`momus snapshot`: what a registry has, in a file: an exact base for where no registry can be reached."""

from typing import Any

import click

from momus.commands.shared.asking import asked
from momus.commands.shared.ending import told
from momus.commands.shared.options import comparing


@click.command("snapshot")
@click.option("--everything", is_flag=True, help="All subjects of the registry, not only those of the configuration.")
@comparing
def command(*, everything: bool, **flags: Any) -> None:
    """Write momus.lock: versions, ids, levels and texts of our subjects and of all that they refer to."""
    import asyncio
    import json

    from momus.gate.files import write
    from momus.gate.project import FactsByContent, project
    from momus.gate.registries import live, reached
    from momus.gate.snapshot import snapshot_of
    from momus.gate.trees import Folder

    with told():
        configuration, request = asked(flags | {"against": "registry"})
        registry = reached(configuration, request.registry, request.environment)

        async def taken() -> dict[str, Any]:
            async with live(registry) as store:
                known = await store.subjects()
                ours = project(configuration, Folder(configuration.root), FactsByContent(), strict=True).members
                return await snapshot_of(store, known if everything else [one for one in known if one in ours])

        value = asyncio.run(taken())
        write(configuration.root / configuration.snapshot, json.dumps(value, indent=1, ensure_ascii=False) + "\n")
        click.echo(f"{configuration.snapshot}: {len(value['subjects'])} subjects of {registry.url}")
