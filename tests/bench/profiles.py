"""Profiles: which functions a hot message's time goes to, as text to be kept and compared.

The profiler makes calls dearer than they are, so the shares count and not the times. Invariant: the
frames are those that `messages.py` times.
"""

from __future__ import annotations

import re
from cProfile import Profile
from io import StringIO
from pstats import Stats

from slicer.openflow.v13 import V13
from tests.bench.messages import POLICY, Bench

MESSAGES = ("packet-in", "flow-mod", "packet-out")
LINES = 16


def profiles(count: int) -> str:
    """The profiles of the hot messages of OpenFlow 1.3, each of `count` of them."""
    bench = Bench(V13, POLICY)
    parts = []
    for name, frames, from_datapath in bench.frames():
        if name in MESSAGES:
            bench.through(frames, count, from_datapath=from_datapath)
            profile = Profile()
            profile.runcall(bench.through, frames, count, from_datapath=from_datapath)
            parts.append(f"{name}, {count:,} of them\n\n{_shown(profile)}")
    return "\n".join(parts)


def _shown(profile: Profile) -> str:
    out = StringIO()
    Stats(profile, stream=out).sort_stats("tottime").print_stats(LINES)
    rows = out.getvalue().partition("ncalls")[2]
    rows = re.sub(r"\S*/(slicer|tests)/", r"\1/", rows)
    return f"  ncalls{rows.rstrip()}\n"
