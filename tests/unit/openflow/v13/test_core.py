"""The messages of one fixed layout, and those that carry bytes along."""

import pytest

from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import frame, multipart, pack, refused

MASKS = ((1, 2), (3, 4), (5, 6))
EXAMPLES: list[tuple[m.Message, bytes]] = [
    (m.ErrorMessage(5, 1, 6, b"quoted"), frame(1, pack("HH", 1, 6) + b"quoted")),
    (
        m.ErrorMessage(5, 0xFFFF, 2600, b"quoted", experimenter=0x4F4E4600),
        frame(1, pack("HHI", 0xFFFF, 2600, 0x4F4E4600) + b"quoted"),
    ),
    (m.EchoRequest(5, b"ping"), frame(2, b"ping")),
    (m.EchoReply(5), frame(3)),
    (m.Experimenter(5, 1, 2, b"data"), frame(4, pack("II", 1, 2) + b"data")),
    (m.FeaturesRequest(5), frame(5)),
    (m.FeaturesReply(5, 1, 2, 3, 4, 5, 6), frame(6, pack("QIBB2xII", 1, 2, 3, 4, 5, 6))),
    (m.GetConfigRequest(5), frame(7)),
    (m.GetConfigReply(5, 1, 128), frame(8, pack("HH", 1, 128))),
    (m.SetConfig(5, 1, 128), frame(9, pack("HH", 1, 128))),
    (m.TableMod(5, 255, 3), frame(17, pack("B3xI", 255, 3))),
    (m.BarrierRequest(5), frame(20)),
    (m.BarrierReply(5), frame(21)),
    (m.QueueGetConfigRequest(5, 7), frame(22, pack("I4x", 7))),
    (m.RoleRequest(5, 2, 9), frame(24, pack("I4xQ", 2, 9))),
    (m.RoleReply(5, 3, 9), frame(25, pack("I4xQ", 3, 9))),
    (m.GetAsyncRequest(5), frame(26)),
    (m.GetAsyncReply(5, *MASKS), frame(27, pack("6I", *range(1, 7)))),
    (m.SetAsync(5, *MASKS), frame(28, pack("6I", *range(1, 7)))),
    (mp.DescRequest(5), multipart(0, message_type=18)),
    (
        mp.DescReply(5, "a", "b", "c", "d", "e"),
        multipart(0, pack("256s256s256s32s256s", b"a", b"b", b"c", b"d", b"e")),
    ),
    (mp.AggregateReply(5, 1, 2, 3), multipart(2, pack("QQI4x", 1, 2, 3))),
    (mp.TableStatsRequest(5), multipart(3, message_type=18)),
    (
        mp.TableStatsReply(5, (mp.TableStats(1, 2, 3, 4), mp.TableStats(5, 6, 7, 8))),
        multipart(3, pack("B3xIQQB3xIQQ", *range(1, 9))),
    ),
    (mp.PortStatsRequest(5, 7), multipart(4, pack("I4x", 7), message_type=18)),
    (
        mp.PortStatsReply(5, (mp.PortStats(*range(1, 16)),)),
        multipart(4, pack("I4x12QII", *range(1, 16))),
    ),
    (mp.QueueStatsRequest(5, 7, 8), multipart(5, pack("II", 7, 8), message_type=18)),
    (
        mp.QueueStatsReply(5, (mp.QueueStats(*range(1, 8)),)),
        multipart(5, pack("IIQQQII", *range(1, 8))),
    ),
    (mp.GroupStatsRequest(5, 7), multipart(6, pack("I4x", 7), message_type=18)),
    (mp.GroupDescRequest(5), multipart(7, message_type=18)),
    (mp.GroupFeaturesRequest(5), multipart(8, message_type=18)),
    (mp.MeterStatsRequest(5, 7), multipart(9, pack("I4x", 7), message_type=18)),
    (mp.MeterConfigRequest(5, 7), multipart(10, pack("I4x", 7), message_type=18)),
    (mp.MeterFeaturesRequest(5), multipart(11, message_type=18)),
    (
        mp.MeterFeaturesReply(5, 1, 2, 3, 4, 5),
        multipart(11, pack("IIIBB2x", 1, 2, 3, 4, 5)),
    ),
    (mp.PortDescRequest(5), multipart(13, message_type=18)),
    (
        mp.ExperimenterMultipartRequest(5, 1, 2, b"data", more=True),
        multipart(0xFFFF, pack("II", 1, 2) + b"data", flags=1, message_type=18),
    ),
    (
        mp.ExperimenterMultipartReply(5, 1, 2, b"data"),
        multipart(0xFFFF, pack("II", 1, 2) + b"data"),
    ),
]


@pytest.mark.parametrize(("message", "raw"), EXAMPLES, ids=lambda part: type(part).__name__)
def test_a_messages_bytes(message: m.Message, raw: bytes) -> None:
    assert V13.encode(message) == raw
    assert V13.decode(raw) == message


BAD_LEN = errors.BAD_REQUEST_BAD_LEN


@pytest.mark.parametrize(
    ("bad", "error", "text"),
    [
        (frame(1, bytes(3)), BAD_LEN, "ErrorMessage has 3 bytes, expected at least 4"),
        (frame(1, pack("HHH", 0xFFFF, 1, 0)), BAD_LEN, "of an experimenter has 2 bytes"),
        (frame(4, bytes(7)), BAD_LEN, "Experimenter has 7 bytes, expected at least 8"),
        (frame(24, pack("I4xQ", 9, 0)), errors.ROLE_REQUEST_FAILED_BAD_ROLE, "role 9"),
        (frame(24, bytes(8)), BAD_LEN, "RoleRequest has 8 bytes, expected 16"),
        (frame(28, bytes(20)), BAD_LEN, "SetAsync has 20 bytes, expected 24"),
        (multipart(0, bytes(1055)), BAD_LEN, "DescReply has 1055 bytes, expected 1056"),
        (multipart(3, bytes(25)), BAD_LEN, "TableStatsReply has 25 bytes, expected a multiple"),
        (multipart(0xFFFF, bytes(4)), BAD_LEN, "ExperimenterMultipartReply has 4 bytes"),
    ],
)
def test_what_is_refused(bad: bytes, error: ErrorCode, text: str) -> None:
    refused(bad, error, text)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (m.ErrorMessage(5, 0xFFFF, 1, b""), "expected one iff the type is 0xffff"),
        (m.ErrorMessage(5, 1, 1, b"", experimenter=9), "expected one iff the type is 0xffff"),
        (mp.DescReply(5, "", "", "", "x" * 32, ""), "serial_num .* doesn't fit 31 bytes"),
    ],
)
def test_what_can_not_be_written(message: m.Message, text: str) -> None:
    with pytest.raises(EncodeError, match=text):
        V13.encode(message)
