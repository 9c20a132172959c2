"""A sliver that owns all of a datapath that speaks only OpenFlow 1.0, and such a switch, told apart
by nothing but what the list has."""

import pytest

from tests.differential import examples_clip, listed_clip
from tests.differential.apart10 import apart
from tests.differential.conversation import Conversation
from tests.differential.converse import converse
from tests.differential.openflow10 import conversations
from tests.differential.play import CLIPPED
from tests.differential.switches import Side
from tests.differential.test_listed import errors_of, shown
from tests.differential.test_openflow10 import SUBSTANCE

pytestmark = [pytest.mark.live, pytest.mark.timeout(7200)]


def test_conversations_are_the_same_with_a_sliver_as_with_a_switch(
    clipped: tuple[Side, Side], capsys: pytest.CaptureFixture[str]
) -> None:
    mixed = conversations | conversations.map(apart)
    converse(clipped, CLIPPED, mixed, SUBSTANCE, capsys)


@pytest.mark.parametrize(
    ("title", "conversation"), examples_clip.EXAMPLES.items(), ids=examples_clip.EXAMPLES
)
def test_every_entry_is_a_difference(
    clipped: tuple[Side, Side], title: str, conversation: Conversation
) -> None:
    held = shown(clipped, CLIPPED, conversation)
    for entry in listed_clip.REFUSED:
        if entry.title == title:
            assert errors_of(CLIPPED, held) == set(map(str, entry.errors))
