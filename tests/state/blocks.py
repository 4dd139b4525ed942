"""The data files in `records/`: blocks of lines parted by empty ones, each line a name and the bytes behind it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Block:
    """`sentence` is the comment above. A record without a key or a value line has none (a value: a tombstone)."""

    sentence: str
    lines: dict[str, bytes]

    @property
    def key(self) -> bytes | None:
        return self.bytes_of("key")

    @property
    def value(self) -> bytes | None:
        return self.bytes_of("value")

    def bytes_of(self, name: str) -> bytes | None:
        """What stands behind `name`, or in hexadecimal digits behind `name-hex`."""
        if (digits := self.lines.get(f"{name}-hex")) is not None:
            return bytes.fromhex(digits.decode())
        return self.lines.get(name)

    def text_of(self, name: str) -> str:
        return self.lines[name].decode()


def blocks(name: str) -> list[Block]:
    content = (Path(__file__).parent / "records" / name).read_bytes()
    return [_block(part.strip(b"\n").split(b"\n")) for part in content.split(b"\n\n")]


def _block(lines: list[bytes]) -> Block:
    comment, *rest = lines
    named = (line.partition(b" ") for line in rest)
    return Block(comment.removeprefix(b"# ").decode(), {name.decode(): behind for name, _, behind in named})
