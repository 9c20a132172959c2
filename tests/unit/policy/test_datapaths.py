import pytest

from slicer.isolation import Rate
from slicer.policy import DatapathFacts, PortFacts
from slicer.policy.datapaths import DPID_FORM, LOCAL, PORT_FORM, dpid_in, port_in
from tests.unit.policy.policies import complaints, policy, problems, text


def test_datapaths_by_dpid_in_the_order_written() -> None:
    datapaths = policy(
        datapaths="{s2: {dpid: 0x2}, s1: {dpid: 1, ports: {1: {capacity: 100M}, eth0: {}}}}"
    ).datapaths
    assert datapaths is not None
    assert list(datapaths) == [2, 1]
    assert datapaths[1] == DatapathFacts(
        "s1", 1, {1: PortFacts(Rate(100_000_000)), "eth0": PortFacts(None)}
    )


def test_no_section_accepts_any_datapath() -> None:
    assert policy().datapaths is None


def test_an_empty_section_accepts_none() -> None:
    assert policy(datapaths="{}").datapaths == {}


@pytest.mark.parametrize(
    ("written", "dpid"),
    [
        ("1", 1),
        ("0x1", 1),
        ("0xABCDEF", 0xABCDEF),
        ("0000000000000010", 16),
        ("00:00:00:00:00:00:00:0a", 10),
        ("18446744073709551615", 2**64 - 1),
        ("0", None),
        ("0000000000000000", None),
        ("18446744073709551616", None),
        ("0x10000000000000000", None),
        ("-1", None),
        ("00:00:00:00:00:0a", None),
        ("a", None),
    ],
)
def test_dpids(written: str, dpid: int | None) -> None:
    assert dpid_in(written) == dpid


@pytest.mark.parametrize(
    ("written", "port"),
    [
        ("1", 1),
        ("65279", 65279),
        ("0x10", 16),
        ("LOCAL", LOCAL),
        ("local", LOCAL),
        ("s1-eth1", "s1-eth1"),
        ("veth@0", "veth@0"),
        ("0", None),
        ("65280", None),
        ("a b", None),
        ("a,b", None),
        ("-", None),
        ("CONTROLLER", None),
        ("", None),
    ],
)
def test_ports(written: str, port: int | str | None) -> None:
    assert port_in(written) == port


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("[]", ["found a list, expected a mapping from a datapath's name to its dpid and ports"]),
        ("{s1: 1}", ["found '1', expected a mapping with the keys dpid, ports, ovsdb"]),
        ("{s1: {}}", ["found no key 'dpid', expected dpid: in this mapping"]),
        ("{s1: {dpid: x}}", [f"found 'x', expected {DPID_FORM}, not 0"]),
        ("{s1: {dpid: 0}}", [f"found '0', expected {DPID_FORM}, not 0"]),
        ("{s1: {dpid: []}}", [f"found a list, expected {DPID_FORM}"]),
        (
            "{1s: {dpid: 1}}",
            ["found '1s', expected a name of letters, digits, '_', '.' and '-' that starts with a "
             "letter"],
        ),
        ("{s1: {dpid: 1}, s2: {dpid: 0x1}}", ["found the dpid of s1 again, expected each dpid "
                                              "once"]),
        ("{s1: {dpid: 1, port: {}}}", ["found key 'port', expected ports (of dpid, ports, ovsdb)"]),
        ("{s1: {dpid: 1, ports: [1]}}", ["found a list, expected a mapping from port to what is "
                                         "known of it"]),
        ("{s1: {dpid: 1, ports: {0: {}}}}", [f"found '0', expected {PORT_FORM}"]),
        ("{s1: {dpid: 1, ports: {1: {}, 0x1: {}}}}", ["found port '0x1' again, expected each port "
                                                      "once"]),
        ("{s1: {dpid: 1, ports: {1: 100M}}}", ["found '100M', expected a mapping with the keys "
                                               "capacity"]),
        ("{s1: {dpid: 1, ports: {1: {capacity: 30%}}}}", ["found '30%', expected a rate in bit/s "
                                                          "such as 64k, 100M, 1.5G"]),
        ("{s1: {dpid: 1, ports: {1: {capacity: }}}}", ["found nothing, expected a capacity in "
                                                       "bit/s such as 100M"]),
    ],
)  # fmt: skip
def test_what_is_no_datapath_is_refused(section: str, expected: list[str]) -> None:
    assert complaints(datapaths=section) == expected


def test_a_datapath_that_cannot_be_read_is_not_missed_by_rules() -> None:
    source = text(
        datapaths="{s1: {dpid: x}}", flowspace="[{slice: office, priority: 1, datapaths: [s1]}]"
    )
    assert len(problems(source)) == 1
