"""Clip in turns: while flows are cut anew, one in a turn, with requests, packets and further
changes between, the isolation theorem holds; and once all is quiet every flow is as it would be cut
now.

Between the change of a port's name and the slicer's hearing of it nobody can act on it: until the
last piece of the old rules has gone, a packet may have the way that it had under them, and none
that neither the old rules nor the new ones give it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow.messages import BarrierReply, BarrierRequest, FlowMod, Message, PortMod
from slicer.policy import Policy
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.clip.cutting import cut
from slicer.proxy.clip.enforcement import Clip
from slicer.proxy.clip.mirror import actions_of
from slicer.proxy.clip.recutting import Recutting
from slicer.proxy.clip.tenancy import Tenancy
from tests.fakes.execution import Result
from tests.fakes.network import port
from tests.fakes.stepped10 import SteppedSwitch10
from tests.property.clip_requests import XID, as_sent, flow_mods, requests
from tests.property.clip_world import DPID, ClipWorld
from tests.property.isolation_headers import (
    ALL_PORTS,
    PORT_NAMES,
    PORTS,
    Arrival,
    Shown,
    arrivals,
    policies,
)

Change = tuple[int, str | None]
"""A port that goes, or is there under a name."""
Asked = list[tuple[int, Message]]
_who = st.integers(0, 3)
_bits = st.sampled_from((0, of.OFPPC_NO_FLOOD, of.OFPPC_NO_FWD))
_port_mods = st.builds(
    lambda number, config: PortMod(XID, number, port(number).hw_addr, config, 0x3F),
    st.sampled_from(PORTS),
    _bits,
)
_changes = st.tuples(st.sampled_from(PORTS), st.none() | st.sampled_from(PORT_NAMES))
_meanwhile = st.lists(
    st.none() | _changes | st.tuples(_who, requests() | _port_mods), min_size=3, max_size=25
)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@pytest.fixture(autouse=True)
def _one_flow_in_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    for where in ("pace", "clip.synchronise", "clip.enforcement"):
        monkeypatch.setattr(f"slicer.proxy.{where}.A_TURN", 1)


class SteppedWorld(ClipWorld):
    """A world that can be looked at between turns."""

    switch: SteppedSwitch10

    def __init__(self, policy: Policy) -> None:
        self.switch = SteppedSwitch10(DPID, [port(number) for number in ALL_PORTS])
        self.mirrors = {}
        self.accepted = 0
        self.restart(policy)
        self.spaces: list[FlowSpace] = []
        """All that have held since all was quiet."""
        self.tags: dict[str, int] = {}
        self.seen = 0

    @property
    def clip(self) -> Clip:
        enforcement = self.network.engine.datapaths[DPID].enforcement
        assert isinstance(enforcement, Clip)
        return enforcement

    @property
    def tenancy(self) -> Tenancy:
        return self.clip._tenancy

    def say(self, who: int, message: Message) -> None:
        """Any tenant says something, and nobody waits for it."""
        tenants = self.network.tenants
        if tenants:
            tenants[who % len(tenants)].say(as_sent(message))

    def change(self, number: int, name: str | None) -> None:
        """A port goes, comes or is renamed."""
        others = [each.name for at, each in self.switch.ports.items() if at != number]
        if name is None and number in self.switch.ports:
            self.switch.remove_port(number)
        elif name is not None and name not in others:
            self.switch.set_port(replace(port(number, name)))
        names = {each.name: at for at, each in self.switch.ports.items()}
        self.spaces.append(self.network.policy.flowspace_on(DPID, names))

    def look(self, arriving: list[Shown[Arrival]]) -> None:
        """Packets come in, and each goes as some rules would have it."""
        self.seen += 1
        self.tags |= self.clip.tags
        for each in arriving:
            number, packet = each.value
            if number in self.switch.ports:
                result = self.switch.inject(number, packet)
                owners = {space.owner(packet.header.at(number)) for space in self.spaces}
                assert any(self._fits(result, space, number, packet) for space in self.spaces), (
                    f"{owners}\n{result}"
                )

    def _fits(self, result: Result, space: FlowSpace, *arrival: object) -> bool:
        number, packet = arrival
        owner = space.owner(packet.header.at(number))  # type: ignore[attr-defined]
        for step in result.trace:
            cookie = Cookie.read(step.flow.cookie) if step.flow is not None else None
            if cookie is None or cookie.part is not Part.PIECE:
                continue
            if owner is None or cookie.tag != self.tags.get(owner):
                return False
        return all(space.owner(p.header.at(number)) == owner for number, p in result.outputs)

    def check_pieces(self) -> None:
        """Every flow is as it would be cut now, and the switch holds just the pieces."""
        tenancy = self.tenancy
        assert not self.clip._recutting.behind
        users: dict[str, Counter[int]] = {}
        for flow in tenancy.mirror.flows:
            asked = flow.asked.match, flow.region
            outlets = tenancy.outlets_of(flow.slice)
            cuts = cut(tenancy.layers, outlets, flow.slice, asked, actions_of(flow.asked), 256)
            expected = {(each.match.canonical(), each.actions) for each in cuts}
            assert {(each.place[0], each.actions) for each in flow.pieces} == expected
            users.setdefault(flow.slice, Counter())[flow.asked.priority] += 1
        for name, counted in users.items():
            assert tenancy._slots[name]._users == counted
        tops = {each.place: each.cookie for each in tenancy.mirror.tops}
        there = {(each.match.canonical(), each.priority): each.cookie for each in self._pieces()}
        assert there == tops


def _between(
    world: SteppedWorld, meanwhile: list[object], arriving: list[Shown[Arrival]]
) -> Callable[[list[FlowMod]], None]:
    left = list(meanwhile)

    def between(turn: list[FlowMod]) -> None:
        if left:
            then = left.pop(0)
            if isinstance(then, tuple) and isinstance(then[1], str | None):
                world.change(*then)
            elif isinstance(then, tuple):
                world.say(*then)
        world.look(arriving)

    return between


def _holds(
    policy: Shown[Policy],
    asked: Asked,
    arriving: list[Shown[Arrival]],
    changes: list[Change | tuple[int, Message]],
    meanwhile: list[object],
) -> None:
    world = SteppedWorld(policy.value)
    for who, request in asked:
        world.say(who, request)
    world.network.run()
    world.spaces = [world.space]
    world.switch.between = _between(world, [*changes, *meanwhile], arriving)
    first = changes[0]
    if isinstance(first[1], str | None):
        world.change(*first)
    else:
        world.say(*first)
    world.network.run()
    world.switch.between = None
    for tenant in world.network.tenants:
        assert world.network.say(tenant, BarrierRequest(1))[-1] == BarrierReply(1)
    world.check_pieces()
    world._settle(may_be_lost=True)
    world.spaces = [world.space]
    world.look(arriving)


_examples = given(
    policies(),
    st.lists(st.tuples(_who, flow_mods()), min_size=3, max_size=12),
    st.lists(arrivals(), min_size=2, max_size=5),
    st.lists(_changes | st.tuples(_who, _port_mods), min_size=1, max_size=3),
    _meanwhile,
)
test_it_holds_between_turns_and_after = settings(
    suppress_health_check=list(HealthCheck), deadline=None
)(_examples(_holds))


def falsify() -> None:
    """Runs examples until one fails; the same way every time."""
    settings(
        max_examples=200,
        deadline=None,
        derandomize=True,
        phases=(Phase.generate,),
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )(_examples(_holds))()


def test_where_flows_are_not_cut_anew_they_are_not_as_they_would_be_cut_now(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Recutting, "ask", lambda *_: None)
    with pytest.raises(AssertionError):
        falsify()
