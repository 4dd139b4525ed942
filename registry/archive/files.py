"""Which format a file of records has, told by its first bytes; the only place that knows all formats."""

import gzip
import zlib
from pathlib import Path

from registry.archive import backup, karapace
from registry.archive.archive import Archive, Damaged

GZIP = b"\x1f\x8b"


def read(path: Path) -> Archive:
    """What is in the file, all of it, checked; a folder is one of Karapace's. Raises Damaged and OSError."""
    path = karapace.metadata_of(path)
    return read_bytes(path.read_bytes(), path)


def read_bytes(content: bytes, path: Path) -> Archive:
    """The same, where the bytes are known; `path` says what lies beside the file."""
    content = _uncompressed(content)
    if content.startswith(backup.MAGIC):
        return backup.read(content)
    if content.startswith(karapace.V2):
        return karapace.read_v2(content)
    if content.startswith(karapace.V3):
        return karapace.read_v3(path, content)
    if content[:1] and content[:1] in karapace.V1_BEGINNINGS:
        return karapace.read_v1(content)
    raise Damaged("it is no backup by Momus, nor one by Karapace")


def _uncompressed(content: bytes) -> bytes:
    if not content.startswith(GZIP):
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(f"it is cut off or damaged: {error}") from error
