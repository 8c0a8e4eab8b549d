"""Small pictures of organisms."""

import io

from PIL import Image

from seston.export.png import deflated


def thumbnail(png: bytes, side: int) -> bytes:
    """Return a PNG whose longer side is at most `side` px; a smaller picture keeps its pixels."""
    with Image.open(io.BytesIO(png)) as picture:
        if max(picture.size) <= side:
            return deflated(png)
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
        small = io.BytesIO()
        picture.save(small, "PNG")
    return small.getvalue()
