"""Properties of the codec of OpenFlow 1.0, alone and together with that of 1.3."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slicer.openflow import actions as a
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import FlowMod, Message
from slicer.openflow.oxm import Match
from slicer.openflow.oxm_rules import check_match
from slicer.openflow.v10 import V10
from slicer.openflow.v10.match import MATCH_SIZE, decode_match, encode_match
from slicer.openflow.v10.table import PLAIN, STATS
from slicer.openflow.v13 import V13
from tests.property.openflow_messages import MESSAGES as MESSAGES_OF_1_3
from tests.property.openflow_messages import matches as matches_of_1_3
from tests.property.openflow_v10_messages import MESSAGES, flow_mods, matches


def test_there_is_a_strategy_for_every_row() -> None:
    assert set(MESSAGES) == {row.cls for row in (*PLAIN, *STATS)} | {
        cls for cls in MESSAGES if cls.__name__ == "Hello"
    }


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
@given(st.data())
def test_decoding_gives_what_was_encoded(cls: type[Message], data: st.DataObject) -> None:
    message = data.draw(MESSAGES[cls])
    frame = V10.encode(message)
    assert V10.kind(frame) is message.kind
    assert V10.decode(frame) == message


@pytest.mark.parametrize("cls", MESSAGES_OF_1_3, ids=lambda cls: cls.__name__)
@settings(max_examples=30)
@given(st.data())
def test_any_message_is_written_or_refused(cls: type[Message], data: st.DataObject) -> None:
    message = data.draw(MESSAGES_OF_1_3[cls])
    try:
        frame = V10.encode(message)
    except EncodeError:
        return
    assert V10.kind(frame) is message.kind
    V10.decode(frame)


@pytest.mark.parametrize(
    "cls", [cls for cls in MESSAGES_OF_1_3 if cls not in MESSAGES], ids=lambda cls: cls.__name__
)
@settings(max_examples=10)
@given(st.data())
def test_what_only_1_3_has_is_refused(cls: type[Message], data: st.DataObject) -> None:
    with pytest.raises(EncodeError, match=r"is no message of OpenFlow 1\.0"):
        V10.encode(data.draw(MESSAGES_OF_1_3[cls]))


@given(st.binary(min_size=MATCH_SIZE, max_size=MATCH_SIZE))
def test_any_forty_bytes_are_a_match_that_1_3_takes(raw: bytes) -> None:
    try:
        match = decode_match(raw, 0)
    except MalformedError:
        return
    check_match(match)
    assert match == match.canonical()
    assert decode_match(encode_match(match), 0) == match


@given(matches())
def test_a_generated_match_keeps_the_rules(match: Match) -> None:
    check_match(match)
    assert match == match.canonical()


@given(matches_of_1_3())
def test_a_match_of_1_3_means_the_same_in_1_0_or_is_refused(match: Match) -> None:
    try:
        raw = encode_match(match)
    except EncodeError:
        return
    assert decode_match(raw, 0) == match.canonical()


ONLY_1_0 = (a.SetVlanVid, a.SetVlanPcp, a.StripVlan, a.SetNwSrc, a.SetNwDst, a.SetNwTos)


@given(flow_mods())
def test_a_flow_mod_of_1_0_can_be_sent_to_a_datapath_of_1_3(message: FlowMod) -> None:
    applied = [action for each in message.instructions for action in each.actions]  # type: ignore[attr-defined]
    if any(isinstance(action, ONLY_1_0) for action in applied):
        with pytest.raises(EncodeError, match=r"is no action of OpenFlow 1\.3"):
            V13.encode(message)
        return
    frame = V13.encode(message)
    assert V13.kind(frame) is (Kind.EXPERIMENTER if message.upsert else Kind.FLOW_MOD)
    if not message.upsert:
        assert V13.decode(frame) == message
