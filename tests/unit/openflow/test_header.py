"""The header: read, patched, and checked against what is really there."""

import pytest

from slicer.openflow import errors
from slicer.openflow.errors import MalformedError
from slicer.openflow.header import Header, check_frame, read_header, with_xid, xid_of

FRAME = bytes.fromhex("0402000c0000002a61626364")


def test_reading() -> None:
    assert read_header(FRAME) == Header(version=4, type=2, length=12, xid=42)
    assert xid_of(FRAME) == 42


def test_another_xid() -> None:
    assert with_xid(FRAME, 0xFFFFFFFF) == bytes.fromhex("0402000cffffffff61626364")


def test_a_whole_frame_is_checked() -> None:
    assert check_frame(FRAME) == read_header(FRAME)


@pytest.mark.parametrize(
    ("bad", "text"),
    [
        (b"", "frame of 0 bytes, expected at least 8"),
        (FRAME[:7], "frame of 7 bytes, expected at least 8"),
        (FRAME[:11], "frame of 11 bytes, its header says 12"),
        (FRAME + b"!", "frame of 13 bytes, its header says 12"),
    ],
)
def test_a_frame_of_another_length_is_refused(bad: bytes, text: str) -> None:
    with pytest.raises(MalformedError, match=text) as caught:
        check_frame(bad)
    assert caught.value.error == errors.BAD_REQUEST_BAD_LEN
