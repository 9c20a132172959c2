"""Play: a network that carries nothing is not measured. The acts are for the live tests."""

from dataclasses import replace

import pytest

from mininet_topos.demo.play import refuse_dead_network
from mininet_topos.demo.progress import DemoError
from tests.unit.mininet_topos.demo.seen import PAIRS, PING, VIDEO


def test_a_network_that_carries_nothing_of_a_kind_is_refused() -> None:
    dead = replace(VIDEO, pairs=dict.fromkeys(PAIRS, False))
    with pytest.raises(DemoError, match="found nobody who reaches anybody by TCP port 9999"):
        refuse_dead_network((PING, dead))


def test_one_that_carries_some_is_for_the_checks_to_judge() -> None:
    poor = replace(VIDEO, pairs={**PAIRS, ("h1", "h2"): False})
    refuse_dead_network((PING, poor))
