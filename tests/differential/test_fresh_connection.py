"""What a controller finds when a switch has just dialled it, and when it has just reached a sliver.

The generated conversations can't show it: there the switch is dialled, and what Open vSwitch begins
such a connection with is its own affair.
"""

import socket
from collections.abc import Iterator

import pytest

from slicer.openflow import constants as of
from slicer.openflow.actions import Output
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import (
    FeaturesRequest,
    FlowMod,
    GetAsyncRequest,
    GetConfigRequest,
    Message,
    PacketOut,
    RoleRequest,
)
from slicer.openflow.v13 import V13
from tests.differential import normal
from tests.differential.compare import common
from tests.differential.controller import TIMEOUT, Controller
from tests.differential.lists import BY_VERSION
from tests.differential.packets import PLAIN
from tests.differential.switches import DIRECT, Side
from tests.live.lab import command

pytestmark = pytest.mark.live
DIALLED = 6798


@pytest.fixture
def dialling(sides: tuple[Side, Side]) -> Iterator[Controller]:
    """A connection that the switch has dialled."""
    direct = sides[0]
    with socket.create_server(("127.0.0.1", DIALLED)) as server:
        server.settimeout(TIMEOUT)
        command("ovs-vsctl", "set-controller", direct.name, DIRECT, f"tcp:127.0.0.1:{DIALLED}")
        sock, _ = server.accept()
        sock.settimeout(TIMEOUT)
        controller = Controller(sock, V13)
        yield controller
        controller.close()
        command("ovs-vsctl", "set-controller", direct.name, DIRECT)


def test_it_begins_as_a_dialled_controllers(sides: tuple[Side, Side], dialling: Controller) -> None:
    reached = sides[1].connect(V13)
    asked: list[Message] = [
        FeaturesRequest(1),
        GetConfigRequest(2),
        GetAsyncRequest(3),
        RoleRequest(4, of.OFPCR_ROLE_NOCHANGE, 0),
        FlowMod(5, priority=1, instructions=(ApplyActions((Output(of.OFPP_CONTROLLER, 30),)),)),
        PacketOut(6, actions=(Output(of.OFPP_TABLE),), data=PLAIN[0]),
        FlowMod(7, command=of.OFPFC_DELETE, flags=of.OFPFF_SEND_FLOW_REM),
    ]
    answers = []
    for side, controller in zip(sides, (dialling, reached), strict=True):
        controller.say(map(V13.encode, asked))
        heard = controller.settle()
        # Open vSwitch says packet-ins in its next turn, and reads all of a connection in one.
        side.manager.settle()
        heard += controller.settle()
        answers.append(
            [common(BY_VERSION[V13.version], each) for each in normal.answers(V13, heard)]
        )
    reached.close()
    assert len(answers[0]) == 5
    assert answers[0] == answers[1]
