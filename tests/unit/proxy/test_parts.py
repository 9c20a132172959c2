"""Parts: long lists come in several replies that each fit a frame."""

import pytest

from slicer.openflow.multipart import PortDescReply, PortStats, PortStatsReply
from slicer.openflow.v13 import V13
from slicer.proxy.parts import in_parts
from tests.unit.proxy.parts import port

STATS = PortStats(1, *[0] * 14)


@pytest.mark.parametrize(
    ("size", "parts"), [(0, 1), (1, 1), (1023, 1), (1024, 2), (2046, 2), (2047, 3)]
)
def test_ports(size: int, parts: int) -> None:
    entries = tuple(port(number) for number in range(size))
    replies = in_parts(PortDescReply(7, entries))
    assert [part.more for part in replies] == [True] * (parts - 1) + [False]
    assert tuple(each for part in replies for each in part.entries) == entries
    assert all(part.xid == 7 and V13.encode(part) for part in replies)


@pytest.mark.parametrize(("size", "parts"), [(0, 1), (584, 1), (586, 2), (1169, 3), (1170, 3)])
def test_port_statistics(size: int, parts: int) -> None:
    replies = in_parts(PortStatsReply(7, (STATS,) * size))
    assert len(replies) == parts
    assert sum(len(part.entries) for part in replies) == size
    assert all(V13.encode(part) for part in replies)
