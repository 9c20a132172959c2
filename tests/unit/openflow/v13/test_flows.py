"""Flow-mod, flow-removed and flow statistics: their bytes, and what is refused of them."""

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import Output
from slicer.openflow.errors import ErrorCode
from slicer.openflow.instructions import ApplyActions, GotoTable
from slicer.openflow.messages import FlowMod, FlowRemoved, Message
from slicer.openflow.multipart import (
    AggregateRequest,
    FlowStats,
    FlowStatsReply,
    FlowStatsRequest,
)
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import (
    flow_mod,
    frame,
    match,
    multipart,
    oxm_tlv,
    pack,
    refused,
    tlv,
)

WEB = Match.of(eth_type=0x0800, ip_proto=6, tcp_dst=80)
WEB_RAW = bytes.fromhex("0001001580000a020800800014010680001c020050000000")
STATS = "B3xII4xQQ"
FORWARD = bytes.fromhex("000400180000000000000010000000020000000000000000")


def test_a_flow_mod_with_everything() -> None:
    message = FlowMod(
        xid=0x11223344,
        cookie=0x0102030405060708,
        cookie_mask=0xF0,
        table_id=3,
        command=1,
        idle_timeout=10,
        hard_timeout=20,
        priority=1000,
        buffer_id=7,
        out_port=8,
        out_group=9,
        flags=0x15,
        match=WEB,
        instructions=(ApplyActions((Output(2),)), GotoTable(4)),
    )
    raw = (
        bytes.fromhex(
            "040e006811223344"
            "0102030405060708"
            "00000000000000f0"
            "03"
            "01"
            "000a"
            "0014"
            "03e8"
            "00000007"
            "00000008"
            "00000009"
            "0015"
            "0000"
        )
        + WEB_RAW
        + FORWARD
        + bytes.fromhex("0001000804000000")
    )
    assert V13.encode(message) == raw
    assert V13.decode(raw) == message


def test_a_flow_removed() -> None:
    message = FlowRemoved(5, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, WEB)
    body = pack("QHBBIIHHQQ", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) + WEB_RAW
    assert V13.encode(message) == frame(11, body)
    assert V13.decode(frame(11, body)) == message
    refused(frame(11, body + bytes(8)), errors.BAD_REQUEST_BAD_LEN, "FlowRemoved")
    refused(frame(11, body[:40]), errors.BAD_REQUEST_BAD_LEN, "at least 48")


@pytest.mark.parametrize(("kind", "cls"), [(1, FlowStatsRequest), (2, AggregateRequest)])
def test_a_request_for_statistics(
    kind: int, cls: type[FlowStatsRequest | AggregateRequest]
) -> None:
    body = pack(STATS, 1, 2, 3, 4, 5) + WEB_RAW
    raw = multipart(kind, body, message_type=18)
    assert V13.encode(cls(5, 1, 2, 3, 4, 5, WEB)) == raw
    assert V13.decode(raw) == cls(5, 1, 2, 3, 4, 5, WEB)
    longer = multipart(kind, body + bytes(8), message_type=18)
    refused(longer, errors.BAD_REQUEST_BAD_LEN, cls.__name__)
    unruly = pack(STATS, 1, 2, 3, 4, 5) + match(oxm_tlv("tcp_dst", 80))
    refused(multipart(kind, unruly, message_type=18), errors.BAD_MATCH_BAD_PREREQ, "tcp_dst")


ENTRY = pack("HBxIIHHHH4xQQQ", 96, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) + WEB_RAW + FORWARD


def test_flow_statistics() -> None:
    stats = FlowStats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, WEB, (ApplyActions((Output(2),)),))
    message: Message = FlowStatsReply(5, (stats, stats))
    assert V13.encode(message) == multipart(1, ENTRY * 2)
    assert V13.decode(multipart(1, ENTRY * 2)) == message


def test_a_flow_that_matches_all_and_does_nothing() -> None:
    stats = FlowStats(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, Match(), ())
    raw = multipart(1, pack("HBxIIHHHH4xQQQ", 56, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10) + match())
    assert V13.encode(FlowStatsReply(5, (stats,))) == raw
    assert V13.decode(raw) == FlowStatsReply(5, (stats,))


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (ENTRY[:40], "flow statistics has 40 bytes, expected at least 56"),
        (pack("H", 0) + ENTRY[2:], "has 0 bytes, expected 56 to 96 in steps of 8"),
        (pack("H", 90) + ENTRY[2:], "has 90 bytes"),
        (pack("H", 104) + ENTRY[2:], "has 104 bytes"),
        (ENTRY + bytes(8), "has 8 bytes, expected at least 56"),
    ],
)
def test_flow_statistics_of_a_wrong_length(raw: bytes, text: str) -> None:
    refused(multipart(1, raw), errors.BAD_REQUEST_BAD_LEN, text)


def test_a_match_does_not_reach_into_the_next_flow() -> None:
    bad = ENTRY[:48] + pack("HH", 1, 56) + ENTRY[52:]
    refused(multipart(1, bad * 2), errors.BAD_MATCH_BAD_LEN, "length 56, expected 4 to 48")


@pytest.mark.parametrize(
    ("bad", "error", "text"),
    [
        (flow_mod(command=5), errors.FLOW_MOD_FAILED_BAD_COMMAND, "command 5, expected 0 to 4"),
        (frame(14, bytes(40)), errors.BAD_REQUEST_BAD_LEN, "FlowMod has 40 bytes"),
        (frame(14, bytes(52)), errors.BAD_REQUEST_BAD_LEN, "FlowMod has 52 bytes"),
        (flow_mod(match(oxm_tlv("ip_proto", 6))), errors.BAD_MATCH_BAD_PREREQ, "ip_proto"),
        (flow_mod(instructions=tlv(9, bytes(4))), errors.BAD_INSTRUCTION_UNKNOWN_INST, "9"),
    ],
)
def test_what_is_refused(bad: bytes, error: ErrorCode, text: str) -> None:
    refused(bad, error, text)
