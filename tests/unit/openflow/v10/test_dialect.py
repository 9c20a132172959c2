"""V10: what a frame is, which error it deserves, and what can't be written."""

import pytest

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierRequest,
    EchoRequest,
    Experimenter,
    Hello,
    Message,
    RoleRequest,
    SetConfig,
)
from slicer.openflow.multipart import (
    DescRequest,
    ExperimenterMultipartRequest,
    FlowStatsReply,
    FlowStatsRequest,
    TableStatsRequest,
)
from slicer.openflow.v10 import V10
from slicer.openflow.v10.table import PLAIN, STATS
from tests.unit.openflow.frames import pack
from tests.unit.openflow.v10.frames import flow_mod, frame, match, refused, stats


def test_the_version() -> None:
    assert V10.version == 1


@pytest.mark.parametrize(
    ("known", "kind"),
    [
        (frame(0), Kind.HELLO),
        (frame(0, version=6), Kind.HELLO),
        (frame(1, version=4), Kind.ERROR),
        (frame(4), Kind.EXPERIMENTER),
        (frame(14), Kind.FLOW_MOD),
        (frame(15), Kind.PORT_MOD),
        (frame(18), Kind.BARRIER_REQUEST),
        (frame(21), Kind.QUEUE_GET_CONFIG_REPLY),
        (stats(1, message_type=16), Kind.FLOW_STATS_REQUEST),
        (stats(1), Kind.FLOW_STATS_REPLY),
        (stats(13), Kind.PORT_DESC_REPLY),
        (stats(0xFFFF), Kind.EXPERIMENTER_MULTIPART_REPLY),
    ],
)
def test_the_kind_is_seen_without_decoding(known: bytes, kind: Kind) -> None:
    assert V10.kind(known) is kind


@pytest.mark.parametrize(
    ("bad", "error", "text"),
    [
        (frame(22), errors.BAD_REQUEST_BAD_TYPE, "message type 22 is unknown"),
        (frame(14, version=4), errors.BAD_REQUEST_BAD_VERSION, "version 4, expected 1"),
        (stats(6), errors.BAD_REQUEST_BAD_MULTIPART, "statistics type 6 is unknown"),
        (frame(16, bytes(3)), errors.BAD_REQUEST_BAD_LEN, "statistics of 11 bytes, expected 12"),
    ],
)
def test_a_frame_without_a_kind(bad: bytes, error: ErrorCode, text: str) -> None:
    assert V10.kind(bad) is None
    assert V10.unknown(bad) == error
    refused(bad, error, text)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (b"", "frame of 0 bytes"),
        (frame(18)[:-1], "frame of 7 bytes"),
        (frame(18) + b"!", "frame of 9 bytes, its header says 8"),
        (frame(18, b"!"), "BarrierRequest has 1 bytes, expected 0"),
        (frame(9, bytes(3)), "SetConfig has 3 bytes, expected 4"),
        (frame(4, bytes(7)), "Experimenter has 7 bytes, expected at least 8"),
        (stats(0, b"!", message_type=16), "DescRequest has 1 bytes, expected 0"),
        (stats(0, bytes(1055)), "DescReply has 1055 bytes, expected 1056"),
        (stats(2, bytes(16)), "AggregateReply has 16 bytes, expected 24"),
        (stats(0xFFFF, bytes(7)), "ExperimenterMultipartReply has 7 bytes"),
    ],
)
def test_a_frame_of_the_wrong_length(bad: bytes, text: str) -> None:
    refused(bad, errors.BAD_REQUEST_BAD_LEN, text)


def test_a_vendor_message_begins_with_its_type() -> None:
    raw = frame(4, pack("II", 0x2320, 10) + b"role")
    assert V10.decode(raw) == Experimenter(5, 0x2320, 10, b"role")
    assert V10.encode(Experimenter(5, 0x2320, 10, b"role")) == raw


def test_hello_is_read_and_written_in_any_version() -> None:
    assert V10.decode(frame(0)) == Hello(5, frozenset({1}), has_bitmap=False)
    assert V10.encode(Hello(5, frozenset({1}), has_bitmap=False)) == frame(0)
    assert V10.encode(Hello(5, frozenset({1, 4})))[0] == 4


def test_a_requests_flags_mean_nothing() -> None:
    body = match() + pack("BxH", 0xFF, 0xFFFF)
    assert V10.decode(stats(1, body, flags=1, message_type=16)) == FlowStatsRequest(5)
    assert V10.decode(stats(0, flags=0xFFFF, message_type=16)) == DescRequest(5)
    vendor = ExperimenterMultipartRequest(5, 1, 2, b"data", more=True)
    assert V10.decode(V10.encode(vendor)) == vendor


def test_a_reply_in_parts() -> None:
    assert V10.decode(stats(1, flags=1)) == FlowStatsReply(5, more=True)
    assert V10.encode(FlowStatsReply(5, more=True)) == stats(1, flags=1)
    assert V10.encode(FlowStatsReply(5)) == stats(1)
    assert V10.decode(stats(1, flags=2)) == FlowStatsReply(5)


def test_a_flow_mod_byte_by_byte() -> None:
    assert flow_mod().hex() == (
        "010e004800000005"  # version 1.0, flow-mod, 72 bytes, xid 5
        "003820ff"  # every field wildcarded
        "0000000000000000000000000000000000000000"
        "00000000000000000000000000000000"
        "0000000000000000"  # cookie
        "0000"
        "0000"
        "0000"
        "0005"  # add, timeouts, priority
        "ffffffff"
        "ffff"
        "0000"  # buffer, out_port, flags
    )


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (SetConfig(1, flags=0, miss_send_len=0x10000), "SetConfig"),
        (BarrierRequest(1 << 32), "BarrierRequest"),
        (EchoRequest(1, bytes(65528)), "EchoRequest takes 65536 bytes, expected at most 65535"),
        (RoleRequest(1, 2, 3), "RoleRequest.* is no message of OpenFlow 1.0"),
        (Message(1), "no message of OpenFlow 1.0"),
    ],
)
def test_what_can_not_be_written(message: Message, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        V10.encode(message)


ONLY_1_3 = {
    *(Kind.GROUP_MOD, Kind.TABLE_MOD, Kind.METER_MOD, Kind.ROLE_REQUEST, Kind.ROLE_REPLY),
    *(Kind.GET_ASYNC_REQUEST, Kind.GET_ASYNC_REPLY, Kind.SET_ASYNC),
    *(kind for kind in Kind if kind.name.startswith(("GROUP_", "METER_", "TABLE_FEATURES"))),
}


def test_every_kind_has_a_row_or_is_of_1_3_only() -> None:
    rows = {row.cls.kind for row in (*PLAIN, *STATS)} | {Kind.HELLO}
    assert rows | ONLY_1_3 == set(Kind)
    assert not rows & ONLY_1_3


def test_tables_are_asked_for_without_a_body() -> None:
    assert V10.encode(TableStatsRequest(5)) == stats(3, message_type=16)
