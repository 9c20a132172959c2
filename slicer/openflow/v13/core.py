"""The messages that are one fixed layout or carry bytes: errors, echo, roles, async and so on.

Hello is read by `dialect.decode_hello`, since it comes in any version.
Invariant: bytes carried along (echo data, an error's quote) are the frame's own, unread.
"""

from struct import Struct
from typing import Final

from slicer.openflow import errors
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.constants import OFPCR_ROLE_SLAVE
from slicer.openflow.errors import EXPERIMENTER_TYPE, EncodeError, MalformedError
from slicer.openflow.v13.wire import Codec, check_least, check_size, raw_text, text

_ERROR: Final = Struct("!HH")
_EXPERIMENTER_ID: Final = Struct("!I")
_EXPERIMENTER: Final = Struct("!II")
_ROLE: Final = Struct("!I4xQ")
_ASYNC: Final = Struct("!6I")
_DESC: Final = Struct("!256s256s256s32s256s")
_DESC_ROOM: Final = {
    "mfr_desc": 256,
    "hw_desc": 256,
    "sw_desc": 256,
    "serial_num": 32,
    "dp_desc": 256,
}


def decode_error(xid: int, frame: bytes, offset: int) -> m.ErrorMessage:
    """Read an error message of any version. Raises MalformedError."""
    check_least("ErrorMessage", len(frame) - offset, _ERROR.size)
    error_type, code = _ERROR.unpack_from(frame, offset)
    start = offset + _ERROR.size
    if error_type != EXPERIMENTER_TYPE:
        return m.ErrorMessage(xid, error_type, code, frame[start:])
    check_least("ErrorMessage of an experimenter", len(frame) - start, _EXPERIMENTER_ID.size)
    experimenter = _EXPERIMENTER_ID.unpack_from(frame, start)[0]
    data = frame[start + _EXPERIMENTER_ID.size :]
    return m.ErrorMessage(xid, error_type, code, data, experimenter)


def _encode_error(message: m.ErrorMessage) -> bytes:
    head = _ERROR.pack(message.type, message.code)
    if (message.type == EXPERIMENTER_TYPE) != (message.experimenter is not None):
        raise EncodeError(
            f"error type {message.type:#x} with experimenter {message.experimenter}, "
            f"expected one iff the type is {EXPERIMENTER_TYPE:#x}"
        )
    if message.experimenter is not None:
        head += _EXPERIMENTER_ID.pack(message.experimenter)
    return head + message.data


_Echo = m.EchoRequest | m.EchoReply


def _echo(cls: type[_Echo]) -> Codec:
    def decode(xid: int, frame: bytes, offset: int) -> _Echo:
        return cls(xid, frame[offset:])

    def encode(message: _Echo) -> bytes:
        return message.data

    return Codec(decode, encode)


_Experimenter = m.Experimenter | mp.ExperimenterMultipartRequest | mp.ExperimenterMultipartReply


def _experimenter(cls: type[_Experimenter]) -> Codec:
    def decode(xid: int, frame: bytes, offset: int) -> _Experimenter:
        check_least(cls.__name__, len(frame) - offset, _EXPERIMENTER.size)
        experimenter, exp_type = _EXPERIMENTER.unpack_from(frame, offset)
        return cls(xid, experimenter, exp_type, frame[offset + _EXPERIMENTER.size :])

    def encode(message: _Experimenter) -> bytes:
        return _EXPERIMENTER.pack(message.experimenter, message.exp_type) + message.data

    return Codec(decode, encode)


_Role = m.RoleRequest | m.RoleReply


def _role(cls: type[_Role]) -> Codec:
    def decode(xid: int, frame: bytes, offset: int) -> _Role:
        check_size(cls.__name__, len(frame) - offset, _ROLE.size)
        role, generation_id = _ROLE.unpack_from(frame, offset)
        if role > OFPCR_ROLE_SLAVE:
            raise MalformedError(
                errors.ROLE_REQUEST_FAILED_BAD_ROLE,
                f"role {role}, expected 0 to {OFPCR_ROLE_SLAVE}",
            )
        return cls(xid, role, generation_id)

    def encode(message: _Role) -> bytes:
        return _ROLE.pack(message.role, message.generation_id)

    return Codec(decode, encode)


_Async = m.GetAsyncReply | m.SetAsync


def _async(cls: type[_Async]) -> Codec:
    def decode(xid: int, frame: bytes, offset: int) -> _Async:
        check_size(cls.__name__, len(frame) - offset, _ASYNC.size)
        masks = _ASYNC.unpack_from(frame, offset)
        return cls(xid, masks[0:2], masks[2:4], masks[4:6])

    def encode(message: _Async) -> bytes:
        return _ASYNC.pack(
            *message.packet_in_mask, *message.port_status_mask, *message.flow_removed_mask
        )

    return Codec(decode, encode)


def _decode_desc(xid: int, frame: bytes, offset: int) -> mp.DescReply:
    check_size("DescReply", len(frame) - offset, _DESC.size)
    return mp.DescReply(xid, *map(text, _DESC.unpack_from(frame, offset)))


def _encode_desc(message: mp.DescReply) -> bytes:
    return _DESC.pack(
        *(raw_text(name, getattr(message, name), room) for name, room in _DESC_ROOM.items())
    )


ERROR: Final = Codec(decode_error, _encode_error)
ECHO_REQUEST: Final = _echo(m.EchoRequest)
ECHO_REPLY: Final = _echo(m.EchoReply)
EXPERIMENTER: Final = _experimenter(m.Experimenter)
EXPERIMENTER_MULTIPART_REQUEST: Final = _experimenter(mp.ExperimenterMultipartRequest)
EXPERIMENTER_MULTIPART_REPLY: Final = _experimenter(mp.ExperimenterMultipartReply)
ROLE_REQUEST: Final = _role(m.RoleRequest)
ROLE_REPLY: Final = _role(m.RoleReply)
GET_ASYNC_REPLY: Final = _async(m.GetAsyncReply)
SET_ASYNC: Final = _async(m.SetAsync)
DESC_REPLY: Final = Codec(_decode_desc, _encode_desc)
