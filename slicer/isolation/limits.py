"""Limits: how much of the switch and of the slicer a slice may use.

Values only, nothing is counted here. Invariant: a limit is None, which is no limit, or a
number from its least meaningful value up to MAX_LIMIT.
"""

from dataclasses import dataclass, fields
from enum import Enum

from slicer.isolation.rates import QuantityError

MAX_LIMIT = 2**32 - 1


class OverLimit(Enum):
    """What becomes of a message that a slice's controller sends beyond its rate."""

    WAIT = "wait"
    """It waits, and nothing more is read from that controller meanwhile."""
    REFUSE = "refuse"
    """It is answered with an error."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Per slice and second: `packet_ins_per_second`, and `messages_per_second` and
    `bytes_per_second` that its controllers send; `over_limit` says what becomes of more.
    Per sliver: `outstanding_requests`, `flows`, `groups`, `meters`, and `outbox_bytes` that wait
    for a slow controller. Per flow: the `pieces` that it may need where flows have to be cut.

    Zero flows, groups or meters means that the slice may have none; zero of anything else
    would only be a slice that cannot work. Raises QuantityError for what is out of range.
    """

    packet_ins_per_second: int | None = None
    messages_per_second: int | None = None
    bytes_per_second: int | None = None
    outstanding_requests: int | None = None
    flows: int | None = None
    groups: int | None = None
    meters: int | None = None
    outbox_bytes: int | None = None
    pieces: int | None = None
    over_limit: OverLimit = OverLimit.WAIT

    def __post_init__(self) -> None:
        for limit in LIMITS:
            value = getattr(self, limit)
            least = _LEAST.get(limit, 1)
            if value is not None and not least <= value <= MAX_LIMIT:
                raise QuantityError(f"{value} {limit}", f"{least} to {MAX_LIMIT}")


LIMITS = tuple(limit.name for limit in fields(Limits) if limit.name != "over_limit")
"""Those that are numbers."""
# An outbox must hold one message of the greatest length, or that one could never pass.
_LEAST = {"flows": 0, "groups": 0, "meters": 0, "outbox_bytes": 65535}
