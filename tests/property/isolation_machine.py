"""IsolationMachine: random policies, hostile tenants and packets, step by step.

What must hold is in `isolation_world.py`; here is what may happen. Invariant: after every step
packets have come in, and every tenant has read its flows.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from slicer.openflow import constants as of
from slicer.policy import Policy
from tests.fakes.network import port
from tests.property.isolation_values import (
    PORT_NAMES,
    PORTS,
    Arrival,
    Shown,
    arrivals,
    policies,
    requests,
)
from tests.property.isolation_world import World

Arrivals = list[Shown[Arrival]]
Requests = list[tuple[int, Shown[bytes]]]


class IsolationMachine(RuleBasedStateMachine):
    """The theorem as a machine."""

    world: World
    standing: Arrivals

    @initialize(policy=policies(), standing=st.lists(arrivals(), min_size=2, max_size=6))
    def start(self, policy: Shown[Policy], standing: Arrivals) -> None:
        """One policy, and packets that come in after every step."""
        self.world = World(policy.value)
        self.standing = standing

    @rule(
        asked=st.lists(st.tuples(st.integers(0, 3), requests()), min_size=1, max_size=4),
        more=st.lists(arrivals(), max_size=2),
    )
    def ask(self, asked: Requests, more: Arrivals) -> None:
        """Tenants ask for things, one after the other."""
        for who, request in asked:
            tenants = self.world.network.tenants
            if tenants:
                self.world.request(tenants[who % len(tenants)], request.value)
        self._arrive(more)

    @rule(more=st.lists(arrivals(), min_size=1, max_size=4))
    def arrive(self, more: Arrivals) -> None:
        """Other packets come in."""
        self._arrive(more)

    @rule(number=st.sampled_from(PORTS))
    def remove_port(self, number: int) -> None:
        """A port goes."""
        self.world.remove_port(number)

    @rule(
        number=st.sampled_from(PORTS),
        name=st.sampled_from(PORT_NAMES),
        config=st.sampled_from((0, 0, of.OFPPC_PORT_DOWN)),
    )
    def set_port(self, number: int, name: str, config: int) -> None:
        """A port comes, goes up or down, or is renamed. Names are unique on a datapath."""
        others = [each.name for at, each in self.world.switch.ports.items() if at != number]
        if name not in others:
            changed = port(number, name)
            self.world.set_port(type(changed)(number, changed.hw_addr, name, config))

    @rule(seconds=st.sampled_from((1.0, 5.0, 31.0)))
    def wait(self, seconds: float) -> None:
        """Time passes: flows expire, the switch is read back."""
        self.world.wait(seconds)

    @rule(other=st.none() | policies())
    def restart(self, other: Shown[Policy] | None) -> None:
        """The slicer restarts, perhaps with another policy."""
        self.world.restart(other.value if other else self.world.network.policy)

    @rule()
    def flush(self) -> None:
        """Somebody deletes everything on the switch."""
        self.world.flush()

    @invariant()
    def holds(self) -> None:
        """The theorem, for the packets that come in always."""
        if hasattr(self, "world"):
            self._arrive(self.standing)
            self.world.compare_flows()

    def _arrive(self, arriving: Arrivals) -> None:
        for arrival in arriving:
            self.world.arrive(*arrival.value)
