"""The benchmark's fake controllers must never wait for anybody but in their loop."""

from __future__ import annotations

import socket

from tests.bench.controllers import Controllers


def test_who_was_accepted_meanwhile_is_not_waited_for() -> None:
    """What the loop has found may have been dealt with by the time that it comes to it: a question
    through the pipe is answered by turns of the same loop."""
    controllers = Controllers()
    with socket.create_connection(("127.0.0.1", controllers.port())):
        controllers.loop.step(1.0)
        assert len(controllers.loop.links) == 1
        controllers._accept()
        assert len(controllers.loop.links) == 1
        for link in list(controllers.loop.links.values()):
            controllers.loop.drop(link)
    controllers._listener.close()
