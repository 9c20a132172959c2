"""The table of messages has a row for each kind, with the numbers of the specification."""

from ryu.ofproto import ofproto_v1_3 as ofproto

from slicer.openflow.kinds import Kind
from slicer.openflow.v13.table import MULTIPARTS, PLAIN

RYU_NAMES = {
    "AGGREGATE": "AGGREGATE",
    "FLOW_STATS": "FLOW",
    "TABLE_STATS": "TABLE",
    "QUEUE_STATS": "QUEUE",
    "GROUP_STATS": "GROUP",
    "METER_STATS": "METER",
    "EXPERIMENTER_MULTIPART": "EXPERIMENTER",
}


def test_every_kind_but_hello_has_one_row() -> None:
    kinds = [row.cls.kind for row in (*PLAIN, *MULTIPARTS)]
    assert sorted(kinds, key=lambda kind: kind.value) == [
        kind for kind in Kind if kind is not Kind.HELLO
    ]


def test_message_types_are_the_specifications() -> None:
    for row in PLAIN:
        assert getattr(ofproto, f"OFPT_{row.cls.kind.name}") == row.number


def test_multipart_types_are_the_specifications() -> None:
    for row in MULTIPARTS:
        name, _, end = row.cls.kind.name.rpartition("_")
        assert getattr(ofproto, f"OFPMP_{RYU_NAMES.get(name, name)}") == row.multipart
        assert getattr(ofproto, f"OFPT_MULTIPART_{end}") == row.number


def test_lists_may_come_in_parts() -> None:
    in_parts = {row.cls.__name__ for row in MULTIPARTS if row.in_parts}
    assert "FlowStatsReply" in in_parts
    assert "TableFeaturesRequest" in in_parts
    assert "DescReply" not in in_parts
    assert "FlowStatsRequest" not in in_parts
