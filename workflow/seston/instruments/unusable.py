"""The reason why one image cannot be used; raised by whatever reads it."""


class Unusable(Exception):
    """One image that cannot be used: a short code (`reason`) and what was found (`detail`)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason, self.detail = reason, detail
