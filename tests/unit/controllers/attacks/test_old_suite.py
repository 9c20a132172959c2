"""The suite in OpenFlow 1.0: every attack is named and says what it tries and what must happen."""

import pytest

from controllers.attacks.attack import Attack
from controllers.attacks.old_suite import OLD_SUITE, forged

WANTED = (
    "FlowVisor: add any",
    "FlowVisor: delete any",
    "FlowVisor: skip the queue",
    "buffers",
    "cookies",
    "rewrite to",
    "forge the victim",
    "fill the table",
    "vendor",
    "flood storm",
    "packet-in storm",
    "port-mod storm",
    "forge LLDP",
)
"""Parts of names: what the suite must have, whatever else it has."""


def test_names_are_unique() -> None:
    names = [attack.name for attack in OLD_SUITE]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("part", WANTED)
def test_it_has_what_it_must_have(part: str) -> None:
    assert any(part in attack.name for attack in OLD_SUITE)


@pytest.mark.parametrize("attack", OLD_SUITE, ids=lambda attack: attack.name)
def test_each_says_what_it_tries_and_how_one_sees_what_becomes_of_it(attack: Attack) -> None:
    assert len(attack.tries) > 10
    assert attack.seen


def test_what_is_forged_is_a_tcp_packet_to_a_port() -> None:
    data = forged(9999)
    assert data[12:14] == b"\x08\x00"
    assert int.from_bytes(data[36:38], "big") == 9999
