"""Arranging: the queues that are wanted come to be, once, and nobody else's rows are touched."""

from collections.abc import Mapping
from copy import deepcopy

import pytest

from slicer.isolation.queues import PortQueues, QueueRate
from slicer.ovsdb import rows
from slicer.ovsdb.arranging import Arrangement, NotThere, arrange
from tests.fakes.ovsdb import FakeDatabase

RED, BLUE = QueueRate(3_000, 10_000), QueueRate(7_000, 9_000)
BOTH = PortQueues(10_000, {"red": RED, "blue": BLUE})
RED_ALONE = PortQueues(10_000, {"red": RED})
SAID_RED = {"min-rate": "3000", "max-rate": "10000"}
SAID_BLUE = {"min-rate": "7000", "max-rate": "9000"}


class Bench:
    """A bridge with two ports."""

    def __init__(self, kind: str = "system") -> None:
        self.database = FakeDatabase()
        self.bridge = self.database.bridge(1, kind)
        self.ports = {number: self.database.port(self.bridge, number) for number in (1, 2)}

    def plan(self, wanted: Mapping[int, PortQueues], dpid: int = 1) -> Arrangement:
        return arrange(rows.present(self.database.transact(rows.READ)), dpid, wanted)

    def run(self, wanted: Mapping[int, PortQueues], dpid: int = 1) -> Arrangement:
        """Arrange, and see that a second time there is nothing more to do."""
        made = self.plan(wanted, dpid)
        results = self.database.transact(made.operations)
        assert not any("error" in each for each in results), results
        again = self.plan(wanted, dpid)
        assert again.operations == []
        assert (again.queues, again.notes) == (made.queues, made.notes)
        return made

    def queues(self, number: int) -> dict[int, tuple[str, dict[str, str]]]:
        return self.database.queues_of(self.ports[number])

    @property
    def uuids(self) -> set[str]:
        return {*self.database.tables["QoS"], *self.database.tables["Queue"]}


def test_each_slice_gets_a_queue_at_each_port() -> None:
    bench = Bench()
    made = bench.run({2: BOTH})
    assert made.queues == {("red", 2): 1, ("blue", 2): 2}
    assert bench.queues(2) == {1: ("red", SAID_RED), 2: ("blue", SAID_BLUE)}
    assert bench.queues(1) == {}
    (qos,) = bench.database.tables["QoS"].values()
    assert qos["type"] == "linux-htb"
    assert qos["other_config"] == ["map", [["max-rate", "10000"]]]
    assert qos["external_ids"] == ["map", [["slicer-dpid", "0000000000000001"]]]


def test_a_rate_that_changes_is_mended_in_the_rows_that_are_there() -> None:
    bench = Bench()
    bench.run({2: BOTH})
    before = bench.uuids
    bench.run({2: PortQueues(20_000, {"red": QueueRate(1, 2), "blue": BLUE})})
    assert bench.queues(2)[1] == ("red", {"min-rate": "1", "max-rate": "2"})
    assert bench.uuids == before


def test_what_somebody_has_changed_in_a_row_of_the_slicers_is_mended() -> None:
    bench = Bench()
    bench.run({2: BOTH})
    (qos,) = bench.database.tables["QoS"].values()
    qos["type"] = "linux-hfsc"
    queue = next(iter(bench.database.tables["Queue"].values()))
    queue["other_config"] = ["map", []]
    bench.run({2: BOTH})
    assert qos["type"] == "linux-htb"
    assert bench.queues(2) == {1: ("red", SAID_RED), 2: ("blue", SAID_BLUE)}


def test_a_queue_keeps_its_id_and_one_that_is_given_up_goes_to_nobody_at_once() -> None:
    bench = Bench()
    bench.run({2: BOTH})
    green = PortQueues(10_000, {"green": RED, "blue": BLUE})
    assert bench.run({2: green}).queues == {("green", 2): 3, ("blue", 2): 2}
    assert {name for name, _ in bench.queues(2).values()} == {"green", "blue"}
    assert len(bench.database.tables["Queue"]) == 2


def test_a_port_that_is_not_shared_any_more_loses_what_the_slicer_gave_it() -> None:
    bench = Bench()
    bench.run({1: BOTH, 2: BOTH})
    bench.run({2: BOTH})
    assert (bench.queues(1), len(bench.uuids)) == ({}, 3)
    bench.run({})
    assert (bench.queues(2), bench.uuids) == ({}, set())


def test_rows_of_a_port_that_has_gone_go_too() -> None:
    bench = Bench()
    bench.run({2: BOTH})
    del bench.database.tables["Port"][bench.ports[2]]
    bench.database.tables["Bridge"][bench.bridge]["ports"] = ["uuid", bench.ports[1]]
    bench.run({})
    assert bench.uuids == set()


def test_rows_of_a_bridge_that_has_gone_go_and_another_slicers_stay() -> None:
    bench = Bench()
    other = bench.database.bridge(7)
    port = bench.database.port(other, 1)
    bench.run({1: BOTH}, dpid=7)
    theirs = bench.uuids
    bench.run({2: BOTH})
    assert theirs < bench.uuids
    assert len(bench.database.queues_of(port)) == 2
    del bench.database.tables["Bridge"][other], bench.database.tables["Port"][port]
    bench.run({2: BOTH})
    assert not theirs & bench.uuids


def test_a_qos_of_somebody_elses_is_left_alone_and_said() -> None:
    bench = Bench()
    theirs = bench.database.qos(bench.ports[2], owner="somebody")
    before = deepcopy(bench.database.tables["QoS"][theirs])
    made = bench.run({1: BOTH, 2: BOTH})
    assert set(made.queues) == {("red", 1), ("blue", 1)}
    (note,) = made.notes
    assert note.startswith("port 2 (p2) has a QoS that is not the slicer's")
    assert bench.database.tables["QoS"][theirs] == before
    bench.run({})
    assert bench.uuids == {theirs}


def test_a_queue_that_somebody_else_has_put_into_the_slicers_qos_is_no_slices() -> None:
    bench = Bench()
    bench.run({2: RED_ALONE})
    theirs = bench.database.add("Queue", {"other_config": ["map", []], "external_ids": ["map", []]})
    (qos,) = bench.database.tables["QoS"].values()
    qos["queues"][1].append([2, ["uuid", theirs]])
    assert bench.run({2: BOTH}).queues == {("red", 2): 1, ("blue", 2): 3}
    assert theirs in bench.uuids


def test_two_ports_that_were_given_one_qos_get_one_each() -> None:
    bench = Bench()
    bench.run({1: BOTH, 2: BOTH})
    tables = bench.database.tables
    tables["Port"][bench.ports[2]]["qos"] = tables["Port"][bench.ports[1]]["qos"]
    bench.run({1: BOTH, 2: BOTH})
    assert bench.queues(1) == bench.queues(2) == {1: ("red", SAID_RED), 2: ("blue", SAID_BLUE)}
    assert len(bench.uuids) == 6


@pytest.mark.parametrize("kind", ["internal", "patch", "vxlan"])
def test_a_port_of_another_kind_than_the_kernels_interfaces_has_none(kind: str) -> None:
    bench = Bench()
    bench.database.port(bench.bridge, 3, kind)
    assert bench.run({3: BOTH}).queues == {}


def test_a_bond_has_none() -> None:
    bench = Bench()
    bench.database.port(bench.bridge, 3, interfaces=2)
    assert bench.run({3: BOTH, 4: BOTH}).queues == {}


def test_the_userspace_datapath_has_none_and_loses_what_it_had() -> None:
    bench = Bench()
    bench.run({2: BOTH})
    bench.database.tables["Bridge"][bench.bridge]["datapath_type"] = "netdev"
    assert bench.run({2: BOTH}).queues == {}
    assert bench.uuids == set()


def test_a_datapath_that_is_not_there_or_there_twice_is_said() -> None:
    bench = Bench()
    with pytest.raises(NotThere, match="found 0 bridges with the datapath id 0000000000000009"):
        bench.plan({}, dpid=9)
    bench.database.bridge(1)
    with pytest.raises(NotThere, match=r"found 2 bridges .* expected one"):
        bench.plan({})


def test_a_change_that_somebody_else_makes_meanwhile_undoes_all_of_it() -> None:
    bench = Bench()
    made = bench.plan({1: BOTH, 2: BOTH})
    bench.database.qos(bench.ports[2])
    before = deepcopy(bench.database.tables)
    assert bench.database.transact(made.operations)[-1]["error"] == "timed out"
    assert bench.database.tables == before
    bench.database.tables["Port"][bench.ports[2]]["qos"] = ["set", []]
    bench.run({2: BOTH})
    made = bench.plan({2: RED_ALONE})
    (qos,) = (row for row in bench.database.tables["QoS"].values() if row["queues"][1])
    qos["queues"] = ["map", []]
    assert bench.database.transact(made.operations)[-1]["error"] == "timed out"
