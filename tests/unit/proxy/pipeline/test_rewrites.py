"""Rewrites of OpenFlow 1.0: asked for in registers, and read back."""

import pytest

from slicer.openflow import actions as a
from slicer.openflow.actions import Action, RegLoad, RegMove
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.oxm import Match, header_of
from slicer.proxy.pipeline import layout, rewrites
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.stage_flow import TO_EMIT

REWRITES: list[Action] = [
    a.StripVlan(),
    a.SetNwSrc(0x0A000001),
    a.SetNwDst(0xFFFFFFFF),
    a.SetNwTos(0xFC),
    a.SetTpSrc(80),
    a.SetTpDst(0xFFFF),
]


@pytest.mark.parametrize("wanted", REWRITES, ids=str)
def test_emit_is_asked_for_a_rewrite_and_it_can_be_read_back(wanted: Action) -> None:
    which, value, question = rewrites.ask(wanted)
    assert isinstance(which, RegLoad)
    assert isinstance(value, RegLoad)
    assert (which.dst, value.dst, question) == (rewrites.OWNER, rewrites.VALUE, TO_EMIT)
    assert rewrites.read(which.value, value.value) == wanted


def test_every_rewrite_has_a_number_of_its_own_which_is_no_tags() -> None:
    numbers = {rewrites.ask(each)[0] for each in REWRITES}
    assert len(numbers) == len(REWRITES)
    for each in numbers:
        assert isinstance(each, RegLoad)
        assert each.value & layout.IS_SPECIAL
        assert each.value & layout.REWRITING == layout.REWRITING


@pytest.mark.parametrize("number", [5, layout.RETURNED | 5, layout.REWRITING | 77])
def test_what_is_no_rewrites_number_is_not_read_as_one(number: int) -> None:
    assert rewrites.read(number, 0) is None


@pytest.mark.parametrize("wanted", [a.SetVlanVid(0), a.SetVlanVid(4095), a.SetVlanPcp(7)], ids=str)
def test_a_vlan_tags_parts_are_written_with_a_tag(wanted: a.SetVlanVid | a.SetVlanPcp) -> None:
    if isinstance(wanted, a.SetVlanVid):
        load = rewrites.set_vlan_vid(wanted)
        assert (load.ofs, load.n_bits) == (0, 13)
        assert load.value >> 12
    else:
        load = rewrites.set_vlan_pcp(wanted)
        assert (load.ofs, load.n_bits) == (12, 4)
        assert load.value & 1
    assert rewrites.read_vlan(load) == wanted


def test_emit_writes_what_the_packet_has_and_nothing_leaves() -> None:
    flows = list(rewrites.flows())
    assert len({(flow.match.canonical(), flow.priority) for flow in flows}) == len(flows) == 19
    for flow in flows:
        (applied,) = flow.instructions
        assert isinstance(applied, ApplyActions)
        (write,) = applied.actions
        assert isinstance(write, a.PopVlan) or (
            isinstance(write, RegMove) and write.src == rewrites.VALUE
        )
        assert flow.table_id == layout.EMIT_TABLE
        assert StageCookie.read(flow.cookie) == StageCookie(Stage.REWRITE)
        owner = flow.match.get(layout.OWNER)
        assert isinstance(owner, int)
        assert owner & layout.IS_SPECIAL


@pytest.mark.parametrize(
    ("wanted", "packets", "field"),
    [
        (a.SetTpDst(1), {"eth_type": 0x86DD, "ip_proto": 17}, "nxm_udp_dst"),
        (a.SetTpSrc(1), {"eth_type": 0x0800, "ip_proto": 1}, "nxm_icmpv4_type"),
        (a.SetNwTos(4), {"eth_type": 0x86DD}, "ip_dscp"),
    ],
    ids=str,
)
def test_a_field_is_written_where_it_is(
    wanted: Action, packets: dict[str, int], field: str
) -> None:
    which = rewrites.ask(wanted)[0]
    assert isinstance(which, RegLoad)
    wide = Match.of(**packets, **{layout.OWNER: which.value})
    (flow,) = (flow for flow in rewrites.flows() if set(wide.oxms) <= set(flow.match.oxms))
    (applied,) = flow.instructions
    assert isinstance(applied, ApplyActions)
    (write,) = applied.actions
    assert isinstance(write, RegMove)
    assert write.dst == header_of(field)
