"""Hostility: records are read whole, and switches compared but for office's flows."""

import pytest

from mininet_topos.demo.facts import Change, Forged, Message, Stream
from mininet_topos.demo.hostility import compare, read_stream, read_witness
from mininet_topos.demo.progress import DemoError
from tests.unit.mininet_topos.demo.test_flows import ALL, OFFICE_FLOW, VIDEO_FLOW

RECORD = """\
{"connected": true}
{"sent": 1.0, "back": 1.5}
{"sent": 1.1, "back": null}
{"broken": null}
"""


def test_a_streams_record_is_read() -> None:
    assert read_stream(RECORD) == Stream((Message(1.0, 1.5), Message(1.1, None)), None)


def test_a_record_without_an_end_is_an_error() -> None:
    with pytest.raises(DemoError, match="expected a record with an end"):
        read_stream(RECORD.replace('{"broken": null}', "Traceback"))


def test_a_witness_is_read() -> None:
    log = 'watching\n{"at": 1.5, "source": "a:1", "target": "b:9999"}\n'
    assert read_witness("h3", log) == [Forged("h3", 1.5, "a:1", "b:9999")]


def test_offices_own_flows_may_change() -> None:
    without = set(ALL) - {OFFICE_FLOW}
    assert compare(ALL, without) == Change(frozenset(), frozenset())


def test_no_other_may() -> None:
    changed = VIDEO_FLOW.replace("priority=5", "priority=6")
    after = [changed if flow == VIDEO_FLOW else flow for flow in ALL]
    assert compare(ALL, after) == Change(frozenset({changed}), frozenset({VIDEO_FLOW}))
