"""Packet-ins by the second."""

from slicer.proxy.clip.packet_ins import PacketIns


def test_without_a_limit_all_pass() -> None:
    counted = PacketIns()
    assert all(counted.take("red") for _ in range(1000))


def test_a_slice_takes_its_limit_each_second() -> None:
    counted = PacketIns()
    counted.limits = {"red": 2}
    assert [counted.take("red") for _ in range(4)] == [True, True, False, False]
    assert counted.take("blue")
    counted.begin()
    assert counted.take("red")
