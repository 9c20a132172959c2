"""Open vSwitch's Nicira actions, as experimenter actions of OpenFlow 1.3.

Follows Open vSwitch's `lib/ofp-actions.c`, as `ovs-ofctl` writes them. A subtype that is
not in the table is kept as an ExperimenterAction: flows that are not ours may hold any.

Invariant: encode(decode(b)) is b, padding and the order of Controller2's properties aside.
"""

from collections.abc import Callable
from struct import Struct
from typing import Any, Final, NamedTuple

from slicer.openflow import actions as a
from slicer.openflow import errors
from slicer.openflow.actions import Action
from slicer.openflow.constants import NICIRA, OFPP_MAX
from slicer.openflow.errors import EncodeError
from slicer.openflow.v13.controller2 import decode_controller2, encode_controller2
from slicer.openflow.v13.wire import bad_length, check_least, padded

_HEADER: Final = Struct("!HHIH")
"""type 0xffff, length, Nicira's experimenter id, subtype."""
_SUBTYPE: Final = Struct("!H")
_EXPERIMENTER: Final = 0xFFFF
_EXACT_PORT_MAX: Final = 0xFF00
_REG_MOVE: Final = 6
_NOTE: Final = 8
_CONTROLLER2: Final = 37


class _Row(NamedTuple):
    """One subtype: its class, what follows the subtype, and how values are written and read."""

    cls: type[Action]
    body: Struct
    read: Callable[..., Action]
    write: Callable[[Any], tuple[int, ...]]


def _read_reg_load(ofs_nbits: int, dst: int, value: int) -> a.RegLoad:
    return a.RegLoad(dst, ofs_nbits >> 6, (ofs_nbits & 0x3F) + 1, value)


def _write_reg_load(action: a.RegLoad) -> tuple[int, ...]:
    if not 1 <= action.n_bits <= 64 or not 0 <= action.ofs < 1 << 10:
        raise EncodeError(
            f"RegLoad of {action.n_bits} bits at {action.ofs}, expected 1 to 64 at 0 to 1023"
        )
    return action.ofs << 6 | action.n_bits - 1, action.dst, action.value


def _read_resubmit(in_port: int, table: int) -> a.Resubmit:
    # Reserved ports are the last of 16 bits here, and the last of 32 everywhere else.
    reserved = in_port >= _EXACT_PORT_MAX
    return a.Resubmit(in_port | 0xFFFF0000 if reserved else in_port, table)


def _write_resubmit(action: a.Resubmit) -> tuple[int, ...]:
    if _EXACT_PORT_MAX <= action.in_port < OFPP_MAX:
        raise EncodeError(f"Resubmit to port {action.in_port:#x}, expected one below 0xff00")
    reserved = action.in_port >= OFPP_MAX
    return action.in_port & 0xFFFF if reserved else action.in_port, action.table


_ROWS: Final[dict[int, _Row]] = {
    _REG_MOVE: _Row(
        a.RegMove,
        Struct("!HHHII"),
        a.RegMove,
        lambda action: (action.n_bits, action.src_ofs, action.dst_ofs, action.src, action.dst),
    ),
    5: _Row(a.PopQueue, Struct("!6x"), a.PopQueue, lambda action: ()),
    7: _Row(a.RegLoad, Struct("!HIQ"), _read_reg_load, _write_reg_load),
    14: _Row(a.Resubmit, Struct("!HB3x"), _read_resubmit, _write_resubmit),
    20: _Row(
        a.Controller,
        Struct("!HHBx"),
        a.Controller,
        lambda action: (action.max_len, action.controller_id, action.reason),
    ),
    39: _Row(
        a.OutputTruncated,
        Struct("!HI"),
        a.OutputTruncated,
        lambda action: (action.port, action.max_len),
    ),
}

_RAW: Final = frozenset({_REG_MOVE})
"""Subtypes with a longer form (fields of experimenters), which is kept unread."""


def decode_nicira(frame: bytes, start: int, stop: int) -> Action:
    """The Nicira action in frame[start:stop]. Raises MalformedError (BAD_ACTION)."""
    check_least("Nicira action", stop - start, _HEADER.size, errors.BAD_ACTION_BAD_LEN)
    subtype = _SUBTYPE.unpack_from(frame, start + 8)[0]
    body = start + _HEADER.size
    row = _ROWS.get(subtype)
    if row is not None and not (subtype in _RAW and stop - body > row.body.size):
        if stop - body != row.body.size:
            raise bad_length(
                f"action {row.cls.__name__}",
                stop - start,
                str(_HEADER.size + row.body.size),
                errors.BAD_ACTION_BAD_LEN,
            )
        return row.read(*row.body.unpack_from(frame, body))
    if subtype == _NOTE:
        return a.Note(frame[body:stop])
    if subtype == _CONTROLLER2:
        return decode_controller2(frame, body, stop)
    return a.ExperimenterAction(NICIRA, frame[start + 8 : stop])


def _fixed_encoder(subtype: int, row: _Row) -> Callable[[Any], bytes]:
    header = _HEADER.pack(_EXPERIMENTER, _HEADER.size + row.body.size, NICIRA, subtype)
    return lambda action: header + row.body.pack(*row.write(action))


def _encode_long(subtype: int, body: bytes) -> bytes:
    size = _HEADER.size + len(body)
    header = _HEADER.pack(_EXPERIMENTER, (size + 7) & ~7, NICIRA, subtype)
    return padded(header + body)


NICIRA_ENCODERS: Final[dict[type[Action], Callable[[Any], bytes]]] = {
    **{row.cls: _fixed_encoder(subtype, row) for subtype, row in _ROWS.items()},
    a.Note: lambda action: _encode_long(_NOTE, action.note),
    a.Controller2: lambda action: _encode_long(_CONTROLLER2, encode_controller2(action)),
}
