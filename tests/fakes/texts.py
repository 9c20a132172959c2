"""texts: messages as a reader wants them in a failing test.

Messages are printed with what differs from their class's defaults, matches by their fields.
Invariant: equal texts may hide unequal values; nothing is asserted of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from slicer.openflow import constants as of
from slicer.openflow.errors import ProtocolError, describe
from slicer.openflow.framing import Framer
from slicer.openflow.messages import ErrorMessage
from slicer.openflow.oxm import Match, name_of, read
from slicer.openflow.v13 import V13

_PORTS = {
    number: name.removeprefix("OFPP_")
    for name, number in vars(of).items()
    if name.startswith("OFPP_") and name != "OFPP_MAX"
}
_PORT_FIELDS = ("port", "port_no", "in_port", "out_port")
_HEADER_FIELDS = ("dst", "src")


def text(value: Any, name: str = "") -> str:
    """Any value of a message's."""
    if isinstance(value, Match):
        return "{" + ", ".join(_item(*item) for item in value) + "}"
    if isinstance(value, ErrorMessage):
        return f"ErrorMessage(xid={value.xid:#x}, {describe(value.type, value.code)})"
    if is_dataclass(value) and not isinstance(value, type):
        return f"{type(value).__name__}({', '.join(_fields(value))})"
    if isinstance(value, tuple) and name == "oxm":
        return _item(*read(value))
    if isinstance(value, tuple):
        return "[" + ", ".join(map(text, value)) + "]"
    if isinstance(value, bytes):
        return value.hex()
    if name in _PORT_FIELDS:
        return _PORTS.get(value, str(value))
    if name in _HEADER_FIELDS:
        return name_of(value)
    return f"{value:#x}" if isinstance(value, int) and value > 9 else repr(value)


def _item(name: str, value: int, mask: int) -> str:
    return f"{name}={value:#x}/{mask:#x}"


def _fields(value: Any) -> Iterable[str]:
    for each in fields(value):
        found = getattr(value, each.name)
        if each.default is MISSING or found != each.default:
            yield f"{each.name}={text(found, each.name)}"


def frames_text(data: bytes) -> list[str]:
    """What bytes say, a line a message."""
    framer = Framer()
    lines = [frame_text(frame) for frame in framer.feed(data)]
    if framer.pending:
        lines.append(f"{framer.pending} bytes of an incomplete message")
    if framer.error is not None:
        lines.append(f"lost framing: {framer.error}")
    return lines


def frame_text(frame: bytes) -> str:
    """What one frame says, or its bytes where it says nothing."""
    try:
        return text(V13.decode(frame))
    except ProtocolError as error:
        return f"{frame.hex()} ({error})"
