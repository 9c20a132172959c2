"""Ports: OpenFlow 1.3.5 7.2.1, and the messages made of them: port-status, port-mod,
port-desc.

Configuration bits that only OpenFlow 1.0 has are neither written nor read, as Open vSwitch does.

Invariant: a port's name and address survive a round trip.
"""

from struct import Struct
from typing import Final

from slicer.openflow.constants import OFPPC_NO_FLOOD, OFPPC_NO_RECV_STP, OFPPC_NO_STP
from slicer.openflow.messages import Message, Port, PortMod, PortStatus
from slicer.openflow.multipart import PortDescReply
from slicer.openflow.v13.wire import Codec, bad_length, check_size, mac, raw_text, text

_PORT: Final = Struct("!I4x6s2x16sIIIIIIII")
_NAME_ROOM: Final = 16
_CONFIG: Final = 0xFFFF_FFFF & ~(OFPPC_NO_STP | OFPPC_NO_RECV_STP | OFPPC_NO_FLOOD)
_STATUS: Final = Struct("!B7x")
_MOD: Final = Struct("!I4x6s2xIII4x")


def _decode_port(frame: bytes, offset: int) -> Port:
    port_no, hw_addr, name, config, *numbers = _PORT.unpack_from(frame, offset)
    return Port(port_no, hw_addr, text(name), config & _CONFIG, *numbers)


def _encode_port(port: Port) -> bytes:
    return _PORT.pack(
        port.port_no,
        mac("hw_addr", port.hw_addr),
        raw_text("port name", port.name, _NAME_ROOM),
        port.config & _CONFIG,
        port.state,
        port.curr,
        port.advertised,
        port.supported,
        port.peer,
        port.curr_speed,
        port.max_speed,
    )


def _decode_status(xid: int, frame: bytes, offset: int) -> PortStatus:
    check_size("PortStatus", len(frame) - offset, _STATUS.size + _PORT.size)
    reason = _STATUS.unpack_from(frame, offset)[0]
    return PortStatus(xid, reason, _decode_port(frame, offset + _STATUS.size))


def _encode_status(message: PortStatus) -> bytes:
    return _STATUS.pack(message.reason) + _encode_port(message.desc)


def _decode_mod(xid: int, frame: bytes, offset: int) -> PortMod:
    check_size("PortMod", len(frame) - offset, _MOD.size)
    port_no, hw_addr, config, mask, advertise = _MOD.unpack_from(frame, offset)
    return PortMod(xid, port_no, hw_addr, config & _CONFIG, mask & _CONFIG, advertise)


def _encode_mod(m: PortMod) -> bytes:
    return _MOD.pack(
        m.port_no, mac("hw_addr", m.hw_addr), m.config & _CONFIG, m.mask & _CONFIG, m.advertise
    )


def _decode_desc(xid: int, frame: bytes, offset: int) -> Message:
    size = len(frame) - offset
    if size % _PORT.size:
        raise bad_length("PortDescReply", size, f"a multiple of {_PORT.size}")
    starts = range(offset, len(frame), _PORT.size)
    return PortDescReply(xid, tuple(_decode_port(frame, start) for start in starts))


def _encode_desc(message: PortDescReply) -> bytes:
    return b"".join([_encode_port(port) for port in message.entries])


PORT_STATUS: Final = Codec(_decode_status, _encode_status)
PORT_MOD: Final = Codec(_decode_mod, _encode_mod)
PORT_DESC_REPLY: Final = Codec(_decode_desc, _encode_desc)
