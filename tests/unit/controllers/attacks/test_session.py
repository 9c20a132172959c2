"""Session and attack: what is told apart, against a slicer that is played by a thread."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from controllers.attacks.attack import Unexpected, accepted, refused
from controllers.attacks.session import HEADER, HELLO, Closed, Frame, Session

ECHO = HEADER.pack(4, 2, 12, 0x77) + b"ping"
Play = Callable[[socket.socket], None]


def error(xid: int, quote: bytes, kind: int = 1, code: int = 1) -> bytes:
    """An OpenFlow error, by default BAD_REQUEST/BAD_TYPE."""
    return HEADER.pack(4, 1, 12 + len(quote), xid) + struct.pack("!HH", kind, code) + quote


@contextmanager
def against(play: Play) -> Iterator[Session]:
    """A session with somebody who does as the play says, and then closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with server.accept()[0] as sock:
                play(sock)

        thread = threading.Thread(target=serve)
        thread.start()
        with Session(*server.getsockname()) as session:
            yield session
        thread.join()


def answering(*answers: bytes) -> Play:
    """Says these when a barrier has come, then answers it."""

    def play(sock: socket.socket) -> None:
        heard = b""
        while not (len(heard) >= 8 and heard[-7] == 20):
            heard += sock.recv(1 << 16)
        sock.sendall(b"".join(answers) + b"\x04\x15" + heard[-6:])

    return play


def test_frames_are_cut_from_the_stream() -> None:
    frames = [HELLO, ECHO[:1] + b"\x0a" + ECHO[2:], error(5, ECHO)]
    with against(answering(*frames)) as session:
        heard = session.finish()
    assert [each.data for each in heard] == frames
    assert Session.error_of(heard[2]) == "OFPBRC_BAD_TYPE"
    assert (heard[2].xid, heard[2].quote) == (5, ECHO)
    assert Session.error_of(heard[0]) is None


def test_an_end_is_told_from_silence() -> None:
    with against(lambda sock: None) as session, pytest.raises(Closed):
        session.finish()
    gone = threading.Event()
    with against(lambda sock: (gone.wait(5), None)[1]) as session:
        with pytest.raises(TimeoutError):
            session.finish(0.1)
        gone.set()


def test_echo_requests_are_answered_and_not_heard() -> None:
    got = []

    def play(sock: socket.socket) -> None:
        sock.sendall(ECHO + HELLO)
        got.append(sock.recv(100))

    with against(play) as session:
        assert session.hear(lambda frame: True) == [Frame(HELLO)]
    assert got == [ECHO[:1] + b"\x03" + ECHO[2:]]


def test_refused_wants_one_error_for_each_message_that_quotes_it() -> None:
    names = {"OFPBRC_BAD_TYPE"}
    with against(answering(error(0x77, ECHO))) as session:
        refused(session, [ECHO], names)
    for answers in (
        [],
        [error(0x78, ECHO)],
        [error(0x77, ECHO, code=0)],
        [error(0x77, ECHO)] * 2,
        [error(0x77, b"somebody else's request")],
        [error(0x77, ECHO[:4])],
    ):
        with against(answering(*answers)) as session, pytest.raises(Unexpected):
            refused(session, [ECHO], names)


def test_accepted_wants_no_error() -> None:
    with against(answering(HELLO)) as session:
        assert accepted(session, [ECHO]) == [Frame(HELLO)]
    with against(answering(error(0x77, ECHO))) as session, pytest.raises(Unexpected):
        accepted(session, [ECHO])
