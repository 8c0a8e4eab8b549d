"""What could be read of an IFCB bin, and what could not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from seston.errors import SestonError
from seston.instruments.contract import Flag, Rejection
from seston.instruments.ifcb.adc import Target, Targets, parse_targets
from seston.instruments.ifcb.bin import Bin, date_of_name
from seston.instruments.ifcb.hdr import Header, read_header
from seston.instruments.text import read_lines


@dataclass(frozen=True)
class Account:
    """What could be read of a bin but for its images.

    Attributes
    ----------
    files : Bin
    targets : Targets or None
        None if the `.adc` is missing or unreadable.
    header : Header
        Empty if the `.hdr` is missing, unreadable or empty.
    roi_size : int or None
        Bytes of the `.roi`; None if it is missing.
    problems : tuple of Flag
        What could not be read though it is there.
    """

    files: Bin
    targets: Targets | None
    header: Header
    roi_size: int | None
    problems: tuple[Flag, ...] = ()

    @property
    def rows(self) -> Sequence[Target]:
        """The targets, as far as there is a list of them."""
        return self.targets.rows if self.targets else ()

    @property
    def version(self) -> int:
        """1 for bins as instruments 1 to 6 write them, else 2."""
        return self.targets.version if self.targets else 2

    @cached_property
    def start(self) -> datetime | None:
        """When the bin was begun (UTC), by its name, else by its header."""
        return date_of_name(self.files.name) or self.header.time


def read_account(files: Bin) -> Account:
    """Read header and list of a bin; what cannot be read is told by a flag."""
    header, targets, problems = Header(), None, []
    if files.hdr:
        try:
            header = read_header(files.hdr)
            if not header.values:
                problems.append(Flag("header_empty", "nothing could be read of the .hdr"))
        except SestonError as error:
            problems.append(Flag("header_unreadable", str(error)))
    if files.adc:
        try:
            targets = parse_targets(read_lines(files.adc, "list of targets"), header.adc_fields)
        except SestonError as error:
            problems.append(Flag("adc_unreadable", str(error)))
    size = files.roi.stat().st_size if files.roi else None
    return Account(files, targets, header, size, tuple(problems))


def what_was_lost(account: Account) -> Rejection | None:
    """Return the one row that stands for a bin whose organisms nothing lists, if it is such.

    An empty list alone is a true zero: some other file must say that the
    instrument ran, or nobody knows.
    """
    name = account.files.name
    count = account.header.number("roiCount")
    if account.targets is None or (not account.rows and count):
        reason = "adc_unreadable" if account.files.adc else "adc_missing"
        known = "" if count is None else f"; {count:.0f} images by the header"
        return Rejection(name, f"{name}.adc", reason, f"no list of targets{known}")
    if not account.rows and not account.header.values:
        detail = "no file of the bin says that the instrument ran"
        return Rejection(name, f"{name}.adc", "nothing_recorded", detail)
    return None
