"""Files in zip archives: what an archive of ours says of one, what reading one may raise."""

import zipfile
import zlib

#: What a damaged archive, or one of a kind that is not known here (encrypted, say), raises.
UNREADABLE = (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError)


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
