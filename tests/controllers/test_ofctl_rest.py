"""Ryu's `ofctl_rest`, as Ryu ships it, driven over HTTP: with a switch and with a sliver of an
equal one that owns everything, and with slivers that share their switches."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.controllers.rest import Answer, Rest
from tests.controllers.shared import RED_PORT, TRUNK, share
from tests.differential.switches import DIRECT_PORT, SLIVER_PORT, address_of, two_sides
from tests.live.lab import Lab

DIRECT, SLICED = Rest(8081), Rest(8082)
RED = Rest(8081)


def flow(**said: Any) -> dict[str, Any]:
    """The body of a request about flows of switch 1."""
    return {"dpid": 1, **said}


def outputs(*ports: int | str) -> list[dict[str, Any]]:
    """Actions that output."""
    return [{"type": "OUTPUT", "port": port} for port in ports]


PING = {"in_port": 1, "eth_type": 0x0800, "ip_proto": 1}
REWRITE = [
    {"type": "PUSH_VLAN", "ethertype": 0x8100},
    {"type": "SET_FIELD", "field": "vlan_vid", "value": 4102},
    *outputs(2),
]
PIPELINE = [
    {"type": "WRITE_METADATA", "metadata": 5, "metadata_mask": 255},
    {"type": "GOTO_TABLE", "table_id": 3},
]
READ = (
    *("flow/1", "flowdesc/1", "aggregateflow/1", "groupdesc/1", "group/1"),
    *("meterconfig/1", "meter/1"),
)
BUCKETS = [{"weight": 1, "actions": outputs(1)}, {"weight": 2, "actions": outputs(2)}]
WATCHED = [{"watch_port": port, "actions": outputs(port)} for port in (1, 2)]
BANDS = [{"type": "DROP", "rate": 5000, "burst_size": 900}]
CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("flowentry/add", flow(priority=9, match={"in_port": 1}, actions=outputs(2))),
    ("flowentry/add", flow(cookie=7, priority=8, match=PING, actions=REWRITE)),
    ("flowentry/add", flow(match={"eth_dst": "02:00:00:00:00:09"}, actions=PIPELINE)),
    ("flowentry/add", flow(table_id=3, match={"metadata": 5}, actions=outputs("IN_PORT"))),
    ("flowentry/add", flow(priority=0, actions=outputs("CONTROLLER"))),
    ("flowentry/add", flow(priority=1, idle_timeout=90, hard_timeout=300, flags=1)),
    ("flowentry/modify", flow(match={"in_port": 1}, actions=outputs(3))),
    ("flowentry/modify_strict", flow(priority=9, match={"in_port": 1}, actions=outputs(2, 3))),
    ("flowentry/delete", flow(cookie=7, cookie_mask=7, match={})),
    ("flowentry/delete_strict", flow(priority=1)),
    ("groupentry/add", flow(type="ALL", group_id=1, buckets=BUCKETS)),
    ("groupentry/add", flow(type="SELECT", group_id=2, buckets=BUCKETS)),
    ("groupentry/add", flow(type="FF", group_id=3, buckets=WATCHED)),
    ("flowentry/add", flow(priority=5, actions=[{"type": "GROUP", "group_id": 2}])),
    ("groupentry/modify", flow(type="INDIRECT", group_id=1, buckets=BUCKETS[:1])),
    ("groupentry/delete", flow(type="FF", group_id=3)),
    (
        "portdesc/modify",
        flow(port_no=1, port_config={"config": 16, "mask": 16, "hw_addr": address_of(1).hex(":")}),
    ),
    ("role", flow(role="MASTER")),
    ("meterentry/add", flow(flags="KBPS", meter_id=1, bands=BANDS)),
    ("meterentry/add", flow(flags=["PKTPS", "BURST", "STATS"], meter_id=2, bands=BANDS)),
    ("meterentry/modify", flow(flags="KBPS", meter_id=2, bands=BANDS)),
    ("flowentry/add", flow(priority=2, actions=[{"type": "METER", "meter_id": 1}, *outputs(2)])),
    ("flowentry/add", flow(priority=3, actions=[{"type": "SET_QUEUE", "queue_id": 1}])),
    ("meterentry/delete", flow(meter_id=1)),
    ("flowentry/nonsense", flow(match={})),
    ("flowentry/add", {"dpid": 99}),
)
"""What is posted, one after the other."""
ASKED: tuple[tuple[str, Any], ...] = (
    *((path, None) for path in ("switches", "desc/1", "portdesc/1", "groupfeatures/1", "role/1")),
    ("flow/1", {"match": {"in_port": 1}}),
    ("flow/1", {"table_id": 3}),
    ("flow/1", {"out_port": 2}),
    ("flow/1", {"out_group": 2}),
    ("aggregateflow/1", {"table_id": 0}),
    ("group/1/2", None),
    ("group/1/77", None),
    ("meterconfig/1/2", None),
    ("meter/1/2", None),
    ("meter/1/77", None),
    ("queue/1", None),
    ("queue/1/1", None),
    ("queueconfig/1/1", None),
    ("desc/99", None),
)


def _counters(answer: Answer) -> Answer:
    status, said = answer
    kept = ("port_no", "rx_packets", "tx_packets", "rx_bytes", "tx_bytes")
    counted = [{name: each[name] for name in kept} for each in said["1"]]
    return status, sorted(counted, key=str)


def _tables(answer: Answer) -> Answer:
    status, said = answer
    return status, said["1"][:251]


def _names(answer: Answer) -> Answer:
    status, said = answer
    return status, [(each["table_id"], each["max_entries"]) for each in said["1"]][:251]


def _abilities(answer: Answer) -> Answer:
    status, said = answer
    return status, [{**each, "max_meter": 0} for each in said["1"]]


OTHERWISE: dict[str, Callable[[Answer], Answer]] = {
    "port/1": _counters,
    "port/1/2": _counters,
    "table/1": _tables,
    "tablefeatures/1": _names,
    "meterfeatures/1": _abilities,
}
"""What docs/transparency.md says to be otherwise, and what of that both agree on."""


@pytest.fixture
def both(lab: Lab) -> Iterator[Callable[..., tuple[Answer, Answer]]]:
    """Asks both, and returns what the switch's says and what the sliver's says."""
    with two_sides(lab) as (direct, _):
        # Ryu would choose 1.5, which a sliver doesn't offer.
        lab.bridges[direct.name].set("protocols=OpenFlow13")
        for rest, name, switch in ((DIRECT, "rest0", DIRECT_PORT), (SLICED, "rest1", SLIVER_PORT)):
            options = ("--ofp-tcp-listen-port", str(rest.port + 100))
            api = ("--wsapi-port", str(rest.port))
            dialled = ("--ofp-switch-address-list", f"127.0.0.1:{switch}")
            application = "ryu.app.ofctl_rest"
            rest.wait_for(lab.start_ryu(name, *options, *api, *dialled, application))
        yield lambda *asked: (DIRECT.ask(*asked), SLICED.ask(*asked))


Both = Callable[..., tuple[Answer, Answer]]


def test_a_sliver_of_everything_answers_as_a_switch(lab: Lab, both: Both) -> None:
    wrong: list[str] = []

    def compare(*asked: Any) -> None:
        direct, sliced = both(*asked)
        if _sorted(direct) != _sorted(sliced):
            wrong.append(f"{asked}: found {sliced}, expected {direct}")

    for path, body in CHANGES:
        compare(path, body)
        for read in READ:
            compare(read)
    for path, body in ASKED:
        compare(path, body)
    for path, common in OTHERWISE.items():
        direct, sliced = map(common, both(path))
        assert direct == sliced, path
    compare("flowentry/clear/1", None, "DELETE")
    compare("flow/1")
    assert not wrong, "\n".join(wrong)
    assert "Traceback" not in lab.processes["slicer"].log


def _sorted(answer: Any) -> Any:
    """The entries of a statistics reply have no order."""
    status, said = answer
    if not isinstance(said, dict):
        return status, said
    return status, {dpid: sorted(map(str, entries)) for dpid, entries in said.items()}


def test_slivers_that_share_their_switches(lab: Lab) -> None:
    shared = share(lab)
    options = ("--ofp-tcp-listen-port", str(RED_PORT), "--wsapi-port", str(RED.port))
    red = lab.start_ryu("red", *options, "ryu.app.ofctl_rest")
    for dpid in (1, 2):
        RED.wait_for(red, dpid)
        for port, to in ((1, TRUNK), (TRUNK, 1)):
            body = {"dpid": dpid, "match": {"in_port": port}, "actions": outputs(to)}
            assert RED.ask("flowentry/add", body) == (200, None)
    shared.reach("r1", "r3")
    shared.miss("r1", "r2")
    _, said = RED.ask("flow/1")
    assert {each["actions"][0] for each in said["1"]} == {"OUTPUT:1", f"OUTPUT:{TRUNK}"}
    _, said = RED.ask("portdesc/1")
    assert {each["port_no"] for each in said["1"]} == {1, 2, TRUNK}
    for dpid in (1, 2):
        assert RED.ask(f"flowentry/clear/{dpid}", None, "DELETE") == (200, None)
    shared.lose("r1", "r3")
    shared.are_apart()
