"""Queues, seen from outside: emit uses those that the switch's database has, and meters where it
has none; a switch is not sliced without either."""

from slicer.openflow.actions import Output, PopQueue, SetQueue
from slicer.openflow.instructions import ApplyActions
from slicer.openflow.messages import ErrorMessage, Message, PortMod
from slicer.openflow.multipart import QueueStatsReply, QueueStatsRequest
from slicer.proxy.events import QueuesArranged
from slicer.proxy.pipeline.layout import Stage, StageCookie
from slicer.proxy.pipeline.stage_flow import TO_EMIT_APART
from tests.conversation.test_bandwidth import NORMAL, SHARED
from tests.fakes.network import Network, port
from tests.fakes.ovsdb import FakeDatabase
from tests.fakes.switch import FakeSwitch
from tests.fakes.tables import Flow

OVSDB = "ovsdb: unix:/run/db.sock"
POLICY = OVSDB + SHARED
UNSHARED = f"""
{OVSDB}
listen: [tcp:127.0.0.1:6633]
slices:
  red: {{controllers: [tcp:127.0.0.1:6653]}}
  blue: {{controllers: [tcp:127.0.0.1:6654]}}
flowspace:
  - {{slice: red, priority: 10, match: {{eth_type: ipv4}}}}
  - {{slice: blue, priority: 1}}
"""


class Bench:
    """A switch with ports 1 and 2, and its database."""

    def __init__(self, kind: str = "system") -> None:
        self.switch = FakeSwitch(1, [port(1), port(2)])
        self.database = FakeDatabase()
        bridge = self.database.bridge(1, kind)
        self.ports = {number: self.database.port(bridge, number) for number in (1, 2)}

    def run(self, policy: str = POLICY, *, database: bool = True) -> Network:
        network = Network(policy)
        network.database = self.database if database else None
        network.plug(self.switch)
        return network

    def emit(self, network: Network, name: str, number: int = 2) -> Flow:
        tag = network.engine.datapaths[1].slivers[name].tag
        (flow,) = (
            flow
            for flow in self.switch.tables.flows.values()
            if (cookie := StageCookie.read(flow.cookie))
            and (cookie.stage, cookie.tag, cookie.port) == (Stage.EMIT, tag, number)
        )
        return flow

    def queued(self, name: str) -> tuple[ApplyActions]:
        """What sends to port 2 by the slice's queue."""
        queues = self.database.queues_of(self.ports[2])
        (number,) = (number for number, (owner, _) in queues.items() if owner == name)
        return (ApplyActions((SetQueue(number), Output(2), PopQueue())),)


def port_meters(switch: FakeSwitch) -> list[int]:
    return [number for number in switch.meters if 0x1_0000 <= number < 0x3_0000]


def test_each_slice_has_its_queue_and_no_meter() -> None:
    bench = Bench()
    network = bench.run()
    assert dict(bench.database.queues_of(bench.ports[2]).values()) == {
        "red": {"min-rate": "37000000", "max-rate": "100000000"},
        "blue": {"min-rate": "63000000", "max-rate": "100000000"},
    }
    assert bench.emit(network, "red").instructions == bench.queued("red")
    assert bench.emit(network, "blue").instructions == bench.queued("blue")
    assert port_meters(bench.switch) == []
    assert not any(
        action == TO_EMIT_APART
        for flow in bench.switch.tables.flows.values()
        for each in flow.instructions
        if isinstance(each, ApplyActions)
        for action in each.actions
    ), "a copy is for where a meter may drop"


def test_nothing_is_looked_at_in_between_as_the_kernel_lends_by_itself() -> None:
    bench = Bench()
    network = bench.run()
    assert network.engine.datapaths[1].enforcement.sharing_interval() is None


def test_a_new_run_changes_nothing() -> None:
    bench = Bench()
    bench.run()
    flows, changes = dict(bench.switch.tables.flows), bench.database.changes
    bench.run()
    assert bench.switch.tables.flows == flows
    assert bench.database.changes == changes


def test_meters_become_queues_and_queues_meters_as_the_policy_says() -> None:
    bench = Bench()
    bench.run(SHARED)
    assert len(port_meters(bench.switch)) == 2
    network = bench.run()
    assert (port_meters(bench.switch), bench.emit(network, "red").instructions) == (
        [],
        bench.queued("red"),
    )
    network = bench.run(SHARED)
    assert bench.emit(network, "red").meter in port_meters(bench.switch)


def test_what_is_shared_no_more_has_no_queue() -> None:
    bench = Bench()
    bench.run()
    network = bench.run(UNSHARED)
    assert bench.emit(network, "red").instructions == (ApplyActions((Output(2),)),)
    assert bench.database.tables["QoS"] == bench.database.tables["Queue"] == {}


def test_the_userspace_datapath_has_meters() -> None:
    bench = Bench("netdev")
    network = bench.run()
    assert bench.emit(network, "red").meter in port_meters(bench.switch)
    assert bench.database.tables["QoS"] == {}


def test_a_port_whose_qos_is_somebody_elses_has_meters_and_the_other_queues() -> None:
    bench = Bench()
    bench.database.qos(bench.ports[2])
    network = bench.run()
    assert bench.emit(network, "red", 2).meter in port_meters(bench.switch)
    assert bench.emit(network, "red", 1).meter is None


def test_a_switch_whose_database_is_out_of_reach_is_not_sliced() -> None:
    bench = Bench()
    network = bench.run(database=False)
    assert network.engine.datapaths == {}
    assert bench.switch.tables.flows == {}


def test_nor_one_that_the_database_does_not_know_of() -> None:
    bench = Bench()
    bench.database.tables["Bridge"].clear()
    network = Network(POLICY)
    network.database = bench.database
    network.plug(bench.switch)
    assert network.engine.datapaths == {}


def test_one_that_is_sliced_keeps_its_queues_while_its_database_is_away() -> None:
    bench = Bench()
    network = bench.run()
    network.database = None
    before = bench.emit(network, "red").instructions
    network.wait(60.0)
    assert bench.emit(network, "red").instructions == before
    bench.database.tables["Port"][bench.ports[2]]["qos"] = ["set", []]
    network.database = bench.database
    network.wait(31.0)
    assert len(bench.database.queues_of(bench.ports[2])) == 2, "mended at the next audit"


def test_an_answer_for_a_connection_that_has_gone_is_for_nobody() -> None:
    bench = Bench()
    network = Network(POLICY)
    network.database = bench.database
    number = network.plug(bench.switch)
    network.unplug(bench.switch)
    network.tell(QueuesArranged(number, {("red", 2): 9}))
    assert network.engine.datapaths == {}
    again = network.plug(bench.switch)
    assert again != number
    assert bench.emit(network, "red").instructions == bench.queued("red")


def test_a_tenants_port_mod_leaves_the_queue_in_place() -> None:
    bench = Bench()
    network = bench.run()
    red = network.tenant("red")
    for config in (0x20, 0):  # OFPPC_NO_FWD
        address = port(2).hw_addr
        assert network.say(red, PortMod(1, 2, address, config, 0x20)) == []
    assert bench.emit(network, "red").instructions == bench.queued("red")


def test_a_tenant_sees_no_queue_and_has_no_normal_which_would_pass_by_them() -> None:
    bench = Bench()
    everything = POLICY.replace("  - {slice: blue, priority: 1}\n", "").replace(
        "match: {eth_type: ipv4}", "match: {}"
    )
    network = bench.run(everything.replace("share: 30", "share: 30, ceiling: 50M"))
    red = network.tenant("red")
    said: list[Message] = network.say(red, QueueStatsRequest(1, 0xFFFF_FFFF, 0xFFFF_FFFF))
    assert said == [QueueStatsReply(1)]
    (refused,) = network.say(red, NORMAL)
    assert isinstance(refused, ErrorMessage)
