"""IsolationMachine: random policies, hostile tenants and packets, step by step.

What must hold is in `isolation_world.py` and `isolation_mirrors.py`; here is what may happen.
Invariant: after every step packets have come in, and every tenant has read its flows.
"""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from slicer.openflow import constants as of
from slicer.policy import Policy
from tests.fakes.network import port
from tests.property.isolation_headers import (
    PORT_NAMES,
    PORTS,
    Arrival,
    Shown,
    arrivals,
    policies,
)
from tests.property.isolation_mirrors import MirroredWorld
from tests.property.isolation_requests import anything, requests, works
from tests.property.isolation_world import World

Arrivals = list[Shown[Arrival]]
Requests = list[tuple[int, Shown[bytes]]]

_tenants = st.integers(0, 3)
_some_work = st.lists(st.tuples(_tenants, works()), min_size=4, max_size=10)


class _Machine(RuleBasedStateMachine):
    """What happens in any world."""

    make_world: type[World]
    world: World
    standing: Arrivals

    @initialize(
        policy=policies(),
        standing=st.lists(arrivals(), min_size=4, max_size=8),
        asked=_some_work,
    )
    def start(self, policy: Shown[Policy], standing: Arrivals, asked: Requests) -> None:
        """One policy, tenants at work, and packets that come in after every step."""
        self.world = self.make_world(policy.value)
        self.standing = standing
        self._ask(asked)

    @rule(asked=_some_work)
    def program(self, asked: Requests) -> None:
        """Tenants make the switch forward packets."""
        self._ask(asked)

    @rule(asked=st.lists(st.tuples(_tenants, requests()), min_size=2, max_size=6))
    def attack(self, asked: Requests) -> None:
        """Tenants ask for anything at all."""
        self._ask(asked)

    @rule(more=st.lists(arrivals(), min_size=1, max_size=4))
    def arrive(self, more: Arrivals) -> None:
        """Other packets come in."""
        self._arrive(more)

    @rule(
        number=st.sampled_from(PORTS),
        name=st.sampled_from(PORT_NAMES),
        config=st.none() | st.sampled_from((0, of.OFPPC_PORT_DOWN)),
    )
    def change_port(self, number: int, name: str, config: int | None) -> None:
        """A port goes (no configuration), or it comes, goes up or down, or is renamed. Names are
        unique on a datapath."""
        others = [each.name for at, each in self.world.switch.ports.items() if at != number]
        if config is None:
            self.world.remove_port(number)
        elif name not in others:
            self.world.set_port(replace(port(number, name), config=config))

    @rule(seconds=st.sampled_from((5.0, 31.0)), flushed=st.booleans())
    def wait(self, seconds: float, flushed: bool) -> None:
        """Time passes: flows expire, the switch is read back. Perhaps somebody has deleted
        everything on it."""
        if flushed:
            self.world.flush()
        self.world.wait(seconds)

    @rule(other=st.none() | policies())
    def restart(self, other: Shown[Policy] | None) -> None:
        """The slicer restarts, perhaps with another policy."""
        self.world.restart(other.value if other else self.world.network.policy)

    @invariant()
    def holds(self) -> None:
        """The theorem, for the packets that come in always."""
        if hasattr(self, "world"):
            self._arrive(self.standing)
            self.world.after_step()

    def _ask(self, asked: Requests) -> None:
        for who, request in asked:
            tenants = self.world.network.tenants
            if tenants:
                self.world.request(tenants[who % len(tenants)], request.value)

    def _arrive(self, arriving: Arrivals) -> None:
        for arrival in arriving:
            self.world.arrive(*arrival.value)


class SafetyMachine(_Machine):
    """The theorem as a machine. Tenants say everything that OpenFlow has."""

    make_world = World

    @rule(asked=st.lists(st.tuples(_tenants, anything()), min_size=2, max_size=6))
    def say(self, asked: Requests) -> None:
        """Tenants send messages of any kind."""
        self._ask(asked)


class IsolationMachine(_Machine):
    """The theorem, and that tenants lose nothing by it."""

    make_world = MirroredWorld
