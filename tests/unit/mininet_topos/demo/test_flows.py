"""Flows: whose a flow is, from what `ovs-ofctl` prints."""

import pytest

from mininet_topos.demo.flows import admitted, lines, of_slice, tags
from mininet_topos.demo.progress import DemoError

VIDEO_ADMIT = (
    "cookie=0x51ce010000010000, n_packets=7, priority=100,tcp,tp_dst=9999 "
    "actions=load:0x1->NXM_NX_REG0[],resubmit(,253),note:76.69.64.65.6f.00,goto_table:1"
)
VIDEO_ANSWER = VIDEO_ADMIT.replace("tp_dst", "tp_src").replace("=7,", "=5,")
OFFICE_ADMIT = (
    "cookie=0x51ce010000020000, n_packets=3, priority=1 "
    "actions=load:0x12->NXM_NX_REG0[],resubmit(,253),note:6f.66.66.69.63.65,goto_table:1"
)
NOBODYS = "cookie=0x51ce020000000000, n_packets=9, priority=0 actions=drop"
VIDEO_FLOW = "table=1, priority=5,reg0=0x1,in_port=1 actions=load:0x12->NXM_NX_REG2[]"
VIDEO_MISS = "table=1, priority=0,reg0=0x1 actions=controller(reason=no_match)"
OFFICE_FLOW = "table=1, priority=5,ip,reg0=0x12,nw_dst=10.0.0.1 actions=drop"
ALL = (VIDEO_ADMIT, VIDEO_ANSWER, OFFICE_ADMIT, NOBODYS, VIDEO_FLOW, VIDEO_MISS, OFFICE_FLOW)


def test_only_flows_and_groups_are_lines() -> None:
    printed = (
        f"OFPST_FLOW reply (OF1.3) (xid=0x2):\n {NOBODYS}\n"
        "OFPST_GROUP_DESC reply (OF1.3) (xid=0x2):\n group_id=7,type=all,bucket=actions=drop\n"
    )
    assert lines(printed) == {NOBODYS, "group_id=7,type=all,bucket=actions=drop"}


def test_tags_are_read_from_what_admits() -> None:
    assert tags(ALL) == {"video": 0x1, "office": 0x12}


def test_a_slices_flows_are_those_that_match_on_its_tag() -> None:
    assert of_slice(ALL, "video") == {VIDEO_FLOW, VIDEO_MISS}
    assert of_slice(ALL, "office") == {OFFICE_FLOW}


def test_a_slice_that_nothing_admits_to_is_an_error() -> None:
    with pytest.raises(DemoError, match="found no flow that admits packets to slice video"):
        of_slice((OFFICE_ADMIT, VIDEO_FLOW), "video")


def test_a_slices_packets_are_those_of_all_its_admit_flows() -> None:
    assert admitted(ALL) == {"video": 12, "office": 3}
