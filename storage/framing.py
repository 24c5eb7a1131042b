"""How bytes are joined and padded before they are sealed, and the one error for whatever does not open."""

_BUCKETS = (512, 2048, 8192, 32768)
_LARGE = 131072


class Unreadable(Exception):
    """Something sealed does not open: wrong key, wrong place, changed, cut short or forged. Carries no content."""


def ctx(*parts: bytes) -> bytes:
    """`parts`, each with its length before it (u32 big-endian): two different lists never give the same bytes."""
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def parts_of(data: bytes, count: int) -> list[bytes]:
    """The `count` parts that `ctx` joined. Raises Unreadable when `data` holds more, fewer or broken ones."""
    parts, at = [], 0
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at + 4 : end])
        at = end
    if at != len(data) or len(parts) != count:
        raise Unreadable("framing")
    return parts


def pad(data: bytes) -> bytes:
    """u32 length, `data`, zeros up to 512, 2048, 8192, 32768, 131072 bytes, then the next multiple of 131072."""
    framed = ctx(data)
    size = next((bucket for bucket in _BUCKETS if len(framed) <= bucket), -(-len(framed) // _LARGE) * _LARGE)
    return framed.ljust(size, b"\0")


def unpad(padded: bytes) -> bytes:
    """What `pad` took. Raises Unreadable unless `padded` is exactly what `pad` makes: right bucket, only zeros."""
    data = padded[4 : 4 + int.from_bytes(padded[:4], "big")]
    if pad(data) != padded:
        raise Unreadable("padding")
    return data
