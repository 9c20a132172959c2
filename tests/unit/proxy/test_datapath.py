"""Datapaths: greeting, joining, slivers that follow ports and policy, and slow switches."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import cast

import pytest

from slicer.flowspace.match import Match as Region
from slicer.flowspace.rule import Rule
from slicer.flowspace.space import FlowSpace
from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.dialect import Dialect
from slicer.openflow.messages import (
    BarrierReply,
    BarrierRequest,
    EchoRequest,
    ErrorMessage,
    FeaturesReply,
    FeaturesRequest,
    Hello,
    Message,
    PortStatus,
)
from slicer.openflow.multipart import (
    DescRequest,
    PortDescReply,
    PortDescRequest,
)
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.datapath import Datapath
from slicer.proxy.enforcement import Enforcement, Report, Unsuitable
from slicer.proxy.operation import Steps
from slicer.proxy.routes import State
from tests.unit.proxy.parts import (
    DESC,
    FEATURES,
    FakeEnforcement,
    FakeHost,
    greeting_datapath,
    greeting_tenant,
    peer,
    port,
    ports,
    ready_datapath,
    ready_tenant,
    said,
    space,
)

HELLO = Hello(0, frozenset({4}))
REPORT = Report(1, 2, 0, 0, ())


def tell(datapath: Datapath, *messages: Message) -> list[Message]:
    """What the datapath is told when it says this."""
    for message in messages:
        datapath.handle(V13.encode(message), 1.0)
    return said(datapath.peer)


def synchronising(*reports: Report) -> Callable[..., Steps[Report]]:
    """An enforcement's synchronise that needs one barrier and then gives the next report."""
    left = list(reports)

    def synchronise(
        flowspace: FlowSpace, ports_of: Callable[[str], Iterable[int]]
    ) -> Steps[Report]:
        yield []
        return left.pop(0) if len(left) > 1 else left[0]

    return synchronise


def identified(host: FakeHost, enforcement: object, features: FeaturesReply = FEATURES) -> Datapath:
    """A datapath that has said who it is."""
    datapath = greeting_datapath(enforcement, host)
    tell(datapath, HELLO)
    answers = (replace(features, xid=1), replace(DESC, xid=2), PortDescReply(3, (port(1), port(2))))
    tell(datapath, *answers, BarrierReply(4))
    return datapath


# ---- greeting ----


def test_it_is_greeted_and_asked_who_it_is() -> None:
    datapath = greeting_datapath()
    assert said(datapath.peer) == [HELLO]
    assert str(datapath) == "datapath at 10.0.0.1:4000"
    assert tell(datapath, HELLO) == [
        FeaturesRequest(1),
        DescRequest(2),
        PortDescRequest(3),
        BarrierRequest(4),
    ]
    assert datapath.state is State.JOINING


@pytest.mark.parametrize(
    ("first", "error", "found"),
    [
        (V13.encode(EchoRequest(0)), errors.BAD_REQUEST_BAD_TYPE, "no hello"),
        (
            V13.encode(Hello(0, frozenset({1, 5}))),
            errors.HELLO_FAILED_INCOMPATIBLE,
            "OpenFlow wire versions 1, 5, expected one of 4",
        ),
        (bytes.fromhex("0000000800000000"), errors.BAD_REQUEST_BAD_TYPE, "version 0"),
    ],
)
def test_another_greeting_ends_the_connection(
    first: bytes, error: errors.ErrorCode, found: str
) -> None:
    datapath = greeting_datapath()
    said(datapath.peer)
    datapath.handle(first, 1.0)
    assert said(datapath.peer) == [ErrorMessage(0, error.type, error.code, b"")]
    assert found in (datapath.peer.close_reason or "")


@pytest.mark.parametrize(("spoken", "dialect"), [({1}, V10), ({1, 4, 5}, V13)])
def test_the_highest_common_version_is_spoken(spoken: set[int], dialect: Dialect) -> None:
    both = {V13.version: V13, V10.version: V10}
    enforcement = cast(Enforcement, FakeEnforcement())
    datapath = Datapath(peer(), FakeHost(), enforcement, both, both)
    datapath.handle(V13.encode(Hello(0, frozenset(spoken))), 1.0)
    assert datapath.dialect is dialect


@pytest.mark.parametrize("version", [4, 1, 6])
def test_a_greeting_may_come_in_pieces(version: int) -> None:
    datapath = greeting_datapath()
    datapath.glance(version)
    assert not datapath.peer.is_closed


@pytest.mark.parametrize("version", [0, 7, 0x16, 0x47])
def test_bytes_of_another_protocol_end_the_connection_at_once(version: int) -> None:
    datapath = greeting_datapath()
    datapath.glance(version)
    assert "bytes of no OpenFlow" in (datapath.peer.close_reason or "")


def test_once_greeted_only_the_version_that_was_agreed_counts() -> None:
    datapath = ready_datapath()
    datapath.glance(4)
    assert not datapath.peer.is_closed
    datapath.handle(bytes.fromhex("0102000800000001"), 1.0)
    bad_version = errors.BAD_REQUEST_BAD_VERSION
    assert said(datapath.peer) == [ErrorMessage(0, bad_version.type, bad_version.code, b"")]
    assert datapath.peer.close_reason == "a message of version 1, expected 4"


def test_an_unknown_message_ends_the_connection() -> None:
    datapath = ready_datapath()
    datapath.handle(bytes.fromhex("0463000800000001"), 1.0)
    assert "a message of type 99, which no datapath sends READY" in str(datapath.peer.close_reason)


def test_lost_framing_ends_the_connection(caplog: pytest.LogCaptureFixture) -> None:
    datapath = ready_datapath()
    datapath.lost_framing("length field says 4 bytes")
    bad_length = errors.BAD_REQUEST_BAD_LEN
    assert said(datapath.peer) == [ErrorMessage(0, bad_length.type, bad_length.code, b"")]
    assert caplog.messages == ["s1: found length field says 4 bytes; closing its connection"]


# ---- joining ----


def test_once_identified_it_is_the_hosts_to_decide() -> None:
    host, enforcement = FakeHost(), FakeEnforcement(check=None)
    datapath = identified(host, enforcement)
    assert host.told == ["identified d1"]
    assert (datapath.dpid, str(datapath)) == (0xD1, "sd1")
    assert datapath.ports == ports(1, 2)
    assert enforcement.asked == [
        ("check", replace(FEATURES, xid=1), replace(DESC, xid=2)),
    ]
    assert datapath.slivers == {}
    assert said(datapath.peer) == []


def test_one_that_cant_be_sliced_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    def unsuitable(features: FeaturesReply, desc: object) -> None:
        raise Unsuitable(f"it has {features.n_tables} tables")

    host = FakeHost()
    datapath = identified(host, FakeEnforcement(check=unsuitable))
    assert datapath.peer.close_reason == "it has 254 tables"
    assert host.told == []
    assert "sd1: can't be sliced: it has 254 tables; closing its connection" in caplog.messages


def test_an_auxiliary_connection_is_let_go(caplog: pytest.LogCaptureFixture) -> None:
    host, enforcement = FakeHost(), FakeEnforcement(check=None)
    datapath = identified(host, enforcement, replace(FEATURES, auxiliary_id=1))
    assert datapath.peer.close_reason == "auxiliary connection 1"
    assert (host.told, enforcement.asked) == ([], [])
    assert "sd1: an auxiliary connection (1), expected main ones (0) only" in caplog.messages


def test_one_that_does_not_say_who_it_is_is_let_go() -> None:
    host = FakeHost()
    datapath = greeting_datapath(None, host)
    tell(datapath, HELLO, replace(FEATURES, xid=1), BarrierReply(4))
    assert datapath.peer.close_reason == "it answered a barrier but sent no DescReply before"
    assert host.told == []


def test_there_is_no_sliver_before_the_datapath_enforces_it() -> None:
    host = FakeHost()
    enforcement = FakeEnforcement(check=None, synchronise=synchronising(REPORT))
    datapath = identified(host, enforcement)
    datapath.synchronise(1.0)
    assert datapath.is_synchronising
    assert datapath.slivers == {}
    tell(datapath, BarrierReply(5))
    assert not datapath.is_synchronising
    assert datapath.state is State.READY
    assert datapath.slivers.keys() == {"red"}
    assert datapath.by_tag == {5: datapath.slivers["red"]}
    assert str(datapath.slivers["red"]) == "red on sd1"
    assert datapath.slivers["red"].ports == ports(1, 2)
    assert host.told == ["identified d1", "synchronised, JOINING"]
    datapath.synchronise(1.0)
    tell(datapath, BarrierReply(6))
    assert host.told[2:] == ["synchronised, READY"]


def test_a_synchronisation_that_fails_ends_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def synchronise(*_: object) -> Steps[Report]:
        yield []
        raise Unsuitable("3 flows are not as they were set")

    host = FakeHost()
    datapath = ready_datapath(FakeEnforcement(synchronise=synchronise), host)
    datapath.synchronise(1.0)
    tell(datapath, BarrierReply(1))
    assert datapath.peer.close_reason == "3 flows are not as they were set"
    assert caplog.messages == ["s1: 3 flows are not as they were set; closing its connection"]
    assert host.told == []


def test_what_a_synchronisation_leaves_to_be_done_is_done_while_others_may_begin() -> None:
    def rest() -> Steps[Report]:
        yield []
        yield []
        return Report(0, 0, 0, 0, (), {(5, "lost"): 2})

    reports = replace(REPORT, rest=rest()), REPORT
    host = FakeHost()
    datapath = ready_datapath(FakeEnforcement(synchronise=synchronising(*reports)), host)
    datapath.synchronise(1.0)
    assert said(datapath.peer) == [BarrierRequest(1)]
    assert tell(datapath, BarrierReply(1)) == [BarrierRequest(2)]
    assert host.told == ["synchronised, READY"]
    assert not datapath.is_synchronising
    datapath.synchronise(2.0)
    assert said(datapath.peer) == [BarrierRequest(3)]
    assert tell(datapath, BarrierReply(2)) == [BarrierRequest(4)]
    tell(datapath, BarrierReply(3))
    assert host.told == ["synchronised, READY"] * 2
    assert not datapath.slivers["red"].counters
    tell(datapath, BarrierReply(4))
    assert datapath.slivers["red"].counters == {"lost": 2}


def test_what_is_asked_for_during_a_synchronisation_is_done_once_after_it() -> None:
    enforcement = FakeEnforcement(synchronise=synchronising(REPORT))
    datapath = ready_datapath(enforcement)
    for _ in range(3):
        datapath.synchronise(1.0)
    assert said(datapath.peer) == [BarrierRequest(1)]
    assert tell(datapath, BarrierReply(1)) == [BarrierRequest(2)]
    assert tell(datapath, BarrierReply(2)) == []
    assert [each[0] for each in enforcement.asked].count("synchronise") == 2


def test_whoever_changes_something_all_the_time_does_not_have_that_done_all_the_time() -> None:
    enforcement = FakeEnforcement(synchronise=synchronising(REPORT))
    datapath = ready_datapath(enforcement)
    datapath.overtaken(1.0)
    assert not datapath.is_synchronising
    datapath.synchronise(1.0)
    for number in (1, 2):
        datapath.overtaken(1.0)
        tell(datapath, BarrierReply(number))
    assert not datapath.is_synchronising
    assert datapath.is_doubted
    datapath.synchronise(2.0)
    assert not datapath.is_doubted
    tell(datapath, BarrierReply(3))
    assert not datapath.is_synchronising
    assert [each[0] for each in enforcement.asked].count("synchronise") == 3


def test_the_log_has_what_was_changed_and_what_is_not_the_slicers(
    caplog: pytest.LogCaptureFixture,
) -> None:
    quiet = Report(3, 0, 0, 0, ())
    foreign = Report(3, 0, 0, 0, ("table 7, priority 1, cookie 0x9",))
    datapath = ready_datapath(FakeEnforcement(synchronise=synchronising(REPORT, quiet, foreign)))
    with caplog.at_level(logging.INFO):
        for xid in (1, 2, 3):
            datapath.synchronise(1.0)
            tell(datapath, BarrierReply(xid))
    assert caplog.messages == [
        f"s1: {REPORT}",
        "s1: a flow that is not the slicer's is left alone: table 7, priority 1, cookie 0x9",
    ]


# ---- slivers ----

RED = Rule("red", 2, Region.ANY, ports=frozenset({1}))
BLUE = Rule("blue", 1, Region.ANY)


def test_every_slice_has_a_sliver_with_its_own_ports() -> None:
    datapath = ready_datapath(host=FakeHost(space(RED, BLUE)))
    assert {name: list(each.ports) for name, each in datapath.slivers.items()} == {
        "red": [1],
        "blue": [1, 2],
    }
    assert {tag: each.slice for tag, each in datapath.by_tag.items()} == {5: "red", 6: "blue"}


def test_a_sliver_goes_with_its_slice_and_its_tenants_with_it() -> None:
    host = FakeHost(space(RED, BLUE))
    datapath = ready_datapath(host=host)
    tenant, greeting = ready_tenant(datapath), greeting_tenant(datapath, 10)
    blue = datapath.slivers["blue"]
    host.flowspace = space(BLUE)
    datapath.refresh_slivers()
    assert datapath.slivers == {"blue": blue}
    assert datapath.by_tag == {6: blue}
    assert tenant.peer.close_reason == "red has nothing on s1 any more"
    assert greeting.peer.close_reason == "red has nothing on s1 any more"


def test_a_port_is_as_the_datapath_says_and_as_the_slice_has_configured_it() -> None:
    enforcement = FakeEnforcement()
    datapath = ready_datapath(enforcement)
    tenant = ready_tenant(datapath)
    enforcement.answers["port_config"] = lambda tag, number: of.OFPPC_NO_FWD * (number == 2)
    datapath.ports[2] = replace(port(2), config=of.OFPPC_NO_RECV)
    datapath.ports_changed(renumbered=False, now=1.0)
    both = replace(port(2), config=of.OFPPC_NO_RECV | of.OFPPC_NO_FWD)
    assert said(tenant.peer) == [PortStatus(0, of.OFPPR_MODIFY, both)]
    assert ("port_config", 5, 2) in enforcement.asked
    assert datapath.ports[2].config == of.OFPPC_NO_RECV


# ---- the end ----


def test_with_it_its_operations_end_and_its_tenants_are_let_go() -> None:
    ended: list[str] = []

    def synchronise(*_: object) -> Steps[Report]:
        try:
            yield []
        finally:
            ended.append("cancelled")
        return REPORT

    host = FakeHost()
    datapath = ready_datapath(FakeEnforcement(synchronise=synchronise), host)
    tenant = ready_tenant(datapath)
    datapath.synchronise(1.0)
    datapath.closed("connection reset", 2.0)
    assert ended == ["cancelled"]
    assert tenant.peer.close_reason == "s1 has disconnected"
    assert host.told == []
