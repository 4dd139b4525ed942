"""Numbers of as many bytes as they need, seven bits in each, the lowest first: Avro's, Protobuf's and the framing's."""


def varint(number: int) -> bytes:
    """A number that is not negative."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def zigzag(number: int) -> int:
    """Any number as one that is not negative; small ones stay small."""
    return number << 1 if number >= 0 else ~(number << 1)
