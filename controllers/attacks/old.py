"""Old: a tenant controller's connection in OpenFlow 1.0, over a plain socket; it can misbehave.

As `session.py` has it for 1.3; Ryu's codec of 1.0 makes the messages. Invariant: what was heard is
kept in its order, byte for byte.
"""

import contextlib
import struct
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Self

from ryu.ofproto import ofproto_v1_0
from ryu.ofproto.ofproto_protocol import ProtocolDesc

from controllers.attacks.attack import Field, Unexpected
from controllers.attacks.session import HEADER, TIMEOUT, Closed, Frame, Session
from controllers.target import Request

HELLO: Final = HEADER.pack(1, 0, 8, 0)
FEATURES_REPLY, PACKET_IN, STATISTICS, BARRIER_REPLY = 6, 10, 17, 19
_PORT: Final = struct.Struct("!H6s16s24x")
_FIRST_PORT: Final = 32
"""Where a features reply has its first port (OpenFlow 1.0 5.3.1)."""
_PROTOCOL: Final = ProtocolDesc(version=ofproto_v1_0.OFP_VERSION)


@dataclass(frozen=True, slots=True)
class Port:
    """One of the sliver's ports."""

    port_no: int
    hw_addr: str


class OldSession(Session):
    """One connection in OpenFlow 1.0."""

    def __init__(self, host: str, port: int) -> None:
        super().__init__(host, port)
        self.ofproto, self.ofproto_parser = _PROTOCOL.ofproto, _PROTOCOL.ofproto_parser

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


def error_of(frame: Frame) -> str | None:
    """The error's name as OpenFlow 1.0 writes it, such as `OFPBRC_BAD_TYPE`; None if it is none."""
    if frame.kind != ofproto_v1_0.OFPT_ERROR:
        return None
    kind, code = struct.unpack_from("!HH", frame.data, HEADER.size)
    name: str = _PROTOCOL.ofproto.ofp_error_code_to_str(kind, code)
    return name.split("(")[0]


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


def refused(session: OldSession, messages: Iterable[Request], names: Collection[str]) -> None:
    """Say messages; each must be answered by one error of these names, that quotes it.

    Raises:
        Unexpected: one is not.
    """
    sent = session.say(*messages)
    heard = session.finish()
    for frame in sent:
        errors = [each for each in heard if each.xid == Frame(frame).xid and error_of(each)]
        found = [error_of(each) for each in errors]
        if len(found) != 1 or found[0] not in names:
            raise Unexpected(f"found {found} for {frame[:16].hex()}, expected one of {names}")
        if not frame.startswith(errors[0].quote) or len(errors[0].quote) < min(64, len(frame)):
            raise Unexpected(f"found {errors[0].quote[:32].hex()} quoted of {frame[:32].hex()}")


def accepted(session: OldSession, messages: Iterable[Request]) -> list[Frame]:
    """Say messages; no error must come. Returns what came.

    Raises:
        Unexpected: one comes.
    """
    session.say(*messages)
    heard = session.finish()
    errors = [error_of(each) for each in heard if error_of(each)]
    if errors:
        raise Unexpected(f"found {errors}, expected no error")
    return heard
