from pathlib import Path

from slicer.policy import give, take
from tests.unit.policy.policies import policy


def test_what_was_given_is_taken_once_and_by_its_path() -> None:
    path, given = Path("p.yaml"), policy()
    give(path, given)
    assert take(Path("q.yaml")) is None
    assert take(path) is given
    assert take(path) is None


def test_what_is_given_later_comes_instead() -> None:
    path, second = Path("p.yaml"), policy()
    give(path, policy())
    give(path, second)
    assert take(path) is second
