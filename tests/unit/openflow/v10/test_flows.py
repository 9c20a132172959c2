"""Flow-mod, flow-removed and flow statistics: their bytes, and what is refused of them."""

from dataclasses import replace

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import Output, SetField, SetTpDst
from slicer.openflow.constants import OFPG_ANY, OFPP_ANY, OFPP_LOCAL, OFPTT_ALL
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.instructions import ApplyActions, ClearActions, GotoTable
from slicer.openflow.messages import FlowMod, FlowRemoved
from slicer.openflow.multipart import (
    AggregateRequest,
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
)
from slicer.openflow.oxm import Match, oxm
from slicer.openflow.v10 import V10
from tests.unit.openflow.frames import pack
from tests.unit.openflow.v10.frames import (
    OUTPUT,
    PROTO,
    TP_DST,
    TYPE,
    flow_mod,
    frame,
    match,
    refused,
    stats,
)

WEB = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
WEB_RAW = match(TYPE | PROTO | TP_DST, dl_type=0x0800, nw_proto=6, tp_dst=80)
FORWARD = (ApplyActions((Output(1),)),)
SET_PORT = pack("HHH2x", 10, 8, 8080)


def test_a_flow_mod_with_everything() -> None:
    message = FlowMod(
        xid=5,
        cookie=0x0102030405060708,
        idle_timeout=10,
        hard_timeout=20,
        priority=1000,
        buffer_id=7,
        out_port=8,
        flags=0x7,
        match=WEB,
        instructions=(ApplyActions((SetField(oxm("tcp_dst", 8080)), Output(1))),),
    )
    body = bytes.fromhex("0102030405060708000000" + "0a001403e800000007" + "00080003")
    raw = frame(14, WEB_RAW + body + SET_PORT + OUTPUT)
    assert V10.encode(message) == raw
    assert V10.decode(raw) == message


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (0, FlowMod(5, priority=5, flags=0x4)),
        (1, FlowMod(5, command=1, priority=5, upsert=True)),
        (2, FlowMod(5, command=2, priority=5, upsert=True)),
        (3, FlowMod(5, command=3, priority=5, table_id=OFPTT_ALL)),
        (4, FlowMod(5, command=4, priority=5, table_id=OFPTT_ALL)),
    ],
)
def test_what_a_command_means_in_1_3(command: int, expected: FlowMod) -> None:
    raw = flow_mod(command=command)
    assert V10.decode(raw) == expected
    assert V10.encode(expected) == raw


def test_a_delete_in_one_table_is_one_in_every_table() -> None:
    assert V10.encode(FlowMod(5, command=3, priority=5)) == flow_mod(command=3)


def test_an_add_always_resets_counters() -> None:
    assert V10.encode(FlowMod(5, priority=5)) == flow_mod()


def test_a_match_without_wildcards_has_the_highest_priority() -> None:
    exact = match(wildcards=0, dl_type=0x0800, nw_proto=6)
    message = V10.decode(flow_mod(exact))
    assert isinstance(message, FlowMod)
    assert message.priority == 0xFFFF
    with pytest.raises(EncodeError, match="priority 9 of a match without wildcards"):
        V10.encode(replace(message, priority=9))
    loose = replace(message, priority=9, command=3, flags=0)
    assert V10.encode(loose)[8:48] == exact
    without_a_meaning = V10.decode(flow_mod(match(wildcards=0)))
    assert isinstance(without_a_meaning, FlowMod)
    assert without_a_meaning.priority == 0xFFFF


def test_a_rewrite_of_a_port_depends_on_the_match() -> None:
    by_match = {WEB_RAW: SetField(oxm("tcp_dst", 8080)), match(): SetTpDst(8080)}
    for raw, action in by_match.items():
        message = V10.decode(flow_mod(raw, SET_PORT))
        assert isinstance(message, FlowMod)
        assert message.instructions == (ApplyActions((action,)),)


@pytest.mark.parametrize(
    ("bad", "error", "text"),
    [
        (flow_mod(command=5), errors.FLOW_MOD_FAILED_BAD_COMMAND, "command 5, expected 0 to 4"),
        (flow_mod(command=0x100), errors.FLOW_MOD_FAILED_BAD_COMMAND, "command 256"),
        (flow_mod(flags=8), errors.FLOW_MOD_FAILED_BAD_FLAGS, "flags 0x8, expected none but 0x3"),
        (flow_mod(flags=4), errors.FLOW_MOD_FAILED_TABLE_FULL, "flags 0x4"),
        (flow_mod(flags=4, idle=1), errors.FLOW_MOD_FAILED_BAD_TIMEOUT, "flags 0x4"),
        (frame(14, bytes(56)), errors.BAD_REQUEST_BAD_LEN, "FlowMod has 56 bytes, expected at"),
        (frame(14, bytes(68)), errors.BAD_REQUEST_BAD_LEN, "FlowMod has 68 bytes"),
    ],
)
def test_what_is_refused(bad: bytes, error: ErrorCode, text: str) -> None:
    refused(bad, error, text)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (FlowMod(5, table_id=1), "table, flag or filter"),
        (FlowMod(5, table_id=OFPTT_ALL), "table, flag or filter"),
        (FlowMod(5, command=3, table_id=1), "table, flag or filter"),
        (FlowMod(5, flags=0x8), "table, flag or filter"),
        (FlowMod(5, command=1, flags=0x4, upsert=True), "table, flag or filter"),
        (FlowMod(5, command=3, out_group=1), "table, flag or filter"),
        (FlowMod(5, command=3, cookie_mask=1), "table, flag or filter"),
        (FlowMod(5, command=1), "must not add a flow"),
        (FlowMod(5, command=2), "must not add a flow"),
        (FlowMod(5, instructions=(GotoTable(1),)), "expected a list of actions at most"),
        (FlowMod(5, instructions=(*FORWARD, ClearActions())), "expected a list of actions at most"),
        (FlowMod(5, match=Match.of(metadata=1)), "metadata"),
        (FlowMod(5, priority=0x10000), "FlowMod"),
        (FlowStatsRequest(5, out_group=1), "filter"),
        (AggregateRequest(5, cookie_mask=1), "filter"),
    ],
)
def test_what_can_not_be_written(message: FlowMod, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        V10.encode(message)


def test_an_add_bears_no_cookie_mask() -> None:
    assert V10.encode(FlowMod(5, priority=5, cookie_mask=9)) == flow_mod()


def test_a_flow_removed() -> None:
    message = FlowRemoved(5, 1, 2, 1, 0, 5, 6, 7, 0, 9, 10, WEB)
    body = WEB_RAW + pack("QHBxIIH2xQQ", 1, 2, 1, 5, 6, 7, 9, 10)
    assert V10.encode(message) == frame(11, body)
    assert V10.decode(frame(11, body)) == message
    refused(frame(11, body + bytes(8)), errors.BAD_REQUEST_BAD_LEN, "FlowRemoved has 88 bytes")
    by_group = V10.encode(replace(message, reason=3, hard_timeout=9, table_id=4))
    assert by_group == V10.encode(replace(message, reason=2))


@pytest.mark.parametrize(("kind", "cls"), [(1, FlowStatsRequest), (2, AggregateRequest)])
def test_a_request_for_statistics(
    kind: int, cls: type[FlowStatsRequest | AggregateRequest]
) -> None:
    body = WEB_RAW + pack("BxH", 0xFF, 0xFFFE)
    raw = stats(kind, body, message_type=16)
    message = cls(5, OFPTT_ALL, OFPP_LOCAL, OFPG_ANY, 0, 0, WEB)
    assert V10.encode(message) == raw
    assert V10.decode(raw) == message
    everything = stats(kind, match() + pack("BxH", 0xFF, 0xFFFF), message_type=16)
    assert V10.decode(everything) == cls(5, OFPTT_ALL, OFPP_ANY)
    refused(stats(kind, body + b"!", message_type=16), errors.BAD_REQUEST_BAD_LEN, cls.__name__)


ENTRY = (
    pack("HBx", 104, 1) + WEB_RAW + pack("IIHHH6xQQQ", 2, 3, 4, 5, 6, 8, 9, 10) + SET_PORT + OUTPUT
)
FLOW = FlowStats(
    1, 2, 3, 4, 5, 6, 0, 8, 9, 10, WEB, (ApplyActions((SetField(oxm("tcp_dst", 8080)), Output(1))),)
)


def test_flow_statistics() -> None:
    assert V10.encode(FlowStatsReply(5, (FLOW, FLOW))) == stats(1, ENTRY * 2)
    assert V10.decode(stats(1, ENTRY * 2)) == FlowStatsReply(5, (FLOW, FLOW))
    assert V10.encode(FlowStatsReply(5, (replace(FLOW, flags=1),))) == stats(1, ENTRY)


def test_a_flow_that_does_nothing() -> None:
    idle = replace(FLOW, instructions=())
    raw = stats(1, pack("HBx", 88, 1) + ENTRY[4:88])
    assert V10.encode(FlowStatsReply(5, (idle,))) == raw
    assert V10.decode(raw) == FlowStatsReply(5, (idle,))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (ENTRY[:80], "flow statistics has 80 bytes, expected at least 88"),
        (pack("H", 0) + ENTRY[2:], "has 0 bytes, expected 88 to 104 in steps of 8"),
        (pack("H", 90) + ENTRY[2:], "has 90 bytes"),
        (pack("H", 112) + ENTRY[2:], "has 112 bytes"),
        (ENTRY + bytes(8), "has 8 bytes, expected at least 88"),
    ],
)
def test_flow_statistics_of_a_wrong_length(raw: bytes, text: str) -> None:
    refused(stats(1, raw), errors.BAD_REQUEST_BAD_LEN, text)


WHOLE: dict[str, int | tuple[int, int]] = {
    "in_port": 1,
    "eth_dst": 2,
    "eth_src": 3,
    "eth_type": 0x0800,
    "ip_proto": 6,
    "ip_dscp": 0,
    "ipv4_src": 1,
    "ipv4_dst": 2,
    "tcp_src": 3,
    "tcp_dst": 80,
}


@pytest.mark.parametrize("command", [0, 2, 4])
def test_a_match_of_all_fields_without_a_tag_can_have_a_priority(command: int) -> None:
    """Open vSwitch takes one that wildcards the priority of a tag that isn't there."""
    table = OFPTT_ALL if command == 4 else 0
    untagged = Match.of(vlan_vid=0, **WHOLE)
    asked = FlowMod(5, command=command, table_id=table, priority=7, match=untagged)
    sent = V10.decode(V10.encode(replace(asked, upsert=command == 2)))
    assert isinstance(sent, FlowMod)
    assert (sent.priority, sent.match.canonical()) == (7, untagged.canonical())


def test_one_with_a_tag_can_not() -> None:
    tagged = Match.of(vlan_vid=0x1005, vlan_pcp=0, **WHOLE)
    with pytest.raises(EncodeError, match="priority 7 of a match without wildcards"):
        V10.encode(FlowMod(5, priority=7, match=tagged))
    assert V10.encode(FlowMod(5, priority=65535, match=tagged))
