"""Properties of the codec: what is encoded is decoded, and nothing else than that."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Message
from slicer.openflow.oxm import Match
from slicer.openflow.oxm_rules import check_match
from slicer.openflow.v13 import V13
from tests.property.openflow_messages import MESSAGES, any_matches, matches


def test_there_is_a_strategy_for_every_kind() -> None:
    assert {cls.kind for cls in MESSAGES} == set(Kind)


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
@given(st.data())
def test_decoding_gives_what_was_encoded(cls: type[Message], data: st.DataObject) -> None:
    message = data.draw(MESSAGES[cls])
    frame = V13.encode(message)
    assert V13.kind(frame) is message.kind
    assert V13.decode(frame) == message


@given(matches())
def test_a_canonical_match_is_its_own_canonical_form(match: Match) -> None:
    assert match.canonical().canonical() == match.canonical()


@given(matches(), st.randoms())
def test_order_does_not_change_what_a_match_means(match: Match, random: st.DataObject) -> None:
    shuffled = list(match.oxms)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert Match(tuple(shuffled)).canonical() == match.canonical()


@given(matches())
def test_a_generated_match_keeps_the_rules(match: Match) -> None:
    check_match(match)


@given(any_matches)
def test_a_match_is_made_of_the_items_it_yields(match: Match) -> None:
    assert [item.name in match for item in match] == [True] * len(match.oxms)
