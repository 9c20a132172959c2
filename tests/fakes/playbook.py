"""Playbook: a conversation with the engine, written as it goes.

    book >> Connected(DATAPATHS, 1, "10.0.0.1:40000")
    book << Says(1, Hello(0, frozenset({4})))

`>>` brings an event; `<<` is the next thing that the engine asks for, with messages in place of
bytes. The two alternate freely, but every command has to be read before the next event. A
conversation that goes otherwise fails with the whole of it so far. Invariant: nothing that the
engine asks for goes unread.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

from slicer.openflow.framing import Framer
from slicer.openflow.hello import decode_hello
from slicer.openflow.messages import Message
from slicer.openflow.v13 import V13
from slicer.policy import parse
from slicer.proxy.engine import Engine
from slicer.proxy.events import Command, DatapathEndpoint, DataReceived, Event, Listen, Send
from slicer.proxy.settings import Settings

DATAPATHS = DatapathEndpoint("127.0.0.1", 6633)


@dataclass(frozen=True)
class Says:
    """Messages to or from a peer. Their xids count only where `with_xids` says so."""

    peer: int
    messages: tuple[Message, ...]
    with_xids: bool = False

    def __init__(self, peer: int, *messages: Message, with_xids: bool = False) -> None:
        object.__setattr__(self, "peer", peer)
        object.__setattr__(self, "messages", messages)
        object.__setattr__(self, "with_xids", with_xids)


def decoded(data: bytes) -> tuple[Message, ...]:
    """The messages in what was sent."""
    return tuple(
        V13.decode(frame) if frame[1] else decode_hello(frame) for frame in Framer().feed(data)
    )


class Playbook:
    """One engine and what has been said. `now` may be set."""

    def __init__(self, policy: str, settings: Settings | None = None) -> None:
        self.engine = Engine(parse(policy, "policy.yaml"), settings or Settings())
        self.now = 0.0
        self.lines: list[str] = []
        self._unread: deque[Command] = deque(self.engine.start())
        self << Listen(DATAPATHS)

    def __rshift__(self, event: Event | Says) -> Playbook:
        """An event; of `Says`, the messages come from that peer."""
        assert not self._unread, self._story(f"unread before {event}")
        self.lines.append(f">> {event}")
        if isinstance(event, Says):
            data = b"".join(V13.encode(each) for each in event.messages)
            event = DataReceived(event.peer, data)
        self._unread.extend(self.engine.handle(event, self.now))
        return self

    def __lshift__(self, expected: Command | Says) -> Playbook:
        """The next command."""
        assert self._unread, self._story(f"nothing more, expected {expected}")
        found: Command | Says = self._unread.popleft()
        if isinstance(expected, Says) and isinstance(found, Send):
            found = Says(found.peer, *decoded(found.data), with_xids=expected.with_xids)
            if not expected.with_xids:
                found, expected = _without_xids(found), _without_xids(expected)
        assert found == expected, self._story(f"found    {found}\nexpected {expected}")
        self.lines.append(f"<< {found}")
        return self

    def is_quiet(self) -> None:
        """The engine asks for nothing more."""
        assert not self._unread, self._story("expected nothing more")

    def read_all(self) -> list[Command]:
        """Whatever the engine asks for, where that is not the point."""
        unread = list(self._unread)
        self._unread.clear()
        self.lines += [f"<< {each}" for each in unread]
        return unread

    def _story(self, end: str) -> str:
        rest = [f"?? {each}" for each in self._unread]
        return "\n".join([*self.lines, *rest, end])


def _without_xids(said: Says) -> Says:
    return Says(said.peer, *(replace(each, xid=0) for each in said.messages))
