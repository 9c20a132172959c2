"""Holding: what an engine asks and is asked about a dpid, event by event. Whole contests are in
tests/conversation/test_joining.py and test_shared_dpids.py."""

from __future__ import annotations

from slicer.openflow.kinds import Kind
from slicer.openflow.v13 import V13
from slicer.policy import parse
from slicer.proxy.engine import Engine
from slicer.proxy.events import (
    Challenged,
    Claim,
    Close,
    Command,
    Connected,
    DatapathEndpoint,
    DataReceived,
    Defend,
    Denied,
    Disconnected,
    Event,
    Granted,
    Left,
    Release,
    Send,
    TimePassed,
)
from slicer.proxy.holding import TWO_OTHERS
from slicer.proxy.settings import Settings
from tests.fakes.network import port
from tests.fakes.switch import FakeSwitch

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices: {red: {controllers: [ptcp:7000]}}
flowspace: [{slice: red, priority: 1}]
"""
DATAPATHS = DatapathEndpoint("127.0.0.1", 6633)
SETTINGS = Settings()
ABOUT_DPIDS = (Claim, Release, Defend, Left)


class Subject:
    """An engine, alone or one of several, and switches that say what they are asked."""

    def __init__(self, is_shared: bool = True) -> None:
        self.engine = Engine(parse(POLICY, "p"), SETTINGS, b"", is_shared)
        self.now = 0.0
        self.switches: dict[int, FakeSwitch] = {}
        self.echoes: list[int] = []
        """The peers that were asked for an echo."""

    def tell(self, event: Event) -> list[Command]:
        """What the engine says about dpids and which connections it closes, once the switches have
        answered all else than echo requests."""
        said: list[Command] = []
        events = [event]
        while events:
            for command in self.engine.handle(events.pop(0), self.now):
                if isinstance(command, Send):
                    events += self._answers(command)
                elif isinstance(command, Close | Claim | Release | Defend | Left):
                    said.append(command)
        return said

    def _answers(self, command: Send) -> list[Event]:
        switch = self.switches[command.peer]
        if V13.kind(command.data) is Kind.ECHO_REQUEST:
            self.echoes.append(command.peer)
            return []
        switch.receive(command.data)
        data = switch.take()
        return [DataReceived(command.peer, data)] if data else []

    def connect(self, peer: int, dpid: int = 1) -> list[Command]:
        """A switch connects and says its dpid."""
        self.switches[peer] = FakeSwitch(dpid, [port(1)])
        self.switches[peer].connect()
        return self.tell(Connected(DATAPATHS, peer, f"10.0.0.{peer}:4000"))

    def holder(self) -> int | None:
        holder = self.engine.datapaths.get(1)
        return None if holder is None else holder.peer.number


def held() -> Subject:
    """One whose peer 1 holds dpid 1."""
    subject = Subject()
    subject.connect(1)
    subject.tell(Granted(1))
    assert subject.holder() == 1
    return subject


def test_an_engine_alone_asks_nobody() -> None:
    subject = Subject(is_shared=False)
    assert subject.connect(1) == []
    assert subject.holder() == 1
    assert subject.tell(Disconnected(1, "reset")) == []


def test_a_dpid_is_claimed_then_held_then_released() -> None:
    subject = Subject()
    assert subject.connect(1) == [Claim(1, 1, "10.0.0.1:4000")]
    assert subject.holder() is None
    assert subject.tell(Granted(1)) == []
    assert subject.holder() == 1
    assert subject.tell(Disconnected(1, "reset")) == [Release(1), Left(1)]


def test_who_is_denied_is_closed_and_releases_nothing() -> None:
    subject = Subject()
    subject.connect(1)
    assert subject.tell(Denied(1, "taken")) == [Close(1), Left(1)]
    assert subject.engine.counters == {"refused datapaths": 1}


def test_who_goes_before_the_answer_takes_the_claim_along() -> None:
    subject = Subject()
    subject.connect(1)
    assert subject.tell(Disconnected(1, "reset")) == [Release(1), Left(1)]
    assert subject.connect(2) == [Claim(2, 1, "10.0.0.2:4000")]
    assert subject.tell(Granted(1)) == [], "that was the other's"
    assert subject.holder() is None
    subject.tell(Granted(2))
    assert subject.holder() == 2


def test_one_claims_at_a_time() -> None:
    subject = Subject()
    subject.connect(1)
    assert subject.connect(2) == [Close(2), Left(2)]


def test_a_challenge_is_answered_when_the_holder_was_heard() -> None:
    subject = held()
    assert subject.tell(Challenged(1, "10.0.0.9:4000")) == []
    assert subject.echoes == [1]
    assert subject.tell(Challenged(1, "10.0.0.8:4000")) == [], "one at a time"
    assert subject.connect(2) == [Close(2), Left(2)], "nor is there room for a third"
    subject.now = 0.5
    subject.engine.datapaths[1].peer.last_heard = 0.5
    subject.now = SETTINGS.contest_timeout
    why = "its dpid is connected from 10.0.0.1:4000, alive"
    assert subject.tell(TimePassed()) == [Defend(1, why)]
    assert subject.tell(Challenged(1, "10.0.0.8:4000")) == []
    assert subject.echoes == [1, 1], "the next one is asked about again"


def test_a_silent_holder_is_closed_and_its_dpid_released() -> None:
    subject = held()
    subject.tell(Challenged(1, "10.0.0.9:4000"))
    subject.now = SETTINGS.contest_timeout
    assert subject.tell(TimePassed()) == [Close(1), Release(1), Left(1)]


def test_a_contest_within_keeps_challengers_out_and_the_dpid_here() -> None:
    subject = held()
    assert subject.connect(2) == []
    assert subject.tell(Challenged(1, "10.0.0.9:4000")) == [Defend(1, TWO_OTHERS)]
    subject.now = SETTINGS.contest_timeout
    assert subject.tell(TimePassed()) == [Close(1), Left(1)]
    assert subject.holder() == 2


def test_a_challenge_of_what_is_not_held_means_nothing() -> None:
    assert Subject().tell(Challenged(1, "10.0.0.9:4000")) == []


def test_those_without_a_dpid_are_told_of_when_they_go() -> None:
    subject = Subject()
    subject.engine.handle(Connected(DATAPATHS, 1, "10.0.0.1:4000"), 0.0)
    assert subject.tell(Disconnected(1, "reset")) == [Left(1)]
