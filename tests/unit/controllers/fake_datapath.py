"""FakeDatapath: what a Ryu application sees of a switch; it keeps what it is sent.

It answers nothing. Invariant: every message that is sent has been serialised by Ryu.
"""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ryu.ofproto import ofproto_v1_3
from ryu.ofproto.ofproto_protocol import ProtocolDesc


@dataclass
class FakeDatapath:
    """An OpenFlow 1.3 switch with numbered ports."""

    id: int
    port_numbers: tuple[int, ...] = (1, 2, 3)
    sent: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        desc = ProtocolDesc(version=ofproto_v1_3.OFP_VERSION)
        self.ofproto, self.ofproto_parser = desc.ofproto, desc.ofproto_parser
        self.ports = {
            number: SimpleNamespace(port_no=number, hw_addr=f"02:00:00:00:00:{number:02x}")
            for number in (*self.port_numbers, self.ofproto.OFPP_LOCAL)
        }

    def send_msg(self, message: Any) -> None:
        """Keep a message, with an xid and its bytes as Ryu makes them."""
        if message.xid is None:
            message.set_xid(len(self.sent) + 1)
        message.serialize()
        self.sent.append(message)

    def send(self, data: bytes) -> None:
        """Keep bytes."""
        self.sent.append(data)
