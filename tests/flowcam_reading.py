"""A FlowCam run, read to its end."""

from seston.instruments import flowcam
from seston.instruments.contract import Flag, Reading, Rejection


def read(path, **settings):
    """Effort with all flags by their code, and organisms."""
    effort, found = flowcam.read(path, Reading(**settings))
    found = list(found)
    flags = {flag.code: flag.text for flag in (*effort.flags, *found) if isinstance(flag, Flag)}
    return effort, [item for item in found if not isinstance(item, Flag)], flags


def organisms(path, **settings):
    return read(path, **settings)[1]


def rejected(path):
    return {item.roi: item.reason for item in organisms(path) if isinstance(item, Rejection)}
