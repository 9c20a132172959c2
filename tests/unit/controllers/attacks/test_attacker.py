"""The attacker: what it reports of an attack, and what is made where when all is made at once."""

from typing import Any

import pytest

import controllers.attacks.__main__ as attacker
from controllers.attacks.attack import Attack, Field, Must, Unexpected, expect
from controllers.attacks.connections import ATTACKS as OF_CONNECTIONS
from controllers.attacks.session import Closed
from controllers.attacks.suite import SUITE

FIELD = Field("127.0.0.1", (7100, 7101, 7102), 6633, 100)


def raising(error: Exception | None) -> Attack:
    """An attack that ends so."""

    def run(field: Field) -> None:
        """Try something."""
        if error is not None:
            raise error

    return Attack("something", Must.REFUSE, "an error", run)


@pytest.mark.parametrize(
    ("error", "unexpected"),
    [
        (None, None),
        (Unexpected("found X"), "Unexpected: found X"),
        (TimeoutError("late"), "TimeoutError: late"),
        (ConnectionRefusedError("no"), "ConnectionRefusedError: no"),
        (Closed(), "the slicer has closed the connection"),
    ],
)
def test_an_outcome_says_what_happened_else_than_what_must(
    error: Exception | None, unexpected: str | None
) -> None:
    (outcome,) = attacker.in_turn(FIELD, [raising(error)])
    assert (outcome.name, outcome.tries) == ("something", "Try something.")
    assert (outcome.must, outcome.unexpected) == ("refused", unexpected)
    assert outcome.began <= outcome.ended


def test_side_by_side_those_that_take_all_connections_keep_to_one_sliver(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: set[tuple[str, tuple[int, ...]]] = set()

    def attempt(attack: Attack, field: Field) -> Any:
        made.add((attack.name, field.slivers))
        return attack

    monkeypatch.setattr(attacker, "attempt", attempt)
    assert list(attacker.at_once(FIELD, 0.3))
    hogs = {attack.name for attack in OF_CONNECTIONS}
    assert {name for name, slivers in made if slivers == (7102,)} <= hogs
    assert {slivers for name, slivers in made if name not in hogs} == {(7100, 7101)}
    assert {name for name, _ in made} <= {attack.name for attack in SUITE}


def test_what_does_not_hold_is_unexpected() -> None:
    expect(True, "nothing")
    with pytest.raises(Unexpected, match="three flows"):
        expect(False, "three flows")
