"""Session: a tenant controller's connection over a plain socket, one that can misbehave.

The slicer listens for it (`ptcp:` in the policy), so it needs neither Ryu's application nor its
event loop; Ryu's codec makes the messages. It answers no echo request unless it is listening.
Invariant: what was heard is kept in its order, byte for byte.
"""

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar, Final, Self

from ryu.ofproto import ofproto_v1_3
from ryu.ofproto.ofproto_protocol import ProtocolDesc

from controllers.target import Request

HEADER: Final = struct.Struct("!BBHI")
HELLO: Final = HEADER.pack(4, 0, 8, 0)
TIMEOUT: Final = 10.0
"""Seconds in which an answer must come."""
FIRST_XID: Final = 0x1000


class Closed(Exception):
    """The slicer has closed the connection."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A message as it came."""

    data: bytes

    @property
    def kind(self) -> int:
        """Its OpenFlow 1.3 type."""
        return self.data[1]

    @property
    def xid(self) -> int:
        """Its transaction's id."""
        return struct.unpack_from("!I", self.data, 4)[0]  # type: ignore[no-any-return]

    @property
    def quote(self) -> bytes:
        """What an error quotes."""
        return self.data[12:]


class Session:
    """One connection. Ryu's messages take it for their datapath."""

    protocol: ClassVar = ProtocolDesc(version=ofproto_v1_3.OFP_VERSION)

    def __init__(self, host: str, port: int) -> None:
        self.ofproto, self.ofproto_parser = self.protocol.ofproto, self.protocol.ofproto_parser
        self.sock = socket.create_connection((host, port), TIMEOUT)
        self.ports: dict[int, Any] = {}
        self._xids = count(FIRST_XID)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()

    @classmethod
    @contextlib.contextmanager
    def ready(cls, host: str, port: int) -> Iterator[Self]:
        """A connection that has been greeted and knows its ports."""
        with cls(host, port) as session:
            session.sock.sendall(HELLO)
            parser = session.ofproto_parser
            session.say(parser.OFPPortDescStatsRequest(session, 0))
            for frame in session.finish():
                message = session.parse(frame)
                if isinstance(message, parser.OFPPortDescStatsReply):
                    session.ports |= {each.port_no: each for each in message.body}
            yield session

    def encode(self, message: Request) -> bytes:
        """A message's bytes, under an xid of its own unless it has one."""
        if isinstance(message, bytes):
            return message
        if message.xid is None:
            message.set_xid(next(self._xids))
        message.serialize()
        return bytes(message.buf)

    def say(self, *messages: Request) -> list[bytes]:
        """Send messages; returns them as they were sent.

        Raises:
            Closed: the slicer takes no more.
        """
        frames = [self.encode(each) for each in messages]
        try:
            self.sock.sendall(b"".join(frames))
        except (BrokenPipeError, ConnectionResetError):
            raise Closed from None
        return frames

    def parse(self, frame: Frame) -> Any:
        """Ryu's message for a frame."""
        version, kind, length, xid = HEADER.unpack_from(frame.data)
        return self.ofproto_parser.msg_parser(self, version, kind, length, xid, frame.data)

    @classmethod
    def error_of(cls, frame: Frame) -> str | None:
        """The error's name as the connection's version of OpenFlow writes it, such as
        `OFPBRC_BAD_TYPE`; None if it is none."""
        if frame.kind != ofproto_v1_3.OFPT_ERROR:
            return None
        kind, code = struct.unpack_from("!HH", frame.data, HEADER.size)
        name: str = cls.protocol.ofproto.ofp_error_code_to_str(kind, code)
        return name.split("(")[0]

    def hear(self, until: Callable[[Frame], bool], timeout: float = TIMEOUT) -> list[Frame]:
        """What comes up to the first frame that is awaited, that one included.

        Raises:
            Closed: the slicer has ended the connection.
            TimeoutError: it does not come in time.
        """
        heard: list[Frame] = []
        deadline = time.monotonic() + timeout
        while True:
            while (frame := self._take()) is not None:
                if frame.kind == ofproto_v1_3.OFPT_ECHO_REQUEST:
                    self.say(frame.data[:1] + b"\x03" + frame.data[2:])
                    continue
                heard.append(frame)
                if until(frame):
                    return heard
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"found {len(heard)} messages, not the one awaited")
            self.sock.settimeout(left)
            self._receive()

    def finish(self, timeout: float = TIMEOUT) -> list[Frame]:
        """What comes until all that was said has been handled: a barrier says so.

        Raises:
            Closed, TimeoutError: as `hear`.
        """
        (barrier,) = self.say(self.ofproto_parser.OFPBarrierRequest(self))
        xid = Frame(barrier).xid
        return self.hear(lambda frame: (frame.kind, frame.xid) == (21, xid), timeout)[:-1]

    def until_closed(self, timeout: float = TIMEOUT) -> list[Frame]:
        """What comes until the slicer ends the connection.

        Raises:
            TimeoutError: it does not.
        """
        heard: list[Frame] = []

        def keep(frame: Frame) -> bool:
            heard.append(frame)
            return False

        with contextlib.suppress(Closed):
            self.hear(keep, timeout)
        return heard

    def _take(self) -> Frame | None:
        if len(self._rest) < HEADER.size:
            return None
        length = HEADER.unpack_from(self._rest)[2]
        if len(self._rest) < length:
            return None
        frame, self._rest = self._rest[:length], self._rest[length:]
        return Frame(frame)

    def _receive(self) -> None:
        try:
            data = self.sock.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            raise Closed
        self._rest += data
