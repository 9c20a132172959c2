"""Hostile connections: they are held within bounds, and the victim's controller notices nothing."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from controllers.attacks import connections, messages
from controllers.attacks.attack import Attack
from tests.live.beside import FIELD, scene
from tests.live.lab import Lab

ATTACKS = (*connections.ATTACKS, *messages.ATTACKS)
MOST_GROWTH = 32 << 20


@pytest.mark.timeout(120)
def test_the_victim_goes_on_beside_them(lab: Lab) -> None:
    limits = "outbox_bytes: 1048576"
    with scene(lab, limits) as where, ThreadPoolExecutor(1) as pool:
        before = most = where.memory

        def beside(attack: Attack) -> str | None:
            """What was not as it must be."""
            nonlocal most
            under_way = pool.submit(attack.run, FIELD)
            while not under_way.done():
                where.feel(0.1)
                most = max(most, where.memory)
            where.unharmed()
            wrong = under_way.exception()
            return None if wrong is None else f"{attack.name}: {wrong!r}"

        assert [found for attack in ATTACKS if (found := beside(attack))] == []
        assert most - before < MOST_GROWTH
