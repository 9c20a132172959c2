"""The table of messages: its numbers are those that Ryu has for OpenFlow 1.0."""

from ryu.ofproto import ofproto_v1_0 as ofproto

from slicer.openflow.kinds import Kind
from slicer.openflow.v10.table import PLAIN, STATISTICS, STATS, VERSION

RYU_NAMES = {
    Kind.EXPERIMENTER: "OFPT_VENDOR",
    Kind.DESC_REQUEST: "OFPST_DESC",
    Kind.FLOW_STATS_REQUEST: "OFPST_FLOW",
    Kind.AGGREGATE_REQUEST: "OFPST_AGGREGATE",
    Kind.TABLE_STATS_REQUEST: "OFPST_TABLE",
    Kind.PORT_STATS_REQUEST: "OFPST_PORT",
    Kind.QUEUE_STATS_REQUEST: "OFPST_QUEUE",
    Kind.EXPERIMENTER_MULTIPART_REQUEST: "OFPST_VENDOR",
}


def test_a_messages_type() -> None:
    for row in PLAIN:
        name = RYU_NAMES.get(row.cls.kind, f"OFPT_{row.cls.kind.name}")
        assert getattr(ofproto, name) == row.number
    assert STATISTICS[1:3] == (ofproto.OFPT_STATS_REQUEST, ofproto.OFPT_STATS_REPLY)
    assert ofproto.OFP_VERSION == VERSION


def test_a_statistics_type() -> None:
    requests = {row.cls.kind: row for row in STATS if row.number == STATISTICS.request}
    for kind, name in RYU_NAMES.items():
        if name.startswith("OFPST_"):
            assert requests[kind].multipart == getattr(ofproto, name)
    replies = {row.multipart: row.cls.kind.name for row in STATS if row.number == STATISTICS.reply}
    assert replies == {
        row.multipart: kind.name.replace("REQUEST", "REPLY") for kind, row in requests.items()
    }


def test_types_are_there_once() -> None:
    assert len({row.number for row in PLAIN}) == len(PLAIN)
    assert len({(row.number, row.multipart) for row in STATS}) == len(STATS)


def test_what_comes_in_parts() -> None:
    in_parts = {row.cls.kind.name for row in STATS if row.in_parts}
    assert in_parts == {
        *("FLOW_STATS_REPLY", "TABLE_STATS_REPLY", "PORT_STATS_REPLY", "QUEUE_STATS_REPLY"),
        *("PORT_DESC_REPLY", "EXPERIMENTER_MULTIPART_REQUEST", "EXPERIMENTER_MULTIPART_REPLY"),
    }
