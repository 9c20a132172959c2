"""Old: a tenant controller's connection in OpenFlow 1.0, over a plain socket; it can misbehave.

As `session.py` has it for 1.3; Ryu's codec of 1.0 makes the messages. Invariant: what was heard is
kept in its order, byte for byte.
"""

import contextlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

from ryu.ofproto import ofproto_v1_0
from ryu.ofproto.ofproto_protocol import ProtocolDesc

from controllers.attacks.attack import Field
from controllers.attacks.session import HEADER, TIMEOUT, Closed, Frame, Session

HELLO: Final = HEADER.pack(1, 0, 8, 0)
FEATURES_REPLY, PACKET_IN, STATISTICS, BARRIER_REPLY = 6, 10, 17, 19
_PORT: Final = struct.Struct("!H6s16s24x")
_FIRST_PORT: Final = 32
"""Where a features reply has its first port (OpenFlow 1.0 5.3.1)."""


@dataclass(frozen=True, slots=True)
class Port:
    """One of the sliver's ports."""

    port_no: int
    hw_addr: str


class OldSession(Session):
    """One connection in OpenFlow 1.0."""

    protocol = ProtocolDesc(version=ofproto_v1_0.OFP_VERSION)

    @classmethod
    @contextlib.contextmanager
    def ready(cls, host: str, port: int) -> Iterator[Self]:
        """A connection that has been greeted and knows its ports."""
        with cls(host, port) as session:
            session.sock.sendall(HELLO)
            session.say(session.ofproto_parser.OFPFeaturesRequest(session))
            for frame in session.finish():
                if frame.kind == FEATURES_REPLY:
                    session.ports |= {each.port_no: each for each in _ports(frame.data)}
            yield session

    def finish(self, timeout: float = TIMEOUT) -> list[Frame]:
        """What comes until all that was said has been handled: a barrier says so.

        Raises:
            Closed, TimeoutError: as `hear`.
        """
        (barrier,) = self.say(self.ofproto_parser.OFPBarrierRequest(self))
        wanted = BARRIER_REPLY, Frame(barrier).xid
        return self.hear(lambda frame: (frame.kind, frame.xid) == wanted, timeout)[:-1]

    def flows(self) -> list[Any]:
        """The flows that the tenant is shown."""
        of, parser = self.ofproto, self.ofproto_parser
        self.say(parser.OFPFlowStatsRequest(self, 0, parser.OFPMatch(), 0xFF, of.OFPP_NONE))
        parts = [self.parse(frame) for frame in self.finish() if frame.kind == STATISTICS]
        return [flow for part in parts for flow in part.body]


def _ports(features: bytes) -> Iterator[Port]:
    for number, address, _ in _PORT.iter_unpack(features[_FIRST_PORT:]):
        yield Port(number, address.hex(":"))


@contextlib.contextmanager
def session(field: Field) -> Iterator[OldSession]:
    """A connection to the attacker's first sliver; what was made there is deleted at the end."""
    with OldSession.ready(field.host, field.slivers[0]) as made:
        try:
            yield made
        finally:
            with contextlib.suppress(Closed, OSError):
                clear(made)


def clear(session: OldSession) -> None:
    """Delete all that the tenant has on the switch, and have its ports as they were."""
    of, parser = session.ofproto, session.ofproto_parser
    session.say(
        *(
            parser.OFPPortMod(session, each.port_no, each.hw_addr, 0, 0xFFFF_FFFF)
            for each in session.ports.values()
        ),
        parser.OFPFlowMod(session, parser.OFPMatch(), command=of.OFPFC_DELETE),
    )
    session.finish()
