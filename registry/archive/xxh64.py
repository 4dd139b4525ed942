"""XXH64, the checksum of Karapace's backups, by its public specification. Fast enough for files of schemas."""

import struct

MASK = (1 << 64) - 1
P1 = 0x9E3779B185EBCA87
P2 = 0xC2B2AE3D27D4EB4F
P3 = 0x165667B19E3779F9
P4 = 0x85EBCA77C2B2AE63
P5 = 0x27D4EB2F165667C5

STRIPE = 32  # bytes: four lanes of eight


class XXH64:
    """As `hashlib`'s objects: `digest` may be asked at any time, and changes nothing. The seed is 0."""

    def __init__(self) -> None:
        self._lanes = (P1 + P2 & MASK, P2, 0, -P1 & MASK)
        self._rest = b""
        self._size = 0

    def update(self, data: bytes) -> None:
        self._size += len(data)
        data = self._rest + data
        whole = len(data) - len(data) % STRIPE
        a, b, c, d = self._lanes
        for one, two, three, four in struct.iter_unpack("<4Q", data[:whole]):
            a, b, c, d = _round(a, one), _round(b, two), _round(c, three), _round(d, four)
        self._lanes = (a, b, c, d)
        self._rest = data[whole:]

    def digest(self) -> bytes:
        """Big-endian."""
        rest = self._rest
        sum_ = self._converged() + self._size & MASK
        eights = len(rest) // 8 * 8
        for (eight,) in struct.iter_unpack("<Q", rest[:eights]):
            sum_ = (_rotated(sum_ ^ _round(0, eight), 27) * P1 + P4) & MASK
        rest = rest[eights:]
        if len(rest) >= 4:
            sum_ = (_rotated(sum_ ^ int.from_bytes(rest[:4], "little") * P1 & MASK, 23) * P2 + P3) & MASK
            rest = rest[4:]
        for byte in rest:
            sum_ = _rotated(sum_ ^ byte * P5 & MASK, 11) * P1 & MASK
        return _mixed(sum_).to_bytes(8, "big")

    def _converged(self) -> int:
        if self._size < STRIPE:
            return P5
        a, b, c, d = self._lanes
        sum_ = _rotated(a, 1) + _rotated(b, 7) + _rotated(c, 12) + _rotated(d, 18) & MASK
        for lane in self._lanes:
            sum_ = ((sum_ ^ _round(0, lane)) * P1 + P4) & MASK
        return sum_


def _rotated(number: int, bits: int) -> int:
    return (number << bits | number >> 64 - bits) & MASK


def _round(lane: int, eight: int) -> int:
    return _rotated(lane + eight * P2 & MASK, 31) * P1 & MASK


def _mixed(sum_: int) -> int:
    sum_ = (sum_ ^ sum_ >> 33) * P2 & MASK
    sum_ = (sum_ ^ sum_ >> 29) * P3 & MASK
    return sum_ ^ sum_ >> 32
