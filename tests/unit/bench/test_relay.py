"""The relay passes on what either says, and ends when one of them does."""

import socket
from multiprocessing import Pipe
from threading import Thread

import pytest

from tests.bench import relay


@pytest.mark.timeout(30)
def test_what_either_says_the_other_hears() -> None:
    ours, theirs = Pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        passing = Thread(target=relay.main, args=(theirs, listener.getsockname()[1]))
        passing.start()
        with socket.create_connection(("127.0.0.1", ours.recv())) as switch:
            controller, _ = listener.accept()
            with controller:
                switch.sendall(b"packet-in")
                assert controller.recv(100) == b"packet-in"
                controller.sendall(b"flow-mod")
                assert switch.recv(100) == b"flow-mod"
        passing.join()
