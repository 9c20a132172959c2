"""Ports: OpenFlow 1.0 5.2.1 and 5.3.1, and the messages made of them: features, port-status,
port-mod, and the port-desc that Open vSwitch answers in 1.0 too.

Port numbers have 16 bits here and 32 in messages; the reserved ones end both ranges.
Invariant: a port's number, name and address survive a round trip.
"""

from struct import Struct
from typing import Final

from slicer.openflow.constants import (
    OFPC_PORT_BLOCKED,
    OFPP_MAX,
    OFPPS_BLOCKED,
    OFPPS_LINK_DOWN,
)
from slicer.openflow.errors import EncodeError
from slicer.openflow.messages import FeaturesReply, Port, PortMod, PortStatus
from slicer.openflow.multipart import PortDescReply
from slicer.openflow.v13.wire import (
    Codec,
    bad_length,
    check_least,
    check_size,
    mac,
    raw_text,
    text,
)

RESERVED: Final = 0xFF00
"""The first of the reserved port numbers, `OFPP_MAX` in OpenFlow 1.0."""

_PORT: Final = Struct("!H6s16sIIIIII")
_NAME_ROOM: Final = 16
_FEATURES: Final = Struct("!QIB3xII")
_STATUS: Final = Struct("!B7x")
_MOD: Final = Struct("!H6sIII4x")

_STP_BLOCK: Final = 3 << 8
_STP: Final = 1 << 3
_ARP_MATCH_IP: Final = 1 << 7
_SAME_CAPABILITIES: Final = 0b0110_0111
"""Flow, table, port and queue statistics, and the reassembly of fragments."""

_SAME_MODES: Final = 0x7F
_MODES: Final = 0xF80
_MODES_SHIFT: Final = 4
"""Link modes up to 10 Gbit/s have the same bits; 1.3 has faster ones ahead of the rest."""
_SPEEDS: Final = ((1 << 6, 10_000_000), (3 << 4, 1_000_000), (3 << 2, 100_000), (3 << 0, 10_000))
"""Link modes and their speed in kbit/s, the fastest first."""


def long_port(number: int) -> int:
    """The 32-bit number of a port."""
    return number | 0xFFFF0000 if number >= RESERVED else number


def short_port(number: int) -> int:
    """The 16-bit number of a port. Raises EncodeError for one that OpenFlow 1.0 doesn't have."""
    if number < RESERVED:
        return number
    if number < OFPP_MAX:
        raise EncodeError(f"port {number:#x}, expected one below {RESERVED:#x} or reserved")
    return number & 0xFFFF


def _long_modes(modes: int) -> int:
    return modes & _SAME_MODES | (modes & _MODES) << _MODES_SHIFT


def _short_modes(modes: int) -> int:
    return modes & _SAME_MODES | modes >> _MODES_SHIFT & _MODES


def _speed(modes: int) -> int:
    return next((speed for mode, speed in _SPEEDS if modes & mode), 0)


def _decode_port(frame: bytes, offset: int) -> Port:
    port_no, hw_addr, name, config, state, *short = _PORT.unpack_from(frame, offset)
    curr, advertised, supported, peer = map(_long_modes, short)
    return Port(
        long_port(port_no),
        hw_addr,
        text(name),
        config,
        state & OFPPS_LINK_DOWN | (OFPPS_BLOCKED if state & _STP_BLOCK == _STP_BLOCK else 0),
        curr,
        advertised,
        supported,
        peer,
        _speed(curr),
        _speed(supported),
    )


def _encode_port(port: Port) -> bytes:
    return _PORT.pack(
        short_port(port.port_no),
        mac("hw_addr", port.hw_addr),
        raw_text("port name", port.name, _NAME_ROOM),
        port.config,
        port.state & OFPPS_LINK_DOWN | (_STP_BLOCK if port.state & OFPPS_BLOCKED else 0),
        _short_modes(port.curr),
        _short_modes(port.advertised),
        _short_modes(port.supported),
        _short_modes(port.peer),
    )


def _decode_ports(what: str, frame: bytes, offset: int) -> tuple[Port, ...]:
    size = len(frame) - offset
    if size % _PORT.size:
        raise bad_length(what, size, f"a multiple of {_PORT.size}")
    return tuple(_decode_port(frame, start) for start in range(offset, len(frame), _PORT.size))


def _decode_features(xid: int, frame: bytes, offset: int) -> FeaturesReply:
    check_least("FeaturesReply", len(frame) - offset, _FEATURES.size)
    datapath_id, n_buffers, n_tables, said, actions = _FEATURES.unpack_from(frame, offset)
    ports = _decode_ports("FeaturesReply's list of ports", frame, offset + _FEATURES.size)
    capabilities = said & _SAME_CAPABILITIES | (OFPC_PORT_BLOCKED if said & _STP else 0)
    return FeaturesReply(
        xid,
        datapath_id,
        n_buffers,
        n_tables,
        0,
        capabilities,
        ports=ports,
        actions=actions,
        matches_arp_ip=bool(said & _ARP_MATCH_IP),
    )


def _encode_features(m: FeaturesReply) -> bytes:
    said = m.capabilities & _SAME_CAPABILITIES
    if m.capabilities & OFPC_PORT_BLOCKED:
        said |= _STP
    if m.matches_arp_ip:
        said |= _ARP_MATCH_IP
    head = _FEATURES.pack(m.datapath_id, m.n_buffers, m.n_tables, said, m.actions)
    return head + b"".join([_encode_port(port) for port in m.ports])


def _decode_status(xid: int, frame: bytes, offset: int) -> PortStatus:
    check_size("PortStatus", len(frame) - offset, _STATUS.size + _PORT.size)
    reason = _STATUS.unpack_from(frame, offset)[0]
    return PortStatus(xid, reason, _decode_port(frame, offset + _STATUS.size))


def _encode_status(message: PortStatus) -> bytes:
    return _STATUS.pack(message.reason) + _encode_port(message.desc)


def _decode_mod(xid: int, frame: bytes, offset: int) -> PortMod:
    check_size("PortMod", len(frame) - offset, _MOD.size)
    port_no, hw_addr, config, mask, advertise = _MOD.unpack_from(frame, offset)
    return PortMod(xid, long_port(port_no), hw_addr, config, mask, _long_modes(advertise))


def _encode_mod(m: PortMod) -> bytes:
    return _MOD.pack(
        short_port(m.port_no),
        mac("hw_addr", m.hw_addr),
        m.config,
        m.mask,
        _short_modes(m.advertise),
    )


def _decode_desc(xid: int, frame: bytes, offset: int) -> PortDescReply:
    return PortDescReply(xid, _decode_ports("PortDescReply", frame, offset))


def _encode_desc(message: PortDescReply) -> bytes:
    return b"".join([_encode_port(port) for port in message.entries])


FEATURES_REPLY: Final = Codec(_decode_features, _encode_features)
PORT_STATUS: Final = Codec(_decode_status, _encode_status)
PORT_MOD: Final = Codec(_decode_mod, _encode_mod)
PORT_DESC_REPLY: Final = Codec(_decode_desc, _encode_desc)
