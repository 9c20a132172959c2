"""OpenFlow 1.0's modify, which adds a flow where there is none, for a datapath that speaks 1.3.

Open vSwitch's NXT_FLOW_MOD keeps that meaning in every version of OpenFlow: tried on 3.1 with
commands MODIFY and MODIFY_STRICT, tables, registers in the match and instructions of 1.3. Not
what a tenant may send, and so not read: `V13.kind` of such a frame is EXPERIMENTER.

Invariant: what is written asks for the same flows as the flow-mod, no more and no fewer.
"""

from struct import Struct
from typing import Final

from slicer.openflow.constants import NICIRA, OFPFC_MODIFY, OFPFC_MODIFY_STRICT
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import Experimenter, FlowMod
from slicer.openflow.v13.instructions import encode_instructions
from slicer.openflow.v13.match import encode_oxms
from slicer.openflow.v13.wire import padded

NXT_FLOW_MOD: Final = 13
_BODY: Final = Struct("!QHHHHIHHH6x")
_NO_PORT: Final = 0xFFFF
_MODIFIES: Final = frozenset({OFPFC_MODIFY, OFPFC_MODIFY_STRICT})


def upsert(m: FlowMod) -> Experimenter:
    """The flow-mod as an NXT_FLOW_MOD. Raises EncodeError unless it modifies and filters by its
    match alone; struct.error.
    """
    if m.command not in _MODIFIES or m.cookie_mask:
        raise EncodeError(f"upsert {m}, expected a modify without a cookie mask")
    match = encode_oxms(m.match.oxms)
    body = _BODY.pack(
        m.cookie,
        m.table_id << 8 | m.command,
        m.idle_timeout,
        m.hard_timeout,
        m.priority,
        m.buffer_id,
        _NO_PORT,
        m.flags,
        len(match),
    )
    data = body + padded(match) + encode_instructions(m.instructions)
    return Experimenter(m.xid, NICIRA, NXT_FLOW_MOD, data)
