"""A fault of the slicer's own: met in what is done for one connection while another's event, or a
timer, is handled, it costs that one and no other. Letting go of a connection is seen through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from slicer.openflow import bundles, errors
from slicer.openflow import constants as of
from slicer.openflow.bundles import Control, Step
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoReply,
    EchoRequest,
    ErrorMessage,
    GroupMod,
    Message,
    PortMod,
    PortStatus,
)
from slicer.openflow.multipart import GroupDescRequest, PortStatsRequest
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.audits import SOON
from slicer.proxy.bundles import Bundles
from slicer.proxy.clip.mirror import TenantFlow
from slicer.proxy.congestion import Congestion
from slicer.proxy.datapath import Datapath
from slicer.proxy.endpoints import Endpoints
from slicer.proxy.events import ControllerEndpoint, DataReceived, Disconnected
from slicer.proxy.faults import FAULT
from slicer.proxy.notice import Notice
from slicer.proxy.operation import Operation, Steps
from slicer.proxy.outbox import Outbox
from slicer.proxy.pipeline import counted, groups
from slicer.proxy.pipeline.enforcement import Pipeline
from slicer.proxy.pipeline.terms import GroupIds
from slicer.proxy.policy_view import PolicyView
from slicer.proxy.settings import Settings
from slicer.proxy.tally import Tally
from slicer.proxy.tenant import Tenant
from slicer.proxy.turns import Turns
from slicer.proxy.waiting import Waiting
from tests.conversation.test_clip import LISTENING, plugged, where
from tests.conversation.test_limits import endpoint, flow
from tests.conversation.test_limits import network as limited
from tests.conversation.test_shared_dpids import POLICY
from tests.fakes.engines import Engines
from tests.fakes.network import Network, port
from tests.fakes.switch import FakeSwitch
from tests.fakes.tenant import FakeTenant
from tests.unit.proxy.clip.scene import TO_2, add

FAULTY = EchoRequest(66, b"met by a fault")
BARRIER = BarrierRequest(5)
COUNTED = "closed: a fault in the slicer"
SETTINGS = Settings()


def fault(*_: Any) -> Any:
    raise ZeroDivisionError("a fault")


@pytest.fixture
def _faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    """To answer FAULTY meets a fault."""
    answer = Outbox.answer

    def answered(self: Outbox, frame: bytes) -> None:
        if FAULTY.data in frame:
            fault()
        answer(self, frame)

    monkeypatch.setattr(Outbox, "answer", answered)


def scene(limits: str = "") -> tuple[Network, FakeTenant, FakeTenant, FakeTenant]:
    """A switch, two controllers of red's and one of blue's."""
    net, _, red = limited(limits)
    return net, red, net.connect(endpoint(net, "red")), net.connect(endpoint(net, "blue"))


def barrier(net: Network, tenant: FakeTenant) -> list[Message]:
    return net.say(tenant, BARRIER)


def check_only_the_first_has_gone(
    net: Network, red: FakeTenant, *others: FakeTenant, log: pytest.LogCaptureFixture
) -> None:
    assert not red.is_connected
    assert [each for each in net.peers.values() if isinstance(each, FakeSwitch)]
    for each in others:
        assert each.is_connected
        assert barrier(net, each) == [BarrierReply(5)]
    assert len(net.engine.datapaths[1].slivers["red"].connections) == 1
    assert net.engine.counters[COUNTED] == 1
    (said,) = (each for each in log.records if each.exc_info)
    assert said.message == "a fault in the slicer; please report it"
    assert "ZeroDivisionError: a fault" in log.text


# ---- what has waited ----


@pytest.mark.usefixtures("_faulty")
@pytest.mark.parametrize("first", [BARRIER, PortStatsRequest(7)], ids=["barrier", "operation"])
def test_what_the_datapaths_answer_releases_costs_the_tenant_that_said_it(
    first: Message, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, *others = scene()
    net.say(red, first, FAULTY, flow(1))
    check_only_the_first_has_gone(net, red, *others, log=caplog)
    assert flow(1) not in red.heard


@pytest.mark.usefixtures("_faulty")
def test_what_a_timer_releases_costs_the_tenant_that_said_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    net, red, *others = scene("messages_per_second: 4")
    net.say(red, *[EchoRequest(each) for each in range(4)], FAULTY)
    assert red.is_connected
    net.wait(1.0)
    check_only_the_first_has_gone(net, red, *others, log=caplog)


@pytest.mark.usefixtures("_faulty")
def test_what_anothers_answer_releases_costs_the_tenant_that_said_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    net, red, *others = scene("outstanding_requests: 1")
    others[0].say(BARRIER)
    red.say(FAULTY)
    for number in (net.peer_of(others[0]), net.peer_of(red)):
        taken = net.peers[number].take()
        net.engine.take(DataReceived(number, taken), net.now)
    assert net.engine.datapaths[1].slivers["red"].counters["waited: outstanding requests"]
    net.run()
    net.tell(DataReceived(net.peer_of(others[1]), V13.encode(BARRIER)))
    check_only_the_first_has_gone(net, red, *others, log=caplog)


# ---- answers ----


def test_a_fault_in_telling_a_tenant_an_answer_costs_that_tenant(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, *others = scene("outstanding_requests: 2")
    net.say(red, GroupMod(1, of.OFPGC_ADD, of.OFPGT_ALL, 1))
    monkeypatch.setattr(groups, "_described", fault)
    assert net.say(red, GroupDescRequest(6)) == []
    check_only_the_first_has_gone(net, red, *others, log=caplog)
    assert net.engine.datapaths[1].slivers["red"].controllers.outstanding._count == 0


def add_group(number: int, xid: int = 1) -> GroupMod:
    return GroupMod(xid, of.OFPGC_ADD, of.OFPGT_ALL, number)


def readings(net: Network, patch: pytest.MonkeyPatch) -> list[float]:
    """When the datapath is read back, from now on."""
    times: list[float] = []
    intact = Datapath.synchronise

    def synchronise(self: Datapath, now: float) -> None:
        times.append(now)
        intact(self, now)

    patch.setattr(Datapath, "synchronise", synchronise)
    return times


@pytest.mark.parametrize(
    "asked",
    [
        [add_group(1)],
        [
            bundles.add(1, 3, V13.encode(add_group(1))),
            Control(1, Step.COMMIT_REQUEST, 3).message(2),
        ],
    ],
    ids=["by itself", "in a bundle"],
)
def test_a_fault_in_noting_what_the_datapath_has_done_costs_the_tenant(
    asked: list[Message], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, *others = scene("outstanding_requests: 9")
    read = readings(net, monkeypatch)
    once(GroupIds, "_release", monkeypatch)
    net.say(red, *asked)
    net.say(others[0], add_group(2), BARRIER)
    check_only_the_first_has_gone(net, red, *others, log=caplog)
    assert net.engine.datapaths[1].slivers["red"].controllers.outstanding._count == 0
    assert net.say(others[0], add_group(1), BARRIER)[0].kind is Kind.ERROR, "its id stays its own"
    net.wait(SOON)
    assert len(read) == 1, "the datapath is read back soon"


def test_a_fault_in_what_is_noted_for_a_tenant_that_has_gone_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, *others = scene()
    once(GroupIds, "_release", monkeypatch)
    red.say(add_group(1))
    number = net.peer_of(red)
    net.engine.take(DataReceived(number, red.take()), net.now)
    net.unplug(red)
    for each in others:
        assert barrier(net, each) == [BarrierReply(5)]
    (said,) = (each for each in caplog.records if each.exc_info)
    assert said.message == "a fault in the slicer; please report it"


def test_a_fault_in_undoing_what_the_datapath_has_refused_costs_the_tenant(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, *others = scene("outstanding_requests: 9")
    read = readings(net, monkeypatch)
    net.say(red, add_group(1), BARRIER)
    once(GroupIds, "_release", monkeypatch)
    net.say(red, add_group(1))
    check_only_the_first_has_gone(net, red, *others, log=caplog)
    assert net.engine.datapaths[1].slivers["red"].controllers.outstanding._count == 0
    net.wait(SOON)
    assert len(read) == 1


@pytest.mark.parametrize("which", [0, -1], ids=["its opening", "what was added last"])
def test_a_fault_in_letting_go_of_a_bundle_costs_the_tenant(
    which: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, *others = scene()
    added = [bundles.add(1, 3, V13.encode(add_group(number, 4))) for number in (1, 2)]
    net.say(red, Control(1, Step.OPEN_REQUEST, 3).message(3), *added)
    datapath = net.engine.datapaths[1]
    once(GroupIds, "_release", monkeypatch)
    kind, code = errors.BUNDLE_FAILED_TIMEOUT[:2]
    said = ErrorMessage(list(datapath.of_bundles)[which], kind, code, b"", errors.ONF)
    net.tell(DataReceived(datapath.peer.number, V13.encode(said)))
    check_only_the_first_has_gone(net, red, *others, log=caplog)
    assert datapath.of_bundles == {}


@pytest.mark.parametrize("name", ["accepted", "rejected"])
def test_a_fault_in_noting_what_became_of_a_flow_of_clips_costs_the_tenant(
    name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net = Network(LISTENING)
    switch = plugged(net)
    red, second, blue = (net.connect(where(net, each), V10) for each in ("red", "red", "blue"))
    read = readings(net, monkeypatch)
    if name == "rejected":
        switch.most_flows = 0
    once(TenantFlow, name, monkeypatch)
    net.say(red, add(Match.of(in_port=1), TO_2), BARRIER)
    switch.most_flows = 9
    check_only_the_first_has_gone(net, red, second, blue, log=caplog)
    net.wait(SOON)
    assert len(read) == 1


def test_a_fault_in_telling_one_of_an_event_costs_that_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, second, blue = scene()
    once(Notice, "frame", monkeypatch)
    number = net.engine.datapaths[1].peer.number
    down = PortStatus(0, of.OFPPR_MODIFY, port(1, state=of.OFPPS_LINK_DOWN))
    net.tell(DataReceived(number, V13.encode(down)))
    check_only_the_first_has_gone(net, red, second, blue, log=caplog)


# ---- operations ----


def test_a_fault_in_telling_that_an_operation_is_declined_costs_the_tenant(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, *others = scene("flows: 1, outstanding_requests: 1")
    once(Tenant, "refuse", monkeypatch)
    net.say(red, flow(1), flow(2), FAULTY)
    check_only_the_first_has_gone(net, red, *others, log=caplog)
    assert net.engine.datapaths[1].slivers["red"].controllers.outstanding._count == 0


def test_a_fault_in_a_tenants_operation_costs_that_tenant(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, *others = scene("outstanding_requests: 1")
    monkeypatch.setattr(counted, "_by_port", fault)
    answers = net.say(red, PortStatsRequest(7), EchoRequest(8))
    assert EchoReply(8) not in answers
    check_only_the_first_has_gone(net, red, *others, log=caplog)


@pytest.mark.parametrize(("broken", "name"), [(Datapath, "_flowspace"), (Pipeline, "synchronise")])
def test_a_fault_while_a_datapath_is_looked_through_costs_that_datapath(
    broken: type, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, *_ = scene()
    other = FakeSwitch(2, [])
    net.plug(other)
    intact: Callable[..., Any] = getattr(broken, name)

    def looked(self: Any, *arguments: Any) -> Any:
        dpid = self.dpid if isinstance(self, Datapath) else None
        if dpid == 2:
            fault()
        return intact(self, *arguments)

    if broken is Pipeline:
        monkeypatch.setattr(net.engine.datapaths[2].enforcement, name, fault)
    else:
        monkeypatch.setattr(broken, name, looked)
    net.wait(SETTINGS.audit_interval + 1)
    assert net.engine.datapaths.keys() == {1}
    assert other not in net.peers.values()
    assert "ZeroDivisionError: a fault" in caplog.text


# ---- changes all the time ----


def test_a_tenant_that_configures_ports_all_the_time_keeps_nobody_busy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    net, red, *_ = scene()
    times: list[float] = []
    begin = Datapath._hold

    def hold(self: Datapath, *arguments: Any) -> None:
        times.append(net.now)
        assert len(times) < 100
        begin(self, *arguments)
        asked = PortMod(
            1, 1, port(1).hw_addr, len(times) % 2 * of.OFPPC_NO_FLOOD, of.OFPPC_NO_FLOOD
        )
        net.engine.take(DataReceived(net.peer_of(red), V13.encode(asked)), net.now)

    monkeypatch.setattr(Datapath, "_hold", hold)
    net.wait(SETTINGS.audit_interval + 5.5)
    started = SETTINGS.audit_interval
    assert times == [started + after * SOON for after in range(6) for _ in range(2)]


# ---- connecting ----


def test_a_datapath_that_meets_a_fault_as_it_connects_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engines = Engines(POLICY)
    net = engines.networks[1]
    with monkeypatch.context() as patch:
        patch.setattr(Datapath, "send", fault)
        with pytest.raises(ZeroDivisionError):
            net.plug(FakeSwitch(1, [port(1)]))
    number = max(net.peers)
    net.tell(Disconnected(number, FAULT))
    assert not net.engine._joining
    assert net.engine._memory._accounts == {}
    assert net.left == [number]


@pytest.mark.parametrize("holder", [Congestion, Tenant])
def test_a_tenant_that_meets_a_fault_as_it_connects_takes_nothing(
    holder: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    net, red, second, _ = scene()
    sliver = net.engine.datapaths[1].slivers["red"]
    name = "welcome" if holder is Congestion else "send"
    with monkeypatch.context() as patch:
        patch.setattr(holder, name, fault)
        with pytest.raises(ZeroDivisionError):
            net.connect(red.endpoint)
    net.tell(Disconnected(max(net.peers), FAULT))
    assert len(sliver.connections) == net.engine._connections_at[red.endpoint] == 2
    assert len(net.engine._endpoint_of) == 3
    assert net.engine.datapaths[1].congestion._held_back == set()
    assert barrier(net, second) == [BarrierReply(5)]


# ---- letting go ----


def test_who_is_let_go_of_by_the_server_for_a_fault_is_counted_too() -> None:
    net, red, *_ = scene()
    net.tell(Disconnected(net.peer_of(red), FAULT))
    assert net.engine.counters == {COUNTED: 1}


def once(holder: Any, name: str, patch: pytest.MonkeyPatch) -> None:
    """Have a function meet a fault when it is called for the first time."""
    intact = getattr(holder, name)

    def called(*arguments: Any, **named: Any) -> Any:
        patch.setattr(holder, name, intact)
        intact(*arguments, **named)
        fault()

    patch.setattr(holder, name, called)


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        (Tenant, "closed"),
        (Bundles, "drop"),
        (Bundles, "close"),
        (Waiting, "close"),
        (Congestion, "forget"),
        (Datapath, "tenants_changed"),
        (Datapath, "follow_async"),
    ],
)
def test_a_tenant_that_goes_is_let_go_of_whatever_one_step_does(
    holder: type, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    net, red, second, blue = scene("outstanding_requests: 1")
    opened = [Control(number, Step.OPEN_REQUEST, 0).message(number) for number in (1, 2)]
    net.say(red, *opened)
    sliver, place = net.engine.datapaths[1].slivers["red"], net.engine.datapaths[1].congestion
    once(holder, name, monkeypatch)
    net.unplug(red)
    assert len(sliver.connections) == len(sliver.tenants) == 1
    assert net.engine.datapaths[1].of_bundles == {}
    assert place._held_back == set()
    assert net.engine._connections_at[red.endpoint] == 1
    assert barrier(net, second) == barrier(net, blue) == [BarrierReply(5)]
    assert "ZeroDivisionError: a fault" in caplog.text


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        (Datapath, "closed"),
        (Operation, "cancel"),
        (Turns, "over"),
        (PolicyView, "forget"),
        (Endpoints, "set"),
        (Tally, "leave"),
        (Tenant, "closed"),
    ],
)
def test_a_datapath_that_goes_is_let_go_of_whatever_one_step_does(
    holder: type, name: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    engines = Engines(POLICY)
    net = engines.networks[1]
    switch, again = FakeSwitch(1, [port(1)]), FakeSwitch(1, [port(1)])
    net.plug(switch)
    engines.run()
    net.connect(next(each for each in net.listening if isinstance(each, ControllerEndpoint)))
    for _ in range(2):
        net.engine.datapaths[1].run(_never_done(), lambda *_: None, net.now)
    once(holder, name, monkeypatch)
    net.unplug(switch)
    engines.run()
    assert net.engine.datapaths == {}
    assert net.tenants == []
    assert net.left == [1]
    assert engines.holders.holder(1) is None
    assert net.engine.has_room
    assert "ZeroDivisionError: a fault" in caplog.text
    net.plug(again)
    engines.run()
    assert net.engine.datapaths.keys() == {1}


def _never_done() -> Steps[None]:
    yield [EchoRequest(0)]
