"""Faucet and its Gauge on switches that another controller's tenant shares."""

import os
import re
import urllib.request

import pytest

from tests.controllers.packages import program
from tests.controllers.shared import RED_PORT, SECOND_PORT, TRUNK, share
from tests.live.lab import Lab, Process, wait_for

TWO_VLANS = """
vlans:
  office: {vid: 100}
  guests: {vid: 200}
dps:
  one:
    dp_id: 1
    hardware: "Open vSwitch"
    group_table: GROUPS
    interfaces: &ports
      1: {native_vlan: office}
      2: {native_vlan: guests}
      TRUNK: {tagged_vlans: [office, guests]}
  two:
    dp_id: 2
    hardware: "Open vSwitch"
    group_table: GROUPS
    interfaces: *ports
"""
STACK = """
vlans:
  office: {vid: 100}
dps:
  one:
    dp_id: 1
    hardware: "Open vSwitch"
    stack: {priority: 1}
    interfaces:
      1: {native_vlan: office}
      TRUNK: {stack: {dp: two, port: TRUNK}}
  two:
    dp_id: 2
    hardware: "Open vSwitch"
    interfaces:
      1: {native_vlan: office}
      2: {native_vlan: office}
      TRUNK: {stack: {dp: one, port: TRUNK}}
"""
ROUTER = """
vlans:
  office: {vid: 100, faucet_vips: [10.100.0.254/24], faucet_mac: "0e:00:00:00:00:01"}
  guests: {vid: 200, faucet_vips: [10.200.0.254/24], faucet_mac: "0e:00:00:00:00:02"}
routers:
  between: {vlans: [office, guests]}
meters:
  slow: {meter_id: 1, entry: {flags: KBPS, bands: [{type: DROP, rate: 5000}]}}
acls:
  no-udp:
    - rule: {eth_type: 0x0800, ip_proto: 17, actions: {allow: 0}}
    - rule: {eth_type: 0x0800, ip_proto: 1, actions: {meter: slow, allow: 1}}
    - rule: {actions: {allow: 1}}
dps:
  one:
    dp_id: 1
    hardware: "Open vSwitch"
    interfaces:
      1: {native_vlan: office, acls_in: [no-udp]}
      2: {native_vlan: guests}
"""
ROUTERS_PACKETS = """\
  - {slice: red, priority: 1, ports: [1, 2],
      match: {eth_src: "0e:00:00:00:00:00/ff:ff:ff:ff:ff:00"}}
"""
GAUGE = """
faucet_configs: [FAUCET]
watchers:
  ports: {type: port_stats, all_dps: true, interval: 1, db: metrics}
  states: {type: port_state, all_dps: true, interval: 1, db: metrics}
  flows: {type: flow_table, all_dps: true, interval: 1, db: metrics}
dbs:
  metrics: {type: prometheus, prometheus_addr: 127.0.0.1, prometheus_port: 9303}
"""


def start(lab: Lab, name: str, port: int, text: str, *options: str) -> Process:
    """Faucet, or Gauge, with a configuration. It starts os-ken's `osken-manager`, which is beside
    it."""
    config = lab.folder / f"{name}.yaml"
    config.write_text(text)
    faucet = program("faucet", "faucet")
    logs = ("FAUCET_LOG", "FAUCET_EXCEPTION_LOG", "GAUGE_LOG", "GAUGE_EXCEPTION_LOG")
    environment = {
        **dict.fromkeys(logs, "STDOUT"),
        f"{name.upper()}_CONFIG": str(config),
        "PATH": f"{faucet.parent}:{os.environ['PATH']}",
        "FAUCET_PROMETHEUS_ADDR": "127.0.0.1",
        "FAUCET_PROMETHEUS_PORT": "9302",
        "FAUCET_EVENT_SOCK": "",
    }
    arguments = [str(faucet), *options, "--ryu-ofp-tcp-listen-port", str(port)]
    return lab.start(arguments, name, lab.folder, **environment)


def two_vlans(*, groups: bool) -> str:
    """The configuration of two VLANs, flooding by groups or by flows alone."""
    return TWO_VLANS.replace("TRUNK", str(TRUNK)).replace("GROUPS", str(groups))


@pytest.mark.parametrize("groups", [False, True], ids=["flows", "groups"])
def test_two_vlans_over_two_switches(lab: Lab, groups: bool) -> None:
    shared = share(lab)
    start(lab, "faucet", RED_PORT, two_vlans(groups=groups))
    shared.reach("r1", "r3")
    shared.reach("r2", "r4")
    shared.miss("r1", "r2")
    shared.miss("r3", "r2")
    shared.are_apart()
    tables = set(re.findall(r"table=(\d+)", shared.ofctl("dump-flows")))
    assert len(tables) > 2, "Faucet's pipeline is of several tables"
    assert ("bucket" in shared.ofctl("dump-groups")) == groups
    assert "OFError" not in lab.processes["faucet"].log


def test_a_stack_of_switches(lab: Lab) -> None:
    """Faucet probes the cable by LLDP of its own, and takes the two switches for one."""
    shared = share(lab)
    faucet = start(lab, "faucet", RED_PORT, STACK.replace("TRUNK", str(TRUNK)))
    for dp in ("one", "two"):
        faucet.wait_for_log(rf"{dp} .*Stack Port {TRUNK} state UP", 40)
    for one, other in (("r1", "r3"), ("r3", "r4"), ("r4", "r1")):
        shared.reach(one, other)
    shared.are_apart()
    assert "OFError" not in faucet.log


def test_routing_between_vlans(lab: Lab) -> None:
    """Faucet answers ARP and pings itself, by packet-outs; its rules filter, meter and route."""
    shared = share(lab, ROUTERS_PACKETS)
    start(lab, "faucet", RED_PORT, ROUTER)
    office, guest = shared.host("r1"), shared.host("r2")
    for host, here, there in ((office, 100, 200), (guest, 200, 100)):
        address = f"ip address add 10.{here}.0.1/24 dev eth0"
        route = f"ip route add 10.{there}.0.0/24 via 10.{here}.0.254"
        assert host.run(f"{address} && {route}").returncode == 0
    for host, address in ((office, "10.100.0.254"), (guest, "10.200.0.254")):
        wait_for(lambda: host.ping(address, 1), f"reply of Faucet's {address}", 30)  # noqa: B023
    wait_for(lambda: office.ping("10.200.0.1", 1), "reply through the router", 30)
    assert office.ping("10.200.0.1", 5) == 5
    assert guest.ping("10.100.0.1", 5) == 5
    assert re.search(r"n_packets=[1-9].*,icmp,.*meter:1", shared.ofctl("dump-flows"))
    assert "meter=1 kbps" in shared.ofctl("dump-meters")
    shared.are_apart()
    assert "OFError" not in lab.processes["faucet"].log


def test_gauge_watches_beside_faucet(lab: Lab) -> None:
    """Two controllers of one slice: what Gauge reads is red's alone."""
    shared = share(lab)
    faucet = two_vlans(groups=False)
    start(lab, "faucet", RED_PORT, faucet)
    watched = GAUGE.replace("FAUCET", str(lab.folder / "faucet.yaml"))
    gauge = start(lab, "gauge", SECOND_PORT, watched, "--gauge")
    shared.reach("r1", "r3")
    shared.reach("b1", "b2")
    counter = 'of_port_rx_packets{dp_id="0x1",dp_name="one",port="1",port_description="1"}'
    wait_for(lambda: metrics().get(counter, 0) > 5, "r1's packets in Gauge's metrics", 20)
    ports = {port for name in metrics() for port in re.findall(r'port="(\d+)"', name)}
    assert ports == {"1", "2", str(TRUNK)}
    assert any(name.startswith("flow_packet_count_eth_src") for name in metrics())
    shared.are_apart()
    for process in (gauge, lab.processes["faucet"]):
        assert "OFError" not in process.log
        assert "Traceback" not in process.log


def metrics() -> dict[str, float]:
    """What Gauge offers to Prometheus, by name and labels; nothing while it isn't there."""
    try:
        with urllib.request.urlopen("http://127.0.0.1:9303", timeout=5) as reply:
            lines = reply.read().decode().splitlines()
    except OSError:
        return {}
    said = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    return {name: float(value) for name, value in said}
