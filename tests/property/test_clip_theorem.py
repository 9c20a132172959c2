"""The isolation theorem over clip: on a switch of OpenFlow 1.0, too, a packet that enters or leaves
at port p with header h is only ever handled by owner(p, h), and a tenant loses nothing but what is
another's.

What is asserted is in `clip_world.py`. The tests after the machine are tests of it: with a part of
the enforcement left out, it finds out.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from slicer.openflow import constants as of
from slicer.openflow.messages import Message
from slicer.policy import Policy
from slicer.proxy.clip import cutting
from slicer.proxy.clip.granting import Grant
from slicer.proxy.clip.layers import Layers
from tests.fakes.network import port
from tests.property.clip_requests import requests
from tests.property.clip_world import ClipWorld
from tests.property.isolation_headers import (
    PORT_NAMES,
    PORTS,
    Arrival,
    Shown,
    arrivals,
    policies,
)

STEPS = 10
Requests = list[tuple[int, Message]]
_asked = st.lists(st.tuples(st.integers(0, 3), requests()), min_size=3, max_size=10)
_arriving = st.lists(arrivals(), min_size=3, max_size=8)


class ClipMachine(RuleBasedStateMachine):
    """Random policies, tenants and packets."""

    world: ClipWorld
    standing: list[Shown[Arrival]]

    @initialize(policy=policies(), standing=_arriving, asked=_asked)
    def start(self, policy: Shown[Policy], standing: list[Shown[Arrival]], asked: Requests) -> None:
        """Tenants at work, and packets that come in after every step."""
        self.world = ClipWorld(policy.value)
        self.standing = standing
        self.ask(asked)

    @rule(asked=_asked)
    def ask(self, asked: Requests) -> None:
        """Tenants ask for anything."""
        for who, request in asked:
            tenants = self.world.network.tenants
            if tenants:
                self.world.request(tenants[who % len(tenants)], request)

    @rule(arriving=_arriving)
    def arrive(self, arriving: list[Shown[Arrival]]) -> None:
        """Packets come in."""
        for each in arriving:
            self.world.arrive(*each.value)

    @rule(
        number=st.sampled_from(PORTS),
        name=st.sampled_from(PORT_NAMES),
        config=st.none() | st.sampled_from((0, of.OFPPC_PORT_DOWN)),
    )
    def change_port(self, number: int, name: str, config: int | None) -> None:
        """A port goes, comes, goes down, or is renamed."""
        others = [each.name for at, each in self.world.switch.ports.items() if at != number]
        if config is None:
            self.world.remove_port(number)
        elif name not in others:
            self.world.set_port(replace(port(number, name), config=config))

    @rule(is_flushed=st.booleans())
    def wait(self, is_flushed: bool) -> None:
        """The switch is read back; perhaps somebody has deleted everything on it."""
        if is_flushed:
            self.world.flush()
        self.world.wait(31.0)

    @rule(other=st.none() | policies())
    def restart(self, other: Shown[Policy] | None) -> None:
        """The slicer restarts, perhaps with another policy."""
        self.world.restart(other.value if other else self.world.network.policy)

    @invariant()
    def holds(self) -> None:
        """The theorem, for the packets that come in always."""
        if hasattr(self, "world"):
            self.arrive(self.standing)
            self.world.check_flows()


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of refusals are logged, none of which says why a test fails."""
    caplog.set_level(logging.CRITICAL)


TestClip = pytest.mark.timeout(1200)(ClipMachine.TestCase)
TestClip.settings = settings(
    max_examples=settings().max_examples // 2,
    stateful_step_count=STEPS,
    suppress_health_check=list(HealthCheck),
)


def falsify() -> None:
    """Runs the machine until it fails; the same way every time."""
    run_state_machine_as_test(
        ClipMachine,
        settings=settings(
            max_examples=1000,
            stateful_step_count=STEPS,
            derandomize=True,
            phases=(Phase.generate,),
            print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_without_judging_outputs_packets_leave_as_somebody_elses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cutting, "verdict", lambda *_: Grant.YES)
    with pytest.raises(AssertionError, match=r"^\([bf]\)"):
        falsify()


def test_without_guards_flows_of_a_lower_layer_take_others_packets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Layers, "guards", {})
    with pytest.raises(AssertionError, match=r"^\([af]\)"):
        falsify()


def test_without_layers_so_do_they(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Layers, "priority", lambda self, held, slot: slot)
    with pytest.raises(AssertionError, match=r"^\([acf]\)"):
        falsify()
