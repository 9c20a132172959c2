"""The suite: every attack is named and says what it tries and what must happen."""

import pytest

from controllers.attacks.attack import Attack, Must
from controllers.attacks.suite import SUITE
from controllers.attacks.translated import ERRORS
from controllers.attempts import ATTEMPTS, Due

WANTED = (
    "at every priority",
    "cookies",
    "tables",
    "groups",
    "meters",
    "metadata",
    "rewrite to",
    "group's buckets",
    "action set",
    "packet-out chains",
    "VLAN tags",
    "flood storm",
    "packet-in storm",
    "forge LLDP",
    "roles and generations",
    "xids",
    "quote into",
    "multipart never finished",
    "garbage after a good header",
    "FlowVisor: add any",
    "FlowVisor: delete any",
    "FlowVisor: skip the queue",
    "FlowVisor: drift",
    "a watcher's port",
    "a thousand connections",
    "dribble",
    "reconnect",
    "be deaf",
)
"""Parts of names: what the suite must have, whatever else it has."""


def test_names_are_unique() -> None:
    names = [attack.name for attack in SUITE]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("part", WANTED)
def test_it_has_what_it_must_have(part: str) -> None:
    assert any(part in attack.name for attack in SUITE)


@pytest.mark.parametrize("attack", SUITE, ids=lambda attack: attack.name)
def test_each_says_what_it_tries_and_how_one_sees_what_becomes_of_it(attack: Attack) -> None:
    assert len(attack.tries) > 10
    assert attack.tries.endswith((".", ",", ":")) or attack.tries[0].isupper()
    assert attack.seen


def test_an_attempt_that_must_be_refused_says_by_what() -> None:
    assert ERRORS.keys() == {each.name for each in ATTEMPTS if each.due is Due.ERROR}
    refused = {attack.name for attack in SUITE if attack.must is Must.REFUSE}
    assert ERRORS.keys() <= refused
