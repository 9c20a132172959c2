"""A connection in OpenFlow 1.0: greeted in it, its ports read, its errors named."""

import socket
import struct
from threading import Thread

import pytest

from controllers.attacks.attack import Unexpected, refused
from controllers.attacks.old import HELLO, OldSession
from controllers.attacks.session import HEADER, Frame

ERROR = HEADER.pack(1, 1, 12, 7) + struct.pack("!HH", 2, 6)
PORT = struct.pack("!H6s16s24x", 3, bytes((2, 0, 0, 0, 0, 3)), b"s1-p3")


def answers(server: socket.socket, reply: bytes) -> None:
    """Answers each features request with `PORT`, and each barrier; sends `reply` before that."""
    sock, _ = server.accept()
    with sock:
        data = sock.recv(8)
        assert data == HELLO
        for _ in range(4):
            head = sock.recv(8)
            if len(head) < 8:
                return
            _, kind, length, xid = HEADER.unpack(head)
            sock.recv(length - 8) if length > 8 else b""
            if kind == 5:
                sock.sendall(HEADER.pack(1, 6, 32 + len(PORT), xid) + bytes(24) + PORT)
            else:
                sock.sendall(reply + HEADER.pack(1, 19, 8, xid))


def test_it_is_greeted_and_knows_its_ports() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=answers, args=(server, b""))
        thread.start()
        with OldSession.ready("127.0.0.1", server.getsockname()[1]) as session:
            assert [each.hw_addr for each in session.ports.values()] == ["02:00:00:00:00:03"]
            assert session.finish() == []
        thread.join()


def test_what_is_not_refused_as_it_must_be_is_unexpected() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = Thread(target=answers, args=(server, ERROR))
        thread.start()
        with OldSession.ready("127.0.0.1", server.getsockname()[1]) as session:
            message = HEADER.pack(1, 20, 8, 7)
            with pytest.raises(Unexpected, match="expected one of"):
                refused(session, [message], {"OFPBAC_BAD_TYPE"})
        thread.join()


def test_errors_have_their_names() -> None:
    assert OldSession.error_of(Frame(ERROR)) == "OFPBAC_EPERM"
    assert OldSession.error_of(Frame(HEADER.pack(1, 19, 8, 7))) is None
