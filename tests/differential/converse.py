"""Converse: hold generated conversations of one version with both switches.

    scripts/test tests/differential -k conversations --hypothesis-profile=thorough

holds 10,000 of each version, and says how far it is and what they amounted to. Invariant: a
conversation with a difference that is not listed fails the test, with its transcript.
"""

import time
from collections.abc import Mapping

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.strategies import SearchStrategy

from tests.differential.compare import hold, transcript
from tests.differential.conversation import Conversation
from tests.differential.play import Version
from tests.differential.switches import Side
from tests.differential.tally import Tally

LEAST = 300
"""So many conversations, unless the hypothesis profile wants more."""
_STEP = 500
"""After so many conversations it is said how far we are."""


def converse(
    sides: tuple[Side, Side],
    version: Version,
    conversations: SearchStrategy[Conversation],
    substance: Mapping[str, float],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`substance` is in what part of the conversations there has to be some of what a tally
    counts: else they test nothing."""
    assert settings.default is not None
    count = max(LEAST, settings.default.max_examples)
    tally = Tally()
    start = time.monotonic()

    @settings(max_examples=count, suppress_health_check=list(HealthCheck))
    @given(conversations)
    def one(conversation: Conversation) -> None:
        held = hold(*sides, version, conversation)
        tally.add(version.dialect, held)
        assert not held.differences, "\n" + transcript(version.dialect, held)
        if tally.conversations % _STEP == 0:
            speed = tally.conversations / (time.monotonic() - start)
            with capsys.disabled():
                print(f"\n{tally.conversations} of {count} conversations, {speed:.0f} a second")

    one()
    print(f"\n{tally}")
    parts = {name: tally.having[name] / tally.conversations for name in substance}
    assert all(parts[name] > least for name, least in substance.items()), parts
