"""A process that holds the lock of a data folder, and has a child that inherited all it can:
`python -m tests.election.holder FOLDER`. It prints its child's pid and then waits to be killed.
"""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

from registry.election.file_lock import FileLock


def hold(folder: Path) -> None:
    asyncio.run(FileLock(folder, "http://127.0.0.1:18081").open())
    child = subprocess.Popen(["sleep", "600"], close_fds=False, stdout=subprocess.DEVNULL)
    sys.stdout.write(f"{child.pid}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    hold(Path(sys.argv[1]))
