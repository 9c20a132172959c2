"""Meters: meter-mod and what replies tell of meters."""

import pytest

from slicer.openflow import errors
from slicer.openflow.errors import EncodeError, ErrorCode
from slicer.openflow.groups import Band, DropBand, DscpRemarkBand, ExperimenterBand
from slicer.openflow.messages import MeterMod
from slicer.openflow.multipart import (
    Counter,
    MeterConfig,
    MeterConfigReply,
    MeterStats,
    MeterStatsReply,
)
from slicer.openflow.v13 import V13
from tests.unit.openflow.frames import frame, multipart, pack, refused, tlv

BANDS = (DropBand(1, 2), DscpRemarkBand(3, 4, 5), ExperimenterBand(6, 7, 8, b"123"))
DROP = tlv(1, pack("II4x", 1, 2))
RAW = DROP + tlv(2, pack("IIB3x", 3, 4, 5)) + tlv(0xFFFF, pack("III", 6, 7, 8) + b"123")


def meter_mod(bands: bytes, command: int = 0) -> bytes:
    return frame(29, pack("HHI", command, 1, 7) + bands)


def test_a_meter_mod() -> None:
    assert V13.encode(MeterMod(5, 2, 1, 7, BANDS)) == meter_mod(RAW, command=2)
    assert V13.decode(meter_mod(RAW, command=2)) == MeterMod(5, 2, 1, 7, BANDS)


def test_meters_configured() -> None:
    raw = multipart(10, pack("HHI", 59, 1, 7) + RAW + pack("HHI", 8, 0, 8))
    message = MeterConfigReply(5, (MeterConfig(1, 7, BANDS), MeterConfig(0, 8)))
    assert V13.encode(message) == raw
    assert V13.decode(raw) == message


def test_meter_statistics() -> None:
    entry = pack("IH6xIQQII", 7, 56, 1, 2, 3, 4, 5) + pack("QQ", 6, 7)
    message = MeterStatsReply(5, (MeterStats(7, 1, 2, 3, 4, 5, (Counter(6, 7),)),))
    assert V13.encode(message) == multipart(9, entry)
    assert V13.decode(multipart(9, entry)) == message


BAD_LEN = errors.BAD_REQUEST_BAD_LEN


@pytest.mark.parametrize(
    ("bad", "error", "text"),
    [
        (meter_mod(b"", command=8), errors.METER_MOD_FAILED_BAD_COMMAND, "command 8"),
        (frame(29, bytes(4)), BAD_LEN, "MeterMod has 4 bytes, expected at least 8"),
        (meter_mod(tlv(9, bytes(12))), errors.METER_MOD_FAILED_BAD_BAND, "band type 9"),
        (meter_mod(tlv(1, bytes(12), length=0)), BAD_LEN, "type 1 has 0 bytes, expected 4 to 16"),
        (meter_mod(tlv(1, bytes(12), length=32)), BAD_LEN, "type 1 has 32 bytes"),
        (meter_mod(tlv(1, bytes(4))), BAD_LEN, "DropBand has 8 bytes, expected 16"),
        (meter_mod(tlv(1, bytes(20))), BAD_LEN, "DropBand has 24 bytes, expected 16"),
        (meter_mod(tlv(0xFFFF, bytes(8))), BAD_LEN, "ExperimenterBand has 8 bytes"),
        (meter_mod(DROP + bytes(3)), BAD_LEN, "meter band has 3 bytes"),
        (multipart(10, pack("HHI", 0, 0, 0)), BAD_LEN, "meter configuration has 0 bytes"),
        (multipart(10, pack("HHI", 9, 0, 0)), BAD_LEN, "expected 8 to 8"),
        (multipart(10, bytes(7)), BAD_LEN, "meter configuration has 7 bytes"),
        (multipart(9, bytes(39)), BAD_LEN, "meter statistics has 39 bytes"),
        (multipart(9, pack("IH34x", 7, 0)), BAD_LEN, "meter statistics has 0 bytes"),
        (multipart(9, pack("IH35x", 7, 41)), BAD_LEN, "band counters has 1 bytes"),
    ],
)
def test_what_is_refused(bad: bytes, error: ErrorCode, text: str) -> None:
    refused(bad, error, text)


def test_what_can_not_be_written() -> None:
    with pytest.raises(EncodeError, match=r"no meter band of OpenFlow 1\.3"):
        V13.encode(MeterMod(5, 0, 1, 7, (DropBand(1, 1), Band())))
