"""Whatever a datapath of OpenFlow 1.0 refuses of tenants' pieces while ports change and flows are
cut anew, in turns, with requests between: its connection lasts, everybody is answered, and in the
end the slicer has account of just what is there."""

from __future__ import annotations

import logging
from collections import Counter
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slicer.openflow import errors
from slicer.openflow.messages import BarrierReply, BarrierRequest, FlowMod, Message
from slicer.policy import Policy
from slicer.proxy.clip.cookies import Cookie, Part
from slicer.proxy.settings import Settings
from tests.fakes import switch10
from tests.fakes.checks import Refused
from tests.fakes.switch10 import FakeSwitch10
from tests.property.clip_requests import flow_mods
from tests.property.isolation_headers import Shown, policies
from tests.property.test_clip_in_turns import (
    Change,
    SteppedWorld,
    _changes,
    _meanwhile,
    _port_mods,
    _who,
)

FOR_EVER = 2_000
"""No example takes so many turns."""
UNTIL_MENDED = 4 * Settings().audit_interval + 1


@pytest.fixture(autouse=True)
def _one_flow_in_a_turn(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)
    for where in ("pace", "clip.synchronise", "clip.enforcement"):
        monkeypatch.setattr(f"slicer.proxy.{where}.A_TURN", 1)


class RefusingWorld(SteppedWorld):
    """Its switch refuses some of tenants' pieces, and between its turns things happen."""

    def __init__(self, policy: Policy, refusals: list[bool], meanwhile: list[object]) -> None:
        self.refusals, self.meanwhile = refusals, meanwhile
        self.turns = 0
        super().__init__(policy)
        self.switch.between = self._between

    def refuses(self, asked: FlowMod) -> bool:
        """Does the switch refuse this?"""
        cookie = Cookie.read(asked.cookie)
        is_piece = cookie is not None and cookie.part is Part.PIECE
        return is_piece and bool(self.refusals) and self.refusals.pop(0)

    def happen(self, what: object) -> None:
        """A port changes, or somebody says something."""
        if isinstance(what, tuple) and isinstance(what[1], str | None):
            self.change(*what)
        elif isinstance(what, tuple):
            self.say(*what)

    def _between(self, turn: list[FlowMod]) -> None:
        self.turns += 1
        assert self.turns < FOR_EVER, "it goes on for ever"
        if self.meanwhile:
            self.happen(self.meanwhile.pop(0))

    def settle(self) -> None:
        """Nothing more happens, and the switch is read back."""
        self.refusals.clear()
        self.meanwhile.clear()
        self.network.run()
        for tenant in self.network.tenants:
            assert self.network.say(tenant, BarrierRequest(1))[-1] == BarrierReply(1)
        self.network.wait(UNTIL_MENDED)
        assert self.switch in self.network.peers.values()

    def check_account(self) -> None:
        """The slicer knows what there is, and nothing is left of what is not."""
        tenancy, mirror = self.tenancy, self.tenancy.mirror
        assert not self.clip._recutting.behind
        assert not tenancy.in_steps
        assert not mirror.leaving
        tops = {each.place: each.cookie for each in mirror.tops}
        there = {(each.match.canonical(), each.priority): each.cookie for each in self._pieces()}
        assert there == tops
        flows = mirror.flows
        assert set(mirror.pieces.values()) == {piece for flow in flows for piece in flow.pieces}
        assert all(tenancy.is_settled(each) and each.instead_of is None for each in flows)
        for name, slots in tenancy._slots.items():
            own = mirror.flows_of(name).values()
            assert slots._users == Counter(each.asked.priority for each in own)
            assert mirror.size_of(name) == sum(each.size for each in own)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(
    policies(),
    st.lists(st.tuples(_who, flow_mods()), min_size=3, max_size=12),
    st.lists(_changes | st.tuples(_who, _port_mods), min_size=1, max_size=3),
    _meanwhile,
    st.lists(st.integers(0, 3).map(lambda number: not number), max_size=60),
)
def test_what_is_refused_meanwhile_leaves_no_trace(
    policy: Shown[Policy],
    asked: list[tuple[int, Message]],
    changes: list[Change | tuple[int, Message]],
    meanwhile: list[object],
    refusals: list[bool],
) -> None:
    world = RefusingWorld(policy.value, refusals, [*changes[1:], *meanwhile])
    change = switch10._SPECIAL[FlowMod]

    def changed(switch: FakeSwitch10, asked: FlowMod) -> None:
        if world.refuses(asked):
            raise Refused(errors.FLOW_MOD_FAILED_TABLE_FULL)
        change(switch, asked)

    with patch.object(switch10, "_SPECIAL", {**switch10._SPECIAL, FlowMod: changed}):
        for who, request in asked:
            world.say(who, request)
        world.network.run()
        world.happen(changes[0])
        world.network.run()
        world.settle()
        world.check_account()
