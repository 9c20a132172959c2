"""V13: what a frame is, which error it deserves, and what can't be written."""

import pytest

from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.instructions import ApplyActions, Instruction
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierRequest,
    EchoRequest,
    ErrorMessage,
    FlowMod,
    Hello,
    Message,
    PacketOut,
    TableMod,
)
from slicer.openflow.multipart import FlowStatsReply, FlowStatsRequest
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import flow_mod, frame, match, multipart, pack, refused


def test_the_version() -> None:
    assert V13.version == 4


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (frame(0), Kind.HELLO),
        (frame(0, version=6), Kind.HELLO),
        (frame(1, version=1), Kind.ERROR),
        (frame(14), Kind.FLOW_MOD),
        (frame(29), Kind.METER_MOD),
        (multipart(1, message_type=18), Kind.FLOW_STATS_REQUEST),
        (multipart(1), Kind.FLOW_STATS_REPLY),
        (multipart(0xFFFF), Kind.EXPERIMENTER_MULTIPART_REPLY),
    ],
)
def test_the_kind_is_seen_without_decoding(known: bytes, kind: Kind) -> None:
    assert V13.kind(known) is kind


@pytest.mark.parametrize(
    ("bad", "error", "text"),
    [
        (frame(30), errors.BAD_REQUEST_BAD_TYPE, "message type 30 is unknown"),
        (frame(14, version=1), errors.BAD_REQUEST_BAD_VERSION, "version 1, expected 4"),
        (multipart(14), errors.BAD_REQUEST_BAD_MULTIPART, "multipart type 14 is unknown"),
        (frame(18, bytes(7)), errors.BAD_REQUEST_BAD_LEN, "multipart of 15 bytes, expected 16"),
    ],
)
def test_a_frame_without_a_kind(bad: bytes, error: ErrorCode, text: str) -> None:
    assert V13.kind(bad) is None
    assert V13.unknown(bad) == error
    refused(bad, error, text)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (b"", "frame of 0 bytes"),
        (frame(20)[:-1], "frame of 7 bytes"),
        (frame(20) + b"!", "frame of 9 bytes, its header says 8"),
        (frame(20, b"!"), "BarrierRequest has 1 bytes, expected 0"),
        (frame(9, bytes(3)), "SetConfig has 3 bytes, expected 4"),
        (multipart(0, b"!", message_type=18), "DescRequest has 1 bytes, expected 0"),
    ],
)
def test_a_frame_of_the_wrong_length(bad: bytes, text: str) -> None:
    refused(bad, errors.BAD_REQUEST_BAD_LEN, text)


def test_hello_and_error_are_read_in_any_version() -> None:
    assert V13.decode(frame(0, version=1)) == Hello(5, frozenset({1}), has_bitmap=False)
    bad = frame(1, pack("HH", 0, 0) + b"no", version=1)
    assert V13.decode(bad) == ErrorMessage(5, 0, 0, b"no")


def test_a_request_in_parts() -> None:
    body = pack("B3xII4xQQ", 0xFF, 0xFFFFFFFF, 0xFFFFFFFF, 0, 0) + match()
    assert V13.decode(multipart(1, body, message_type=18)) == FlowStatsRequest(5)
    refused(
        multipart(1, body, flags=1, message_type=18),
        errors.BAD_REQUEST_MULTIPART_BUFFER_OVERFLOW,
        "FlowStatsRequest says that more parts follow",
    )


def test_a_reply_in_parts() -> None:
    assert V13.decode(multipart(1, flags=1)) == FlowStatsReply(5, more=True)
    assert V13.encode(FlowStatsReply(5, more=True)) == multipart(1, flags=1)
    assert V13.encode(FlowStatsReply(5)) == multipart(1)


def test_a_flow_mod_byte_by_byte() -> None:
    assert V13.encode(FlowMod(5, priority=5)) == flow_mod()
    assert flow_mod().hex() == (
        "040e003800000005"  # version 1.3, flow-mod, 56 bytes, xid 5
        "0000000000000000"
        "0000000000000000"  # cookie, mask
        "00"
        "00"
        "0000"
        "0000"
        "0005"  # table, add, timeouts, priority
        "ffffffff"
        "ffffffff"
        "ffffffff"
        "0000"
        "0000"  # buffer, port, group, flags
        "0001"
        "0004"
        "00000000"  # an empty OXM match
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (TableMod(1, table_id=256), "TableMod"),
        (BarrierRequest(1 << 32), "BarrierRequest"),
        (EchoRequest(1, bytes(65528)), "EchoRequest takes 65536 bytes, expected at most 65535"),
        (PacketOut(1, actions=(Action(),)), "no action of OpenFlow 1.3"),
        (FlowMod(1, instructions=(Instruction(),)), "no instruction of OpenFlow 1.3"),
        (FlowMod(1, instructions=(ApplyActions((Action(),)),)), "no action of OpenFlow 1.3"),
        (Message(1), "no message of OpenFlow 1.3"),
    ],
)
def test_what_can_not_be_written(message: Message, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        V13.encode(message)


def test_the_longest_message() -> None:
    assert len(V13.encode(EchoRequest(1, bytes(65527)))) == 65535
