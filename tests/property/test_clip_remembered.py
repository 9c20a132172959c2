"""Remembered is computed: what tenants and the switch hear of the same requests and packets does
not depend on what clip remembers.

Each request and packet comes several times, with others and changes of ports between, so that what
is remembered is used, and is used after things have changed; and several times in one read, so that
it is used in runs. The piece numbers are compared too.
"""

from __future__ import annotations

import logging
from contextlib import nullcontext
from dataclasses import replace
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow import messages as m
from slicer.openflow.messages import Message
from slicer.openflow.v10 import V10
from slicer.policy import Policy
from slicer.proxy.clip.remembered import FlowMods, PacketsIn, PacketsOut
from tests.fakes.network import port
from tests.property.clip_requests import as_sent, requests
from tests.property.clip_world import ClipWorld
from tests.property.isolation_headers import PORTS, Arrival, Shown, arrivals, policies

Change = tuple[int, int | None]
"""A port that goes, or is there with a configuration."""
Step = int | Change
_changes = st.tuples(st.sampled_from(PORTS), st.none() | st.sampled_from((0, of.OFPPC_PORT_DOWN)))
_steps = st.lists(st.integers(0, 15) | st.integers(0, 15) | _changes, min_size=5, max_size=40)


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


@settings(suppress_health_check=list(HealthCheck), max_examples=settings().max_examples // 2)
@given(
    policies(),
    st.lists(st.tuples(st.integers(0, 3), requests()), min_size=1, max_size=3),
    st.lists(arrivals(), min_size=1, max_size=4),
    _steps,
)
def test_what_is_heard_is_the_same(
    policy: Shown[Policy],
    asked: list[tuple[int, Message]],
    arriving: list[Shown[Arrival]],
    steps: list[Step],
) -> None:
    def told(forgets: bool) -> list[object]:
        def nothing(*_: object) -> None:
            return None

        with (
            patch.object(PacketsIn, "read", nothing) if forgets else nullcontext(),
            patch.object(PacketsOut, "translate", nothing) if forgets else nullcontext(),
            patch.object(FlowMods, "again", nothing) if forgets else nullcontext(),
        ):
            return _run(ClipWorld(policy.value), asked, arriving, steps)

    assert told(forgets=False) == told(forgets=True)


def _times(step: int) -> int:
    """How often it is said in one read."""
    return 1 if step < 8 else 3


def _run(
    world: ClipWorld,
    asked: list[tuple[int, Message]],
    arriving: list[Shown[Arrival]],
    steps: list[Step],
) -> list[object]:
    told: list[object] = []
    network, switch = world.network, world.switch
    for step in steps:
        if isinstance(step, tuple):
            number, config = step
            if config is not None:
                switch.set_port(replace(port(number), config=config))
            elif number in switch.ports:
                switch.remove_port(number)
            network.run()
        elif step % 3 and network.tenants:
            who, request = asked[step % len(asked)]
            tenant = network.tenants[who % len(network.tenants)]
            switch.results.clear()
            said = [as_sent(request)] * _times(step)
            told.append(network.say(tenant, *said, m.BarrierRequest(1)))
            told.append([each.outputs for each in switch.results])
        else:
            number, packet = arriving[step % len(arriving)].value
            if number in switch.ports:
                told += [switch.inject(number, packet).outputs for _ in range(_times(step))]
                network.run()
        told.append([[V10.encode(each) for each in t.take_heard()] for t in network.tenants])
    told.append({key: flow.meaning for key, flow in switch.tables.flows.items()})
    told.append(sorted(flow.cookie for flow in switch.tables.flows.values()))
    return told
