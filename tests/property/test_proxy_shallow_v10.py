"""The shallow way of OpenFlow 1.0's hot messages gives what the deep way gives."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow.errors import EncodeError, MalformedError
from slicer.openflow.messages import FlowMod, PacketOut
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import translate
from slicer.proxy.pipeline.shallow_v10 import TranslationsV10
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.refusal import Refusal
from tests.property.openflow_v10_messages import MESSAGES

TERMS = Terms(5, GroupIds())


@given(MESSAGES[FlowMod], st.booleans())
def test_a_flow_mod(asked: FlowMod, warm: bool) -> None:
    frame = V10.encode(asked)
    translations = TranslationsV10()
    try:
        read = V10.decode(frame)
        assert isinstance(read, FlowMod)
        deep = V13.encode(translate.flow_mod(TERMS, read))
    except (Refusal, MalformedError, EncodeError):
        deep = b""
    found = None
    for _ in range(2 if warm else 1):
        try:
            found = translations.flow_mod(TERMS, frame)
        except (Refusal, MalformedError, EncodeError):
            found = None
    if found is not None:
        assert found == deep


@given(MESSAGES[FlowMod], MESSAGES[FlowMod])
def test_a_flow_mod_like_one_before(asked: FlowMod, other: FlowMod) -> None:
    alike = replace(
        asked,
        xid=other.xid,
        cookie=other.cookie,
        idle_timeout=other.idle_timeout,
        hard_timeout=other.hard_timeout,
        buffer_id=other.buffer_id,
    )
    translations = TranslationsV10()
    try:
        for _ in range(2):
            translations.flow_mod(TERMS, V10.encode(asked))
        frame = V10.encode(alike)
        read = V10.decode(frame)
        assert isinstance(read, FlowMod)
        deep = V13.encode(translate.flow_mod(TERMS, read))
    except (Refusal, MalformedError, EncodeError):
        assume(False)
    kept = translations.kept_flow_mod(TERMS.tag, frame)
    assert kept in (None, deep)


def test_an_add_is_kept_when_it_comes_again() -> None:
    translations = TranslationsV10()
    frame = V10.encode(FlowMod(1, priority=7, match=Match.of(in_port=1)))
    assert translations.flow_mod(TERMS, frame) is not None
    made = translations.flow_mod(TERMS, frame)
    assert translations.kept_flow_mod(TERMS.tag, frame) == made is not None
    assert translations.kept_flow_mod(TERMS.tag + 1, frame) is None


@given(MESSAGES[PacketOut])
def test_a_packet_out(asked: PacketOut) -> None:
    frame = V10.encode(asked)
    try:
        deep = V13.encode(translate.packet_out(TERMS, asked))
        found = TranslationsV10().packet_outs.made(TERMS, frame)
    except (Refusal, MalformedError):
        assume(False)
    assert found is not None
    in_port, _, data, translated = found
    assert (in_port, data, translated) == (asked.in_port, asked.data, deep)


def test_the_usual_takes_the_shallow_way() -> None:
    for command in (of.OFPFC_ADD, of.OFPFC_MODIFY, of.OFPFC_DELETE_STRICT):
        frame = V10.encode(FlowMod(1, command=command, upsert=command == of.OFPFC_MODIFY))
        assert TranslationsV10().flow_mod(TERMS, frame) is not None
