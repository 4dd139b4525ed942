"""The load that every registry is measured with, where this checkout has it beside it (and wrk is there)."""

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

from bench.report import Row
from bench.servers import ROOT, momus

TOOL = ROOT.parent / "shared" / "tools" / "registry_load.py"


async def house_load() -> list[Row]:
    if not TOOL.exists() or shutil.which("wrk") is None:
        return [Row("registry_load.py", "not here: it needs ../shared/tools/registry_load.py and wrk")]
    with tempfile.TemporaryDirectory(dir=ROOT) as folder, momus(Path(folder)) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(TOOL),
            f"http://127.0.0.1:{server.port}",
            "--pid",
            str(server.pid),
            "--seconds",
            "4",
            stdout=asyncio.subprocess.PIPE,
        )
        output, _ = await process.communicate()
    return [_row(json.loads(line)) for line in output.decode().splitlines() if line.startswith("{")]


def _row(told: dict[str, object]) -> Row:
    name = told.pop("scenario", "warning")
    told.pop("label", None)
    return Row(str(name), ", ".join(f"{key} {value}" for key, value in told.items() if value is not None))
