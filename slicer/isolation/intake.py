"""Intake: how much a slice's controllers may say.

One token bucket for messages and one for bytes, both a second's worth deep; who waits, and how, is
not known here. Invariant: between any two moments it admits no more than a second's worth and what
the time between them earns.
"""

from __future__ import annotations

from slicer.isolation.bucket import Bucket
from slicer.isolation.limits import Limits

LONGEST_MESSAGE = 0xFFFF
"""Bytes of the longest OpenFlow message: fewer in a bucket and one could never pass."""


class Intake:
    """What one slice's controllers together may say from `now` on."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._buckets: list[tuple[Bucket, bool]] = []
        if limits.messages_per_second is not None:
            rate = limits.messages_per_second
            self._buckets.append((Bucket(rate, rate, now), False))
        if limits.bytes_per_second is not None:
            rate = limits.bytes_per_second
            self._buckets.append((Bucket(rate, max(rate, LONGEST_MESSAGE), now), True))

    @property
    def is_limited(self) -> bool:
        """Is there any limit?"""
        return bool(self._buckets)

    def admit(self, size: int, now: float) -> float:
        """Take a message of `size` bytes, if it may come at `now`. Returns 0, or in how many
        seconds it may come; then nothing is taken."""
        wait = max(
            (
                bucket.wait(now, size if counts_bytes else 1)
                for bucket, counts_bytes in self._buckets
            ),
            default=0.0,
        )
        if not wait:
            for bucket, counts_bytes in self._buckets:
                bucket.take(now, size if counts_bytes else 1)
        return wait
