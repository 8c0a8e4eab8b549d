"""How EcoTaxa reads the text of a table: as UTF-8 with a mark at its beginning, else as Latin-1."""

import codecs
from typing import IO

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def encoding_mistake(file: IO[bytes]) -> tuple[str, int, str]:
    """Return the encoding of a table, and line and text of a mistake, 0 and "" if there is none.

    Parameters
    ----------
    file : binary file
        Read to its end, a line at a time.
    """
    first = file.readline()
    if first.startswith(_UTF_16):
        return "utf-16", 1, "text in UTF-16; save it as UTF-8 with a byte order mark"
    encoding = "utf-8-sig" if first.startswith(codecs.BOM_UTF8) else "latin-1"
    for line, data in enumerate((first, *iter(file.readline, b"")), start=1):
        if data.isascii():
            continue
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            if encoding == "utf-8-sig":
                return encoding, line, "not UTF-8, which the mark at the beginning promises"
        else:
            if encoding == "latin-1":
                letter = next(letter for letter in text if not letter.isascii())
                garbled = letter.encode().decode("latin-1")
                return (
                    "utf-8",
                    line,
                    f"{letter!r} in UTF-8 without a byte order mark, which EcoTaxa reads as"
                    f" {garbled!r}; save the table as UTF-8 with a byte order mark",
                )
    return encoding, 0, ""
