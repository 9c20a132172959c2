"""Congestion: how much more a datapath takes, and who is paused when it is too much.

`test_datapath_sending.py` has what pauses a tenant, and what ends it.
"""

from slicer.openflow.messages import EchoRequest
from slicer.proxy.settings import Settings
from tests.unit.proxy.parts import peer, ready_datapath


def test_room_is_what_the_settings_leave() -> None:
    datapath = ready_datapath()
    datapath.settings = Settings(datapath_pending=3, datapath_backlog=100)
    congestion = datapath.congestion
    before = datapath.peer.backlog
    assert congestion.room() == 3
    datapath.order(EchoRequest(0))
    assert congestion.room() == 2
    sent = datapath.peer.backlog
    assert sent == before + 8
    assert congestion.fits(100, 100 - sent)
    assert not congestion.fits(101, 0)
    assert not congestion.fits(0, 101 - sent)
    for _ in range(5):
        datapath.order(EchoRequest(0))
    assert congestion.room() == 0


def test_who_is_paused_is_known_until_the_datapath_has_caught_up() -> None:
    datapath, sender = ready_datapath(), peer()
    datapath.settings = Settings(datapath_pending=0)
    datapath.congestion.hold_back(sender)
    assert not datapath.congestion.holds_back(sender)
    datapath.order(EchoRequest(0))
    datapath.congestion.hold_back(sender)
    assert datapath.congestion.holds_back(sender)
    datapath.settings = Settings()
    datapath.congestion.caught_up()
    assert not datapath.congestion.holds_back(sender)
    assert sender.reads
