"""FakeTenant: a tenant controller that says what a test tells it to, and keeps what it hears.

It greets and answers echo requests; nothing else is done by itself. Invariant: `heard` is what the
slicer has sent, in order, without hellos and echo requests.
"""

from __future__ import annotations

from slicer.openflow import messages as m
from slicer.openflow.dialect import Dialect
from slicer.openflow.framing import Framer
from slicer.openflow.messages import Message
from slicer.openflow.v13 import V13
from slicer.proxy.events import ControllerEndpoint


class FakeTenant:
    """One connection of a tenant controller's."""

    def __init__(self, endpoint: ControllerEndpoint, peer: int, dialect: Dialect = V13) -> None:
        self.endpoint = endpoint
        self.peer = peer
        self.heard: list[Message] = []
        self.is_connected = True
        self._framer = Framer()
        self._dialect = dialect
        self._out = [dialect.encode(m.Hello(1, frozenset({dialect.version})))]

    @property
    def slice(self) -> str:
        """Whose controller it is."""
        return self.endpoint.slice

    def receive(self, data: bytes) -> None:
        """Bytes from the slicer. Raises ProtocolError for what no switch would send."""
        for frame in self._framer.feed(data):
            message = self._dialect.decode(frame)
            if isinstance(message, m.EchoRequest):
                self._out.append(self._dialect.encode(m.EchoReply(message.xid, message.data)))
            elif not isinstance(message, m.Hello):
                self.heard.append(message)

    def say(self, *messages: Message | bytes) -> None:
        """Send messages, or bytes as they are."""
        self._out += [
            each if isinstance(each, bytes) else self._dialect.encode(each) for each in messages
        ]

    def take(self) -> bytes:
        """What there is to send."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def take_heard(self) -> list[Message]:
        """What was heard since the last call."""
        heard, self.heard = self.heard, []
        return heard
