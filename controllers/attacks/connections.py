"""Connections: attacks by opening, starving, flooding and breaking connections.

Invariant: whatever is opened here is closed here.
"""

import socket
import struct
import time
from contextlib import ExitStack
from typing import Final

from controllers.attacks.attack import (
    COOKIE,
    Attack,
    Field,
    Must,
    Unexpected,
    accepted,
    expect,
)
from controllers.attacks.session import HEADER, HELLO, Closed, Frame, Session
from controllers.target import Target

CROWD: Final = 1000
MOST: Final = 16
"""How many the slicer keeps of one listening port, where nothing else is configured."""
CLOSING: Final = 5.0
"""Seconds in which the others must be closed."""
DRIBBLE: Final = 0.005
"""Seconds between two bytes."""
RECONNECTING: Final = 2.0
DEAF: Final = 3.0
"""Seconds of a storm that nobody reads."""
FLOOD: Final = 1 << 22
"""Bytes of requests whose answers nobody reads."""


def crowd(field: Field) -> None:
    """A thousand connections to one listening port."""
    with ExitStack() as stack:
        socks = [
            stack.enter_context(socket.create_connection((field.host, field.slivers[0]), 10))
            for _ in range(CROWD)
        ]
        deadline = time.monotonic() + CLOSING
        while (left := sum(map(_is_open, socks))) > MOST and time.monotonic() < deadline:
            time.sleep(0.1)
        expect(left <= MOST, f"{left} connections open, expected {MOST} at most")
    time.sleep(0.2)
    with field.session() as session:
        accepted(session, [])


def _is_open(sock: socket.socket) -> bool:
    """Has the other side not ended it? What it has sent before is thrown away."""
    sock.setblocking(False)
    try:
        while data := sock.recv(1 << 16):
            if len(data) < 1 << 16:
                return True
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def dribble(field: Field) -> None:
    """A byte at a time, up to a message that never ends."""
    with field.session() as other, Session(field.host, field.slivers[0]) as session:
        echo = HEADER.pack(4, 2, 40, 77) + bytes(32)
        for byte in HELLO + echo:
            session.say(bytes([byte]))
            time.sleep(DRIBBLE)
        session.hear(lambda frame: (frame.kind, frame.xid) == (3, 77))
        endless = HEADER.pack(4, 2, 0xFFFF, 78) + bytes(200)
        for byte in endless:
            session.say(bytes([byte]))
            time.sleep(DRIBBLE / 5)
        accepted(other, [])


def reconnect(field: Field) -> None:
    """Connect, say hello or a part of it, and go; again and again."""
    end = time.monotonic() + RECONNECTING
    rounds = 0
    while time.monotonic() < end:
        with Session(field.host, field.slivers[rounds % len(field.slivers)]) as session:
            try:
                session.say(HELLO[: 1 + rounds % len(HELLO)])
            except Closed:
                continue
            if rounds % 2:  # a reset in place of an orderly end
                linger = struct.pack("ii", 1, 0)
                session.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        rounds += 1
    expect(rounds > 10, f"{rounds} connections, too few to show anything")


def be_deaf(field: Field) -> None:
    """Stop reading while a storm of packet-ins of one's own goes on."""
    with field.session() as helper, Session.ready(field.host, field.slivers[0]) as deaf:
        on = Target(helper, COOKIE)
        of = helper.ofproto
        accepted(helper, [on.flow({}, on.apply(on.output(of.OFPP_CONTROLLER)))])
        table = on.output(of.OFPP_TABLE)
        out = helper.encode(on.packet_out(table, in_port=on.ports[0], tcp_port=5001))
        end = time.monotonic() + DEAF
        while time.monotonic() < end:
            helper.say(*[out] * 50)
            helper.finish()
        deaf.finish()


def never_read_answers(field: Field) -> None:
    """Ask and ask, and read no answer."""
    with Session.ready(field.host, field.slivers[0]) as session:
        ask = HEADER.pack(4, 2, 0xFFFF, 7) + bytes(0xFFFF - 8)
        session.sock.settimeout(1.0)
        sent = 0
        try:
            while sent < FLOOD * 16:
                session.sock.sendall(ask)
                sent += len(ask)
        except (TimeoutError, OSError):
            return
    expect(sent < FLOOD * 16, f"{sent} bytes taken, expected the slicer to stop reading or close")


def say_nothing(field: Field) -> None:
    """Connect and say nothing, from more places than are kept."""
    with ExitStack() as stack:
        for port in field.slivers:
            for _ in range(MOST):
                stack.enter_context(Session(field.host, port))
        time.sleep(field.dwell)


def be_a_switch(field: Field) -> None:
    """Come as a switch that has the dpid of one that is there."""
    with Session(field.host, field.datapaths) as session:
        session.say(HELLO)

        def answer(frame: Frame) -> bool:
            body = _as_a_switch(frame)
            if body is not None:
                session.say(HEADER.pack(4, frame.kind + 1, 8 + len(body), frame.xid) + body)
            return False

        try:
            session.hear(answer, 15)
        except Closed:
            return
        except TimeoutError:
            raise Unexpected("found the connection open, expected it to be refused") from None


def _as_a_switch(frame: Frame) -> bytes | None:
    """What Open vSwitch of dpid 1 answers to features, description, ports and barriers."""
    if frame.kind == 5:
        return struct.pack("!QIBBHII", 1, 0, 254, 0, 0, 0x4F, 0)
    if frame.kind == 18:
        texts = (b"Nicira, Inc.", b"Open vSwitch", b"3.1.0", b"None", b"None")
        description = struct.pack("!256s256s256s32s256s", *texts)
        return frame.data[8:16] + (description if frame.data[8:10] == bytes(2) else b"")
    return b"" if frame.kind == 20 else None


_OTHERS: Final = "other connections are answered; the slicer's memory"
ATTACKS: Final = (
    Attack("a thousand connections", Must.LIMIT, "16 stay, the others end", crowd),
    Attack("dribble", Must.CONFINE, _OTHERS, dribble),
    Attack("reconnect in a loop", Must.CONFINE, _OTHERS, reconnect),
    Attack("be deaf in a storm", Must.LIMIT, _OTHERS, be_deaf),
    Attack("read no answers", Must.LIMIT, _OTHERS, never_read_answers),
    Attack("say nothing", Must.CLOSE, _OTHERS, say_nothing),
    Attack("come as a switch", Must.CLOSE, "the switch's connection stands", be_a_switch),
)
