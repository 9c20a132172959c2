"""An engine with its server: it serves, stops, and says what was counted."""

import logging

import eventlet
import pytest
from eventlet.green import socket

from slicer.openflow.hello import decode_hello
from slicer.policy import parse
from slicer.proxy.events import Claim
from slicer.proxy.settings import Settings
from slicer.serving import Serving
from tests.unit.serving import POLICY, free_port

log = logging.getLogger(__name__)


def test_it_serves_from_run_to_stop() -> None:
    port = free_port()
    serving = Serving(parse(POLICY.replace("6633", str(port)), "p"), Settings(), b"secret")
    with eventlet.Timeout(10):
        thread = eventlet.spawn(serving.run)
        eventlet.sleep(0)
        with socket.create_connection(("127.0.0.1", port)) as client:
            assert decode_hello(client.recv(100)).versions
            serving.stop()
            assert client.recv(100) == b""
        thread.wait()


def test_it_logs_what_was_counted(caplog: pytest.LogCaptureFixture) -> None:
    serving = Serving(parse(POLICY, "p"), Settings(), b"secret")
    with caplog.at_level(logging.INFO):
        serving.log_counted(log)
        serving.engine.counters["refused datapaths"] += 1
        serving.log_counted(log)
    assert caplog.messages == [
        "counted since the start: nothing",
        "counted since the start: the slicer: refused datapaths 1",
    ]


def test_only_one_that_can_ask_others_shares_its_dpids() -> None:
    policy = parse(POLICY, "p")
    assert not Serving(policy, Settings(), b"").engine._holding.is_shared
    assert Serving(policy, Settings(), b"", {Claim: print}).engine._holding.is_shared
