"""Allowance: what those who meet a sliver may say, leave unanswered, and have logged.

A sliver has one for its controllers and one for its watchers, so that no watcher can use up what
the controllers have. What is done about one who says more is the tenant's affair. Invariant: two
allowances of a slice's have nothing in common.
"""

from __future__ import annotations

from slicer.isolation.bucket import Bucket
from slicer.isolation.intake import Intake
from slicer.isolation.limits import Limits
from slicer.proxy.outstanding import Outstanding

LOG_LINES_PER_SECOND = 1
LOG_LINES_AT_ONCE = 20
"""So many lines about a sliver's controllers are logged; counters have all of it."""


class Allowance:
    """One sliver's controllers', or its watchers'."""

    __slots__ = ("intake", "is_held_back", "log_share", "outstanding")

    def __init__(self, limits: Limits, intake: Intake | None) -> None:
        self.intake = intake
        """What they may say, here and on other datapaths; None is anything."""
        self.outstanding = Outstanding(limits.outstanding_requests)
        self.is_held_back = intake is not None or limits.outstanding_requests is not None
        """May they have to wait with what they say?"""
        self.log_share = Bucket(LOG_LINES_PER_SECOND, LOG_LINES_AT_ONCE, 0.0)
        """For what they make happen; not theirs, or to reconnect would fill the log."""
