"""The shallow way of the hot messages gives what the deep way gives, for whatever is generated."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.openflow.actions import DecNwTtl, Output, PopVlan, PushVlan
from slicer.openflow.errors import MalformedError
from slicer.openflow.header import with_xid
from slicer.openflow.instructions import (
    ApplyActions,
    GotoTable,
    WriteActions,
    WriteMetadata,
)
from slicer.openflow.messages import FlowMod, PacketIn, PacketOut
from slicer.openflow.oxm import Match
from slicer.openflow.v13 import V13
from slicer.proxy.pipeline import layout, restore, translate
from slicer.proxy.pipeline.kept import KEPT
from slicer.proxy.pipeline.shallow import Translations
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.refusal import Refusal
from tests.property.openflow_messages import MESSAGES

TERMS = Terms(5, GroupIds(), packet_in_meter=0x3_0005)

ports = st.integers(0, 0xFEFF) | st.sampled_from(
    [of.OFPP_FLOOD, of.OFPP_ALL, of.OFPP_IN_PORT, of.OFPP_LOCAL, of.OFPP_CONTROLLER]
)
actions = st.lists(
    st.builds(Output, ports, st.integers(0, 0xFFFF))
    | st.sampled_from([DecNwTtl(), PopVlan(), PushVlan(0x8100)]),
    max_size=4,
).map(tuple)
instructions = st.lists(
    st.builds(ApplyActions, actions)
    | st.builds(WriteActions, actions)
    | st.builds(GotoTable, st.integers(0, 250))
    | st.builds(WriteMetadata, st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1)),
    max_size=3,
).map(tuple)
flow_mods = st.builds(
    lambda drawn, table, priority, each: replace(
        drawn, table_id=table, priority=priority, instructions=each
    ),
    MESSAGES[FlowMod],
    st.integers(0, 252) | st.just(of.OFPTT_ALL),
    st.sampled_from([0, 1, 0xFFFF]),
    instructions,
)
packet_outs = st.builds(
    lambda drawn, each: replace(drawn, actions=each), MESSAGES[PacketOut], actions
)


@given(flow_mods, st.booleans())
def test_a_flow_mod(asked: FlowMod, warm: bool) -> None:
    frame = V13.encode(asked)
    translations = Translations()
    try:
        deep = V13.encode(translate.flow_mod(TERMS, asked))
    except Refusal:
        deep = b""
    for _ in range(2 if warm else 1):
        try:
            found = translations.flow_mod(TERMS, frame)
        except (Refusal, MalformedError):
            found = None
    if found is not None:
        assert found == deep


@given(flow_mods, MESSAGES[FlowMod], st.sampled_from([0, 1, 0xFFFF]))
def test_a_flow_mod_like_one_before(asked: FlowMod, other: FlowMod, priority: int) -> None:
    alike = replace(
        asked,
        xid=other.xid,
        cookie=other.cookie,
        cookie_mask=other.cookie_mask,
        idle_timeout=other.idle_timeout,
        hard_timeout=other.hard_timeout,
        buffer_id=other.buffer_id,
        priority=priority,
    )
    translations = Translations()
    try:
        for _ in range(2):
            found = translations.flow_mod(TERMS, V13.encode(asked))
        deep = V13.encode(translate.flow_mod(TERMS, alike))
    except (Refusal, MalformedError):
        assume(False)
    kept = translations.kept_flow_mod(TERMS.tag, V13.encode(alike))
    assert kept is None if found is None or not asked.match.oxms else kept == deep
    assert translations.kept_flow_mod(TERMS.tag + 1, V13.encode(alike)) is None


@given(packet_outs)
def test_a_packet_out(asked: PacketOut) -> None:
    frame = V13.encode(asked)
    translations = Translations()
    assert translations.packet_outs.kept(TERMS.tag, frame) is None
    try:
        deep = V13.encode(translate.packet_out(TERMS, asked))
        found = translations.packet_outs.made(TERMS, frame)
    except (Refusal, MalformedError):
        assume(False)
    assert found is not None
    in_port, _, data, translated = found
    assert (in_port, data, translated) == (asked.in_port, asked.data, deep)
    outputs_to_normal = any(
        isinstance(each, Output) and each.port == of.OFPP_NORMAL for each in asked.actions
    )
    kept = translations.packet_outs.kept(TERMS.tag, frame)
    assert kept == (None if outputs_to_normal else found)


requests = st.dictionaries(
    st.sampled_from(["reg2", "reg3"]), st.integers(0, 9) | st.just(0x5_FFFD), max_size=2
)


@given(MESSAGES[PacketIn], st.integers(1, 0x7FFE), requests, st.booleans())
def test_a_packet_in(said: PacketIn, tag: int, requested: dict[str, int], from_admit: bool) -> None:
    registers = Match.of(reg0=tag, **requested)
    tagged = replace(said, match=Match((*said.match.oxms, *registers.oxms)))
    if from_admit:
        tagged = replace(tagged, table_id=0)
    expected_tag = restore.tag_of(tagged.match)
    deep = V13.encode(restore.packet_in(tagged))
    translations = Translations()
    for _ in range(2):
        found = translations.packet_in(V13.encode(tagged))
        assert found is not None
        in_port = tagged.match.get("in_port")
        number = in_port if isinstance(in_port, int) else of.OFPP_ANY
        is_table_miss = tagged.table_id == layout.EMIT_TABLE
        assert found == (expected_tag, number, tagged.reason, with_xid(deep, 0), is_table_miss)


def test_a_packet_in_without_a_tag_is_nobodys() -> None:
    said = PacketIn(0, of.OFP_NO_BUFFER, 0, 0, 1, 0, Match.of(in_port=1), b"")
    assert Translations().packet_in(V13.encode(said)) is None


def test_what_a_filter_or_a_table_asks_goes_the_deep_way() -> None:
    plain = FlowMod(1, command=of.OFPFC_DELETE, table_id=of.OFPTT_ALL)
    assert Translations().flow_mod(TERMS, V13.encode(plain)) is not None
    assert Translations().flow_mod(TERMS, V13.encode(replace(plain, out_port=1))) is None
    assert Translations().flow_mod(TERMS, V13.encode(replace(plain, table_id=251))) is None
    added = replace(plain, command=of.OFPFC_ADD)
    assert Translations().flow_mod(TERMS, V13.encode(added)) is None


def test_a_register_in_a_match_goes_the_deep_way() -> None:
    asked = FlowMod(1, match=Match.of(in_port=1, reg0=1))
    assert Translations().flow_mod(TERMS, V13.encode(asked)) is None


def test_one_tenants_translation_is_not_anothers() -> None:
    frame = V13.encode(FlowMod(1, instructions=(ApplyActions((Output(2),)),)))
    translations = Translations()
    one = translations.flow_mod(Terms(5, GroupIds()), frame)
    other = translations.flow_mod(Terms(6, GroupIds()), frame)
    assert one is not None
    assert other is not None
    assert one != other


def test_what_is_kept_is_bounded() -> None:
    translations = Translations()
    for port in range(KEPT + 10):
        message = FlowMod(1, instructions=(ApplyActions((Output(port % 60000, port // 60000),)),))
        translations.flow_mod(TERMS, V13.encode(message))
    kept = translations._instructions
    assert 0 < len(kept) <= KEPT
