"""OpenFlow 1.0's modify as NXT_FLOW_MOD: the bytes that Open vSwitch 3.1 took with its meaning."""

from dataclasses import replace

import pytest

from slicer.openflow.actions import Output
from slicer.openflow.errors import EncodeError
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowMod
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13

UPSERT = FlowMod(
    xid=5,
    cookie=9,
    table_id=4,
    command=2,
    idle_timeout=10,
    hard_timeout=20,
    priority=7,
    flags=1,
    match=Match.of(reg0=9, in_port=1),
    instructions=(ApplyActions((Output(3),)),),
    upsert=True,
)
RAW = bytes.fromhex(
    "0404005800000005"
    "000023200000000d"  # Nicira, flow-mod
    "0000000000000009"  # cookie
    "0402"
    "000a0014"
    "0007"  # table and command, timeouts, priority
    "ffffffffffff"
    "0001"
    "0010"
    "000000000000"  # buffer, out_port, flags, length of the match
    "0001000400000009"
    "8000000400000001"
    "0004001800000000"
    "00000010000000030000000000000000"
)


def test_an_upsert_byte_by_byte() -> None:
    assert V13.encode(UPSERT) == RAW
    assert V13.kind(RAW) is Kind.EXPERIMENTER


def test_a_match_is_filled_up() -> None:
    frame = V13.encode(replace(UPSERT, match=Match.of(eth_type=0x0800)))
    assert frame[40:42] == b"\0\6"
    assert frame[48:56] == bytes.fromhex("80000a0208000000")


def test_a_flow_mod_that_only_modifies_is_one_of_1_3() -> None:
    modify = replace(UPSERT, upsert=False)
    assert V13.decode(V13.encode(modify)) == modify


@pytest.mark.parametrize(
    "message",
    [replace(UPSERT, command=0), replace(UPSERT, command=3), replace(UPSERT, cookie_mask=1)],
)
def test_what_is_no_upsert(message: FlowMod) -> None:
    with pytest.raises(EncodeError, match="expected a modify without a cookie mask"):
        V13.encode(message)


def test_what_has_no_room() -> None:
    with pytest.raises(EncodeError, match="FlowMod"):
        V13.encode(replace(UPSERT, priority=0x10000))
