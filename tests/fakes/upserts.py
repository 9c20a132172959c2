"""NXT_FLOW_MOD, read: how the slicer puts OpenFlow 1.0's modify to a datapath of 1.3.

A fake's part: it reads what `slicer.openflow.v13.upsert` writes. Invariant: reading what was
written gives the flow-mod.
"""

from __future__ import annotations

from struct import Struct

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.messages import Experimenter, FlowMod
from slicer.openflow.oxm import Match
from slicer.openflow.v13.instructions import decode_instructions
from slicer.openflow.v13.match import decode_oxms

_BODY = Struct("!QHHHHIHHH6x")
_TYPE = 13


def read(message: Experimenter) -> FlowMod | None:
    """The flow-mod, or None of any other message of an experimenter's."""
    if (message.experimenter, message.exp_type) != (of.NICIRA, _TYPE):
        return None
    cookie, command, idle, hard, priority, buffer_id, _, flags, length = _BODY.unpack_from(
        message.data
    )
    start = _BODY.size
    oxms = decode_oxms(message.data, start, start + length, errors.BAD_MATCH_BAD_LEN)
    end = start + (length + 7 & ~7)
    return FlowMod(
        message.xid,
        cookie,
        0,
        command >> 8,
        command & 0xFF,
        idle,
        hard,
        priority,
        buffer_id,
        flags=flags,
        match=Match(oxms),
        instructions=decode_instructions(message.data, end, len(message.data)),
        upsert=True,
    )
