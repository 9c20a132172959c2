"""Bandwidth: which meters there are, that they outlive the slicer, and how they are set anew."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.isolation import Rate, Share
from slicer.isolation.entitlements import Entitlements, PortShares
from slicer.openflow import constants as of
from slicer.openflow.actions import Output, PopQueue, SetQueue
from slicer.openflow.groups import DropBand
from slicer.openflow.instructions import ApplyActions, MeterInstruction
from slicer.openflow.messages import ErrorMessage, Message, MeterMod, PortMod
from slicer.openflow.multipart import MeterFeaturesReply, MeterFeaturesRequest, QueueStats
from slicer.openflow.v13 import V13
from slicer.proxy.enforcement import Unsuitable
from slicer.proxy.operation import Refused
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.bandwidth import (
    DISCOVERY_RATE,
    INTERVAL,
    METERS_PER_SECOND,
    OTHER_RATE,
    UNLIMITED,
    Bandwidth,
)
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.stage_flow import TO_EMIT, TO_EMIT_APART
from slicer.proxy.pipeline.violations import BEYOND_SHARE
from slicer.proxy.sliver import Sliver
from tests.fakes.network import port
from tests.fakes.switch import FakeSwitch
from tests.fakes.tables import Flow
from tests.unit.proxy.parts import ports
from tests.unit.proxy.pipeline.driving import at, carry_out, drive

SPACE = FlowSpace([Rule("red", 2, Region.of(eth_type=0x0806)), Rule("blue", 1, Region.ANY)])
PORTS = {"red": (1, 2), "blue": (1, 2)}
CAPACITY = 10_000_000
SHARED = PortShares(CAPACITY, {"red": Share(share=3), "blue": Share(share=7)})
BOTH = Entitlements({2: SHARED})


class Bench:
    """A switch, and a pipeline that holds red and blue to their shares."""

    def __init__(self, entitlements: Entitlements = BOTH) -> None:
        self.switch = FakeSwitch(1, [port(1), port(2)])
        self.start(entitlements)

    def start(self, entitlements: Entitlements = BOTH) -> int:
        """A new run of the slicer's; returns how much it changed."""
        self.pipeline = Pipeline(b"a secret")
        self.pipeline.entitle(entitlements)
        return self.synchronise()

    def synchronise(self, held: Mapping[str, tuple[int, ...]] = PORTS) -> int:
        steps = self.pipeline.synchronise(SPACE, lambda name: held[name])
        return drive(steps, at(self.switch))[0].changes

    def meter(self, name: str, number: int = 2) -> int | None:
        """The id of the meter that a slice's emit flow for a port names."""
        return self.emit_flow(name, number).meter

    def emit_flow(self, name: str, number: int = 2) -> Flow:
        """A slice's emit flow for a port."""
        wanted = (Stage.EMIT, self.pipeline.tags[name], number)
        (flow,) = (
            flow
            for flow in self.switch.tables.flows.values()
            if (cookie := StageCookie.read(flow.cookie))
            and (cookie.stage, cookie.tag, cookie.port) == wanted
        )
        return flow

    def band(self, name: str, number: int = 2) -> DropBand:
        meter = self.meter(name, number)
        assert meter is not None
        (band,) = self.switch.meters[meter].bands
        assert isinstance(band, DropBand)
        return band

    def rates(self) -> dict[str, int]:
        """kbit/s at port 2."""
        return {name: self.band(name).rate for name in PORTS}

    def pass_interval(self, **offered: tuple[int, int]) -> list[Message]:
        """Some traffic, in bytes offered and dropped by slice; returns what is set anew."""
        self.switch.now += INTERVAL
        for name, (came, dropped) in offered.items():
            meter = self.meter(name)
            assert meter is not None
            before = self.switch.offered.get(meter, (0, 0))
            self.switch.offered[meter] = (before[0] + came, before[1] + dropped)
        _, sent = drive(self.pipeline.share(), at(self.switch))
        return [each for each in sent if isinstance(each, MeterMod)]


FLOOD = (10**6, 10**5)
IDLE = (0, 0)


# ---- which meters there are ----


def test_each_slice_has_a_meter_at_the_port_that_is_shared_and_none_elsewhere() -> None:
    bench = Bench()
    assert bench.rates() == {"red": 3000, "blue": 7000}
    assert bench.band("red") == DropBand(3000, 1200), "0.4 s of it at once"
    assert len({bench.meter("red"), bench.meter("blue")}) == 2
    assert bench.meter("red", 1) is bench.meter("blue", 1) is None
    assert bench.synchronise() == 0


def test_where_nothing_is_shared_there_are_no_meters_of_ports_and_no_copies() -> None:
    for entitlements, to_emit in ((BOTH, TO_EMIT_APART), (Entitlements(), TO_EMIT)):
        bench = Bench(entitlements)
        owners = [
            flow
            for flow in bench.switch.tables.flows.values()
            if (cookie := StageCookie.read(flow.cookie)) and cookie.stage is Stage.OWNER
        ]
        assert owners
        assert {[*flow.actions][-1] for flow in owners} == {to_emit}
    assert not any(number < 0x3_0000 for number in bench.switch.meters)
    assert bench.pipeline.sharing_interval() is None


def test_a_small_rate_has_a_burst_that_a_connection_can_start_with() -> None:
    slow = Entitlements({2: PortShares(20_000, {"red": Share(), "blue": Share()})})
    assert Bench(slow).band("red") == DropBand(10, 128)


def test_a_capacity_of_next_to_nothing_is_a_meter_all_the_same() -> None:
    assert Bench(Entitlements({2: PortShares(1, SHARED.shares)})).rates() == {"red": 1, "blue": 1}


def test_a_ceiling_holds_where_no_capacity_is_known_and_nothing_is_lent() -> None:
    port_2 = PortShares(None, {"red": Share(ceiling=Rate(64_000)), "blue": Share()})
    bench = Bench(Entitlements({2: port_2}))
    assert bench.band("red") == DropBand(64, 128)
    assert bench.meter("blue") is None
    assert bench.pipeline.sharing_interval() is None
    faster = replace(port_2, shares={**port_2.shares, "red": Share(ceiling=Rate(80_000))})
    assert bench.start(Entitlements({2: faster})) == 1
    assert bench.band("red").rate == 80


def test_a_port_that_goes_takes_its_meters_along() -> None:
    bench = Bench()
    bench.synchronise({"red": (1,), "blue": (1,)})
    assert not any(number < 0x3_0000 for number in bench.switch.meters)
    bench.synchronise()
    assert bench.rates() == {"red": 3000, "blue": 7000}


def test_a_port_mod_leaves_the_meter_in_its_place() -> None:
    bench = Bench()
    red = Sliver("red", "s1", 1, bench.pipeline.tags["red"])
    red.ports = ports(1, 2)
    meter = bench.meter("red")
    for config in (of.OFPPC_NO_FWD, 0):
        asked = PortMod(1, 2, red.ports[2].hw_addr, config, of.OFPPC_NO_FWD)
        assert carry_out(bench.pipeline.port_mod(red, asked), bench.switch) == []
        assert bench.meter("red") == (None if config else meter)
        assert bench.synchronise() == 0


@pytest.mark.parametrize(
    "somebodys",
    [
        MeterMod(1, of.OFPMC_DELETE, of.OFPMF_KBPS, 0x1_0000),
        MeterMod(1, of.OFPMC_MODIFY, of.OFPMF_KBPS, 0x1_0000, (DropBand(9, 9),)),
        MeterMod(1, of.OFPMC_ADD, of.OFPMF_KBPS, 0x1_7777, (DropBand(9, 9),)),
    ],
    ids=["deleted", "changed", "added"],
)
def test_what_somebody_else_does_to_the_meters_is_mended(somebodys: MeterMod) -> None:
    bench = Bench()
    before = dict(bench.switch.meters)
    bench.switch.receive(V13.encode(somebodys))
    assert bench.switch.meters != before
    bench.synchronise()
    assert bench.switch.meters == before
    assert bench.rates() == {"red": 3000, "blue": 7000}


# ---- over a restart ----


def test_a_restart_keeps_meters_and_rates_as_they_are() -> None:
    bench = Bench()
    for _ in range(6):
        bench.pass_interval(red=FLOOD, blue=IDLE)
    lent, ids = bench.rates(), (bench.meter("red"), bench.meter("blue"))
    assert lent["red"] > 9000
    assert bench.start() == 0
    assert (bench.rates(), (bench.meter("red"), bench.meter("blue"))) == (lent, ids)
    bench.pass_interval(red=IDLE, blue=IDLE)
    assert bench.rates() == {"red": 3000, "blue": 7000}


def test_a_meter_that_is_not_as_the_slicer_makes_them_is_made_anew() -> None:
    bench = Bench()
    changed = MeterMod(1, of.OFPMC_MODIFY, of.OFPMF_KBPS, 0x1_0000, (DropBand(9, 9),))
    bench.switch.receive(V13.encode(changed))
    assert bench.start() == 1
    assert bench.rates() == {"red": 3000, "blue": 7000}


def test_a_policy_that_shares_nothing_any_more_leaves_no_meter() -> None:
    bench = Bench()
    bench.start(Entitlements())
    assert bench.meter("red") is None
    assert not any(number < 0x3_0000 for number in bench.switch.meters)


# ---- lending ----


def test_a_share_that_is_not_used_is_lent_within_two_seconds_and_back_in_one_look() -> None:
    bench = Bench()
    bench.pass_interval(red=FLOOD, blue=FLOOD)
    looks = 0
    while bench.rates()["red"] < 9500:
        bench.pass_interval(red=FLOOD, blue=IDLE)
        looks += 1
    assert looks * INTERVAL <= 2.0
    (lower, higher) = bench.pass_interval(red=FLOOD, blue=FLOOD)
    assert bench.rates() == {"red": 3000, "blue": 7000}
    assert isinstance(lower, MeterMod)
    assert isinstance(higher, MeterMod)
    assert (lower.meter_id, higher.meter_id) == (bench.meter("red"), bench.meter("blue"))


def test_where_nothing_changes_nothing_is_sent() -> None:
    bench = Bench()
    for _ in range(5):
        bench.pass_interval(red=FLOOD, blue=(340_000, 100))
    for _ in range(5):
        assert bench.pass_interval(red=FLOOD, blue=(340_000, 100)) == []


def test_counters_that_start_again_are_no_traffic_from_before() -> None:
    """A meter that is set anew counts from 0."""
    bench = Bench()
    for _ in range(6):
        bench.pass_interval(red=FLOOD, blue=IDLE)
    bench.switch.offered.clear()
    for _ in range(2):
        bench.pass_interval(red=IDLE, blue=IDLE)
    assert bench.rates()["red"] > 9000, "red has been still for two looks only"


def test_a_meter_that_has_gone_is_for_the_next_synchronisation() -> None:
    bench = Bench()
    gone = MeterMod(1, of.OFPMC_DELETE, of.OFPMF_KBPS, 0x1_0000)
    bench.switch.receive(V13.encode(gone))
    with pytest.raises(Refused, match="UNKNOWN_METER"):
        drive(bench.pipeline.share(), at(bench.switch))
    bench.synchronise()
    assert bench.pass_interval(red=FLOOD, blue=FLOOD) == []


def test_many_meters_are_looked_at_less_often() -> None:
    names = [f"slice{number}" for number in range(1000)]
    shares = PortShares(CAPACITY, dict.fromkeys(names, Share()))
    bandwidth = Bandwidth()
    bandwidth.has_meters = True
    bandwidth.entitle(Entitlements(dict.fromkeys(range(1, 6), shares)))
    tags = {name: tag for tag, name in enumerate(names, 1)}
    bandwidth.plan(tags, dict.fromkeys(names, range(1, 6)))
    assert bandwidth.interval == 5000 / METERS_PER_SECOND


# ---- packet-ins ----


def test_every_slice_has_a_meter_for_its_packet_ins_so_that_a_limit_can_come_later() -> None:
    bench = Bench(Entitlements())
    red, blue = (layout.packet_in_meter(bench.pipeline.tags[name]) for name in PORTS)
    assert bench.switch.meters[red].bands == (DropBand(UNLIMITED, UNLIMITED),)
    assert bench.start(Entitlements(packet_ins={"red": 25})) == 1
    assert bench.switch.meters[red].bands == (DropBand(25, 25),)
    assert bench.switch.meters[red].flags & of.OFPMF_PKTPS
    assert bench.switch.meters[blue].bands == (DropBand(UNLIMITED, UNLIMITED),)


def test_lldp_has_a_meter_for_each_port() -> None:
    meters = Bench(Entitlements()).switch.meters
    assert [meters[layout.discovery_meter(number)].bands for number in (None, 1, 2)] == [
        (DropBand(DISCOVERY_RATE, DISCOVERY_RATE),)
    ] * 3


def test_what_has_no_meter_of_its_own_passes_the_switchs() -> None:
    meter = Bench(Entitlements()).switch.meters[of.OFPM_CONTROLLER]
    assert meter.bands == (DropBand(OTHER_RATE, OTHER_RATE),)


# ---- datapaths that can't ----


def without(**lacks: Any) -> Any:
    """A switch whose meters lack something, or that has none."""
    switch = FakeSwitch(1, [port(1), port(2)])
    answers = at(switch)

    def answer(message: Message) -> list[Message]:
        if not isinstance(message, MeterFeaturesRequest):
            return answers(message)
        if not lacks:
            return [ErrorMessage(1, 1, 1, b"")]
        (features,) = answers(message)
        assert isinstance(features, MeterFeaturesReply)
        return [replace(features, **lacks)]

    return answer


LACKING = pytest.mark.parametrize(
    ("lacks", "why"),
    [
        ({}, "the datapath refused MeterFeaturesRequest"),
        ({"max_meter": 1000}, "found 1000 meters, expected 65536 and more"),
        ({"capabilities": of.OFPMF_KBPS}, "its meters don't drop both by kbit/s and by packets/s"),
        ({"band_types": 0}, "its meters don't drop both by kbit/s and by packets/s"),
    ],
)


@LACKING
@pytest.mark.parametrize("needed", [BOTH, Entitlements(packet_ins={"red": 5})])
def test_a_datapath_that_cannot_give_what_the_policy_asks_for_is_refused(
    lacks: dict[str, int], why: str, needed: Entitlements
) -> None:
    pipeline = Pipeline(b"a secret")
    pipeline.entitle(needed)
    with pytest.raises(Unsuitable, match="the policy limits slices, which takes meters: ") as said:
        drive(pipeline.synchronise(SPACE, lambda name: (1, 2)), without(**lacks))
    assert why in str(said.value)


@LACKING
def test_where_the_policy_asks_for_nothing_it_goes_without(lacks: dict[str, int], why: str) -> None:
    pipeline = Pipeline(b"a secret")
    _, sent = drive(pipeline.synchronise(SPACE, lambda name: (1, 2)), without(**lacks))
    assert not any(isinstance(each, MeterMod) for each in sent)


def test_more_shares_than_ids_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "LAST_PORT_METER", layout.FIRST_PORT_METER)
    with pytest.raises(Unsuitable, match="it has more than 1 shares of ports"):
        Bench()


def test_the_meter_comes_ahead_of_the_output() -> None:
    meter, apply = Bench().emit_flow("red").instructions
    assert isinstance(meter, MeterInstruction)
    assert isinstance(apply, ApplyActions)


# ---- queues ----

QUEUES = {("red", 2): 1, ("blue", 2): 2}


def queued(entitlements: Entitlements, queues: Mapping[tuple[str, int], int]) -> Bench:
    """A switch without meters whose ports have these queues."""
    bench = Bench(Entitlements())
    bench.pipeline = Pipeline(b"a secret")
    bench.pipeline.entitle(entitlements, queues)
    drive(bench.pipeline.synchronise(SPACE, lambda name: PORTS[name]), without_but(bench.switch))
    return bench


def without_but(switch: FakeSwitch) -> Any:
    answers = at(switch)

    def answer(message: Message) -> list[Message]:
        if isinstance(message, MeterFeaturesRequest):
            return [ErrorMessage(1, 1, 1, b"")]
        return answers(message)

    return answer


def test_where_there_are_queues_no_meters_are_needed() -> None:
    bench = queued(BOTH, QUEUES)
    for name, number in (("red", 1), ("blue", 2)):
        (apply,) = bench.emit_flow(name).instructions
        assert apply == ApplyActions((SetQueue(number), Output(2), PopQueue()))
    assert bench.pipeline.sharing_interval() is None


@pytest.mark.parametrize(
    ("entitlements", "queues"),
    [
        (BOTH, {("red", 2): 1}),
        (Entitlements({1: SHARED, 2: SHARED}), QUEUES),
        (Entitlements({2: SHARED}, packet_ins={"red": 5}), QUEUES),
    ],
)
def test_what_has_no_queue_needs_meters(
    entitlements: Entitlements, queues: dict[tuple[str, int], int]
) -> None:
    with pytest.raises(Unsuitable, match="the policy limits slices, which takes meters"):
        queued(entitlements, queues)


def test_a_queue_and_a_meter_hold_a_slice_at_different_ports() -> None:
    bench = Bench(Entitlements({1: SHARED, 2: SHARED}))
    bench.pipeline.entitle(Entitlements({1: SHARED, 2: SHARED}), QUEUES)
    assert bench.synchronise() > 0
    assert bench.meter("red", 1) is not None
    assert bench.meter("red", 2) is None
    (apply,) = bench.emit_flow("red", 2).instructions
    assert apply == ApplyActions((SetQueue(1), Output(2), PopQueue()))


def test_what_queues_drop_is_counted_for_the_slices() -> None:
    bench = queued(BOTH, QUEUES)
    bench.switch.queue_stats = [
        QueueStats(2, 1, 1000, 10, 7, 1, 0),
        QueueStats(2, 2, 0, 0, 0, 1, 0),
    ]
    steps = bench.pipeline.synchronise(SPACE, lambda name: PORTS[name])
    report, _ = drive(steps, without_but(bench.switch))
    assert report.dropped == {(bench.pipeline.tags["red"], BEYOND_SHARE): 7}
