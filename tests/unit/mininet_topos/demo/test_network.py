"""Network: what is read from what commands print. The network itself is for the live tests."""

from mininet_topos.demo.network import address, received

DUMP_PORTS = """\
OFPST_PORT reply (OF1.3) (xid=0x2): 3 ports
  port LOCAL: rx pkts=900, bytes=0, drop=0, errs=0, frame=0, over=0, crc=0
           tx pkts=901, bytes=0, drop=0, errs=0, coll=0
  port  1: rx pkts=63305, bytes=95782665, drop=0, errs=0, frame=0, over=0, crc=0
           tx pkts=27428, bytes=1819829, drop=0, errs=0, coll=0
  port 12: rx pkts=10, bytes=1819349, drop=0, errs=0, frame=0, over=0, crc=0
           tx pkts=63302, bytes=95770943, drop=0, errs=0, coll=0
"""


def test_packets_received_are_summed_over_real_ports() -> None:
    assert received(DUMP_PORTS) == 63315


def test_addresses_are_mininets() -> None:
    assert [address(host) for host in ("h1", "h4")] == ["10.0.0.1", "10.0.0.4"]
