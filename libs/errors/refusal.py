"""The one shape of every refusal. Pure."""

from __future__ import annotations


class Refusal(Exception):
    """A request that is refused and changed nothing; `type` and `message` as Neutron's clients know them."""

    def __init__(self, status: int, type: str, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.status, self.type, self.message, self.detail = status, type, message, detail

    def __reduce__(self) -> tuple[type[Refusal], tuple[int, str, str, str]]:
        return Refusal, (self.status, self.type, self.message, self.detail)
