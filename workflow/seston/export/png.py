"""Pictures made small again: the same PNG, deflated.

Crops are stored without it, since their table is compressed as a whole. In an archive, and on a
server, each picture stands alone.
"""

import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def deflated(png: bytes) -> bytes:
    """Return the PNG with its lines compressed: the very same pixels.

    Raises
    ------
    ValueError
        If this is no PNG, or a damaged one.
    """
    if not png.startswith(_SIGNATURE):
        raise ValueError("not a PNG")
    parts, lines, place, kind = [_SIGNATURE], list[bytes](), len(_SIGNATURE), b""
    while place < len(png):
        size = int.from_bytes(png[place : place + 4])
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + size]
        if kind == b"IDAT":
            lines.append(body)
        else:
            if kind == b"IEND":  # the last one; all lines stand before it
                parts.append(_chunk(b"IDAT", _deflate(b"".join(lines))))
            parts.append(_chunk(kind, body))
        place += size + 12
    if kind != b"IEND" or place != len(png):
        raise ValueError("damaged PNG (it ends before its end)")
    return b"".join(parts)


def _deflate(stored: bytes) -> bytes:
    try:
        return zlib.compress(zlib.decompress(stored))
    except zlib.error as error:
        raise ValueError(f"damaged PNG ({error})") from error


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + zlib.crc32(kind + body).to_bytes(4)
