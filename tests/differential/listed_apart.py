"""Listed: what a sliver and a switch take each in its own way, so that it isn't compared.

The other entries are in `listed.py`. Invariant: an entry is about no more than has its reason.
"""

from typing import Final

from slicer.openflow import constants as of
from slicer.openflow import multipart as mp
from tests.differential.entries import Apart, Asked, configures
from tests.differential.packets import FIRST_FRAGMENTS


def _asks_by_no_cookie(asked: Asked) -> bool:
    message = asked.message
    return (
        isinstance(message, mp.FlowStatsRequest | mp.AggregateRequest)
        and (message.cookie, message.cookie_mask) == (0, (1 << 64) - 1)
        and message.table_id == of.OFPTT_ALL
    )


APART: Final = (
    Apart("Open vSwitch's own flows, asked for by their cookie", answer=_asks_by_no_cookie),
    Apart("First fragments", packets=FIRST_FRAGMENTS),
    Apart(
        "What flows count behind a port that receives nothing",
        counters=configures(of.OFPPC_NO_RECV),
    ),
)
