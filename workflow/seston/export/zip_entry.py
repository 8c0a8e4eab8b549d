"""What a zip archive says of a file in it."""

import zipfile


def zip_entry(name: str, *, deflate: bool = False) -> zipfile.ZipInfo:
    """Return an entry that tells neither when nor by whom it was written.

    Parameters
    ----------
    name : str
        With ``/`` between folders.
    deflate : bool
        Compress it: not what is compressed in itself.
    """
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    if deflate:
        entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
