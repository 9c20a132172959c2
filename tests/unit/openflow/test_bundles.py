"""Bundle messages: read, written, and put under another xid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import bundles, errors
from slicer.openflow.bundles import Add, Control, Step
from slicer.openflow.errors import ErrorCode, MalformedError
from slicer.openflow.header import with_xid, xid_of
from slicer.openflow.messages import EchoRequest, Experimenter
from slicer.openflow.v13 import V13

u16, u32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFF_FFFF)
ECHO = V13.encode(EchoRequest(7, b"data"))


def through_the_wire(message: Experimenter) -> Experimenter:
    read = V13.decode(V13.encode(message))
    assert isinstance(read, Experimenter)
    return read


@given(u32, u16, u16, u32)
def test_a_control_reads_as_it_was_written(number: int, step: int, flags: int, xid: int) -> None:
    asked = Control(number, step, flags)
    assert bundles.read_control(through_the_wire(asked.message(xid))) == asked


@given(u32, u16, u32)
def test_an_add_reads_as_it_was_written(number: int, flags: int, xid: int) -> None:
    frame = with_xid(ECHO, xid)
    made = through_the_wire(bundles.add(number, flags, frame))
    assert (made.xid, bundles.read_add(made)) == (xid, Add(number, flags, frame))


def test_as_open_vswitch_writes_them() -> None:
    opened = bytes.fromhex("04040018 00000005 4f4e4600 000008fc 00000001 0000 0003")
    assert V13.encode(Control(1, Step.OPEN_REQUEST, 3).message(5)) == opened
    added = "04040024 00000007 4f4e4600 000008fd 00000001 0000 0003" + ECHO.hex()
    assert V13.encode(bundles.add(1, 3, ECHO)) == bytes.fromhex(added)


def test_properties_behind_them_mean_nothing() -> None:
    control, add = Control(1, Step.OPEN_REQUEST, 3), bundles.add(1, 3, ECHO)
    longer = Experimenter(5, bundles.ONF, bundles.CONTROL, control.message(5).data + bytes(8))
    assert bundles.read_control(longer) == control
    longer = Experimenter(7, bundles.ONF, bundles.ADD, add.data + bytes(8))
    assert bundles.read_add(longer).frame == ECHO


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", errors.BAD_REQUEST_BAD_LEN),
        (bytes(15), errors.BAD_REQUEST_BAD_LEN),
        (bytes(8) + ECHO[:-1], errors.BAD_REQUEST_BAD_LEN),
        (bytes(8) + b"\4\2\0\7" + ECHO[4:], errors.BAD_REQUEST_BAD_LEN),
        (bytes(8) + with_xid(ECHO, 8), errors.BUNDLE_FAILED_MSG_BAD_XID),
    ],
)
def test_an_add_that_is_malformed(data: bytes, error: ErrorCode) -> None:
    with pytest.raises(MalformedError) as malformed:
        bundles.read_add(Experimenter(7, bundles.ONF, bundles.ADD, data))
    assert malformed.value.error == error


@pytest.mark.parametrize("size", [0, 7, 9])
def test_a_control_that_is_malformed(size: int) -> None:
    with pytest.raises(MalformedError) as malformed:
        bundles.read_control(Experimenter(7, bundles.ONF, bundles.CONTROL, bytes(size)))
    assert malformed.value.error == errors.BAD_REQUEST_BAD_LEN


@given(u32)
def test_an_xid_is_changed_in_both_places_and_nowhere_else(xid: int) -> None:
    for made in (bundles.add(1, 3, ECHO), Control(1, Step.COMMIT_REQUEST, 3).message(7)):
        frame = bundles.with_xid(V13.encode(made), xid)
        assert xid_of(frame) == xid
        assert bundles.with_xid(frame, 7) == V13.encode(made)
        if made.exp_type == bundles.ADD:
            read = V13.decode(frame)
            assert isinstance(read, Experimenter)
            assert bundles.read_add(read).frame == with_xid(ECHO, xid)


def test_its_errors_have_names() -> None:
    code = errors.BUNDLE_FAILED_MSG_FAILED
    assert errors.describe(code.type, code.code) == "BUNDLE_FAILED/MSG_FAILED"
