"""Watchers: they read and hear what their slice's controllers do, and change nothing; in both
versions, in the pipeline and on datapaths of OpenFlow 1.0."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from slicer.openflow import bundles, errors
from slicer.openflow import constants as of
from slicer.openflow import messages as m
from slicer.openflow import multipart as mp
from slicer.openflow.actions import Output
from slicer.openflow.dialect import Dialect
from slicer.openflow.errors import ErrorCode
from slicer.openflow.groups import DropBand
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import Message
from slicer.openflow.oxm import Match
from slicer.openflow.table_features import TableFeatures, TableFeaturesRequest
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy import from_controller
from slicer.proxy.events import ControllerEndpoint
from tests.fakes.network import Network, port
from tests.fakes.packet import Packet
from tests.fakes.switch import FakeSwitch
from tests.fakes.switch10 import FakeSwitch10
from tests.fakes.tenant import FakeTenant

POLICY = """
listen: [tcp:127.0.0.1:6633]
slices:
  red: {controllers: [ptcp:7000], watchers: [ptcp:7200, tcp:10.0.0.9:6653], limits: {LIMITS}}
  blue: {controllers: [ptcp:7100]}
flowspace:
  - {slice: red, priority: 10, ports: [1, 2]}
  - {slice: blue, priority: 10, ports: [3, 4]}
"""
PACKET = Packet.of(eth_type=0x0800, ip_proto=17, udp_src=5, udp_dst=80)
TO_2, TO_CONTROLLER = (ApplyActions((Output(2),)),), (ApplyActions((Output(of.OFPP_CONTROLLER),)),)
PORT_1 = bytes((2, 0, 0, 0, 0, 1))


class Scene:
    """A switch with ports 1 to 4, red's controller and a watcher of red's, of one version."""

    def __init__(self, is_old: bool, dialect: Dialect, limits: str = "") -> None:
        self.net = Network(POLICY.replace("LIMITS", limits), dialect=dialect)
        switch = FakeSwitch10 if is_old else FakeSwitch
        self.switch: FakeSwitch = switch(1, [port(number) for number in (1, 2, 3, 4)])
        self.net.plug(self.switch)
        self.dialect = dialect
        self.controller = self.connect(7000)
        self.watcher = self.connect(7200)

    def connect(self, number: int) -> FakeTenant:
        """Somebody connects to a port."""
        found = [
            each
            for each in self.net.listening
            if isinstance(each, ControllerEndpoint) and each.port == number
        ]
        return self.net.connect(found[0], self.dialect)

    def held(self) -> tuple[object, ...]:
        """All that the switch has been told to hold, without counters."""
        tables = self.switch.tables
        flows = {key: (each.instructions, each.cookie) for key, each in tables.flows.items()}
        return flows, deepcopy((self.switch.ports, self.switch.groups, self.switch.meters))

    def error(self, request: bytes) -> list[Message]:
        """The refusal that a watcher is to hear."""
        is_old = self.dialect is V10
        error: ErrorCode = errors.BAD_REQUEST_EPERM if is_old else errors.BAD_REQUEST_IS_SLAVE
        xid = int.from_bytes(request[4:8], "big")
        return [m.ErrorMessage(xid, error.type, error.code, request)]

    @property
    def counters(self) -> dict[str, int]:
        """Red's."""
        return dict(self.net.engine.datapaths[1].slivers["red"].counters)


KINDS_OF_SCENE: dict[str, Callable[..., Scene]] = {
    "pipeline, 1.3": lambda *limits: Scene(False, V13, *limits),
    "pipeline, 1.0": lambda *limits: Scene(False, V10, *limits),
    "clip, 1.0": lambda *limits: Scene(True, V10, *limits),
}


@pytest.fixture(params=list(KINDS_OF_SCENE.values()), ids=list(KINDS_OF_SCENE))
def make(request: Any) -> Callable[..., Scene]:
    """How to make a scene of each kind."""
    made: Callable[..., Scene] = request.param
    return made


@pytest.fixture
def scene(make: Callable[..., Scene]) -> Scene:
    return make()


ADD = m.FlowMod(5, priority=7, match=Match.of(in_port=1), instructions=TO_2)
DELETE = m.FlowMod(6, table_id=of.OFPTT_ALL, command=of.OFPFC_DELETE)
CHANGES: dict[Kind, list[Message]] = {
    Kind.FLOW_MOD: [ADD, DELETE, m.FlowMod(7, command=of.OFPFC_DELETE_STRICT)],
    Kind.PACKET_OUT: [m.PacketOut(8, in_port=1, actions=(Output(2),), data=bytes(60))],
    Kind.PORT_MOD: [m.PortMod(9, 1, PORT_1, of.OFPPC_NO_FLOOD, of.OFPPC_NO_FLOOD)],
    Kind.GROUP_MOD: [m.GroupMod(11, of.OFPGC_ADD, of.OFPGT_ALL, 1)],
    Kind.METER_MOD: [m.MeterMod(12, of.OFPMC_ADD, of.OFPMF_KBPS, 1, (DropBand(9, 9),))],
    Kind.TABLE_MOD: [m.TableMod(13, 0, 0)],
}
OTHER_CHANGES: list[Message] = [
    m.Experimenter(14, bundles.ONF, bundles.CONTROL, bytes(8)),
    TableFeaturesRequest(15, (TableFeatures(0, "t", 0, 0, 0, 1),)),
]


def says_of(dialect: Dialect) -> list[Message]:
    """Everything that changes something, in the version's words; a kind without a row in CHANGES
    would be missed."""
    rows = from_controller.ROUTES.items()
    kinds = {kind for kind, route in rows if not route.for_watchers}
    assert kinds == CHANGES.keys()
    if dialect is V10:
        kinds &= set(V10.plain_kinds.values())
        return [each for kind in CHANGES if kind in kinds for each in CHANGES[kind]]
    return [each for kind in CHANGES.values() for each in kind] + OTHER_CHANGES


def test_nothing_that_a_watcher_says_changes_anything(scene: Scene) -> None:
    scene.net.say(scene.controller, ADD)
    before = scene.held()
    requests = [scene.dialect.encode(each) for each in says_of(scene.dialect)]
    for request in requests:
        assert scene.net.say(scene.watcher, request) == scene.error(request)
    # And all at once, where hot messages would be a run.
    expected = [each for request in requests * 2 for each in scene.error(request)]
    assert scene.net.say(scene.watcher, *(requests * 2)) == expected
    assert scene.held() == before
    assert scene.counters == {"refused: BAD_REQUEST/IS_SLAVE": 3 * len(requests)}
    assert scene.switch.inject(1, PACKET).outputs != [], "the controller's flow is there"


QUESTIONS: list[Message] = [
    m.FeaturesRequest(1),
    m.GetConfigRequest(2),
    m.EchoRequest(3, b"there?"),
    mp.DescRequest(4),
    mp.FlowStatsRequest(5),
    mp.AggregateRequest(6),
    mp.TableStatsRequest(7),
    mp.PortStatsRequest(8),
]
QUESTIONS_OF_1_3: list[Message] = [
    mp.PortDescRequest(9),
    mp.GroupDescRequest(11),
    mp.MeterStatsRequest(13),
    mp.MeterConfigRequest(14),
    mp.MeterFeaturesRequest(15),
    mp.QueueStatsRequest(16),
    m.GetAsyncRequest(17),
]


def test_a_watcher_reads_what_a_controller_reads(scene: Scene) -> None:
    net = scene.net
    net.say(scene.controller, ADD)
    if scene.dialect is V13:
        net.say(scene.controller, *CHANGES[Kind.GROUP_MOD], *CHANGES[Kind.METER_MOD])
    for question in QUESTIONS + (QUESTIONS_OF_1_3 if scene.dialect is V13 else []):
        read = net.say(scene.watcher, question)
        assert len(read) == 1, question
        assert not isinstance(read[0], m.ErrorMessage), question
        assert read == net.say(scene.controller, question)
    (flows,) = net.say(scene.watcher, mp.FlowStatsRequest(5))
    assert isinstance(flows, mp.FlowStatsReply)
    assert [(each.match, each.priority) for each in flows.entries] == [(ADD.match, 7)]
    assert net.say(scene.watcher, m.BarrierRequest(19)) == [m.BarrierReply(19)]


def test_a_watcher_hears_what_a_controller_hears(scene: Scene) -> None:
    net = scene.net
    tells = m.FlowMod(5, match=Match.of(in_port=1), instructions=TO_CONTROLLER, flags=1)
    net.say(scene.controller, tells)
    dialled = net.tenant("red")
    assert dialled.endpoint.port == 6653
    for happens in (
        lambda: scene.switch.inject(1, PACKET),
        lambda: [scene.switch.inject(1, PACKET) for _ in range(3)],
        lambda: scene.switch.inject(3, PACKET),
    ):
        happens()
        net.run()
        told = scene.controller.take_heard()
        assert scene.watcher.take_heard() == told == dialled.take_heard()
        assert all(isinstance(each, m.PacketIn) for each in told)
    net.say(scene.watcher, m.EchoRequest(1))
    net.say(scene.controller, DELETE, m.BarrierRequest(2))
    (removed,) = scene.watcher.take_heard()
    assert isinstance(removed, m.FlowRemoved)
    scene.switch.set_port(port(2, state=of.OFPPS_LINK_DOWN))
    net.run()
    (status,) = scene.watcher.take_heard()
    assert isinstance(status, m.PortStatus)
    assert status.desc.port_no == 2


def test_another_slices_affairs_are_not_a_watchers(scene: Scene) -> None:
    blue = scene.connect(7100)
    flow = m.FlowMod(5, match=Match.of(in_port=3), instructions=TO_CONTROLLER)
    scene.net.say(blue, flow)
    scene.switch.inject(3, PACKET)
    scene.net.run()
    assert len(blue.take_heard()) == 1
    assert scene.watcher.take_heard() == []
    (flows,) = scene.net.say(scene.watcher, mp.FlowStatsRequest(5))
    assert isinstance(flows, mp.FlowStatsReply)
    assert flows.entries == ()


def test_misses_come_to_a_watcher_only_as_a_controller_has_them_sent() -> None:
    scene = Scene(False, V10)
    scene.switch.inject(1, PACKET)
    scene.net.run()
    assert len(scene.watcher.take_heard()) == len(scene.controller.take_heard()) == 1
    before = scene.held()
    scene.net.unplug(scene.controller)
    assert scene.held() != before, "nobody hears of misses any more"
    assert scene.switch.inject(1, PACKET).to_controller == []
    without = scene.held()
    scene.connect(7200)
    assert scene.held() == without, "another watcher changes nothing"


def test_a_watcher_takes_no_role_from_a_controller() -> None:
    scene = Scene(False, V13)
    say = scene.net.say
    master = m.RoleRequest(1, of.OFPCR_ROLE_MASTER, 5)
    assert say(scene.controller, master) == [m.RoleReply(1, of.OFPCR_ROLE_MASTER, 5)]
    unsup = errors.ROLE_REQUEST_FAILED_UNSUP
    wish = V13.encode(m.RoleRequest(2, of.OFPCR_ROLE_MASTER, 6))
    assert say(scene.watcher, wish) == [m.ErrorMessage(2, unsup.type, unsup.code, wish)]
    slave = m.RoleRequest(3, of.OFPCR_ROLE_SLAVE, 1 << 62)
    assert say(scene.watcher, slave) == [m.RoleReply(3, of.OFPCR_ROLE_SLAVE, 5)]
    nochange = m.RoleRequest(4, of.OFPCR_ROLE_NOCHANGE, 0)
    assert say(scene.controller, nochange) == [m.RoleReply(4, of.OFPCR_ROLE_MASTER, 5)]
    again = m.RoleRequest(5, of.OFPCR_ROLE_MASTER, 6)
    assert say(scene.controller, again) == [m.RoleReply(5, of.OFPCR_ROLE_MASTER, 6)]
    # As a slave it hears of ports alone, and of packets again as an equal.
    say(scene.controller, m.FlowMod(6, match=Match.of(in_port=1), instructions=TO_CONTROLLER))
    scene.switch.inject(1, PACKET)
    scene.net.run()
    assert scene.watcher.take_heard() == []
    assert len(say(scene.watcher, m.RoleRequest(7, of.OFPCR_ROLE_EQUAL, 0))) == 1
    scene.switch.inject(1, PACKET)
    scene.net.run()
    assert [type(each) for each in scene.watcher.take_heard()] == [m.PacketIn]


def test_a_watcher_chooses_what_it_hears_itself() -> None:
    scene = Scene(False, V13)
    deaf = m.SetAsync(1, (0, 0), (0, 0), (0, 0))
    assert scene.net.say(scene.watcher, deaf) == []
    flow = m.FlowMod(2, match=Match.of(in_port=1), instructions=TO_CONTROLLER)
    scene.net.say(scene.controller, flow)
    scene.switch.inject(1, PACKET)
    scene.net.run()
    assert scene.watcher.take_heard() == []
    assert len(scene.controller.take_heard()) == 1


def test_a_watcher_that_asks_too_much_does_not_keep_a_controller_waiting(
    make: Callable[..., Scene],
) -> None:
    scene = make("messages_per_second: 3")
    assert len(scene.net.say(scene.watcher, *map(m.EchoRequest, range(9)))) == 3
    assert len(scene.net.say(scene.controller, *map(m.EchoRequest, range(3)))) == 3
    other = scene.connect(7200)
    assert scene.net.say(other, m.EchoRequest(1)) == [], "all watchers of a slice have one rate"


def test_what_a_watcher_has_unanswered_does_not_keep_a_controller_waiting(
    make: Callable[..., Scene],
) -> None:
    scene = make("outstanding_requests: 2")
    net = scene.net
    net._paused.add(net.peer_of(scene.switch))
    for tenant in (scene.watcher, scene.controller):
        before = len(net.engine.datapaths[1].pending)
        net.say(tenant, *map(m.BarrierRequest, range(9)))
        assert len(net.engine.datapaths[1].pending) >= before + 2
    net._paused.clear()
    net.run()
    for tenant in (scene.watcher, scene.controller):
        assert tenant.take_heard() == [m.BarrierReply(xid) for xid in range(9)]


def test_a_watcher_that_is_dialled_is_dialled_again() -> None:
    scene = Scene(False, V13)
    watcher = scene.net.tenant("red")
    assert watcher.endpoint.is_watchers
    refused = V13.encode(ADD)
    assert scene.net.say(watcher, refused) == scene.error(refused)
    scene.net.unplug(watcher)
    scene.net.wait(5)
    (again,) = (each for each in scene.net.tenants if each.endpoint == watcher.endpoint)
    assert again is not watcher
    assert scene.net.say(again, refused) == scene.error(refused)
