"""Slivers: their ports, their controllers' roles, and who of them hears what."""

from typing import cast

import pytest

from slicer.openflow import constants as of
from slicer.openflow import errors
from slicer.openflow.dialect import Dialect
from slicer.openflow.messages import PacketIn, PortStatus
from slicer.openflow.oxm import Match
from slicer.openflow.v10 import V10
from slicer.openflow.v13 import V13
from slicer.proxy.notice import Notice
from slicer.proxy.refusal import Refusal
from slicer.proxy.roles import NO_GENERATION
from slicer.proxy.sliver import Sliver
from slicer.proxy.tenant import Tenant
from tests.unit.proxy.parts import port, ports, red_sliver

EQUAL, MASTER, SLAVE, NOCHANGE = (
    of.OFPCR_ROLE_EQUAL,
    of.OFPCR_ROLE_MASTER,
    of.OFPCR_ROLE_SLAVE,
    of.OFPCR_ROLE_NOCHANGE,
)


class FakeTenant:
    """Wants what it is told to want."""

    def __init__(self, *, wants: bool = True, is_watcher: bool = False) -> None:
        self.role = EQUAL
        self.is_watcher = is_watcher
        self.dialect: Dialect = V13
        self.heard: list[object] = []
        self._wants = wants

    def wants(self, notice: Notice) -> bool:
        return self._wants

    def offer(self, notice: Notice) -> None:
        self.heard.append(V13.decode(notice.frame(V13)))


def join(
    sliver: Sliver, *, wants: bool = True, is_watcher: bool = False
) -> tuple[FakeTenant, Tenant]:
    fake = FakeTenant(wants=wants, is_watcher=is_watcher)
    tenant = cast(Tenant, fake)
    sliver.tenants.append(tenant)
    return fake, tenant


def test_it_reads_as_people_call_it() -> None:
    assert str(red_sliver()) == "red on s1"


def test_only_its_ports_are_its_own() -> None:
    sliver = red_sliver()
    assert sliver.owns_port(1)
    assert not sliver.owns_port(3)
    sliver.set_ports(ports(3, of.OFPP_LOCAL))
    assert sliver.owns_port(of.OFPP_LOCAL)
    assert not sliver.owns_port(1)


def test_its_tenants_hear_of_ports_that_go_come_and_change_and_of_no_others() -> None:
    sliver = red_sliver()
    fake, _ = join(sliver)
    sliver.set_ports({2: port(2, state=of.OFPPS_LINK_DOWN), 3: port(3), 4: port(4)})
    assert fake.heard == [
        PortStatus(0, of.OFPPR_DELETE, port(1)),
        PortStatus(0, of.OFPPR_ADD, port(3)),
        PortStatus(0, of.OFPPR_ADD, port(4)),
        PortStatus(0, of.OFPPR_MODIFY, port(2, state=of.OFPPS_LINK_DOWN)),
    ]
    fake.heard.clear()
    sliver.set_ports(dict(sliver.ports))
    assert fake.heard == []


def test_the_tenant_that_changed_a_port_does_not_hear_of_it() -> None:
    sliver = red_sliver()
    fake, tenant = join(sliver)
    other, _ = join(sliver)
    sliver.set_ports(ports(1), by=tenant)
    assert fake.heard == []
    assert other.heard == [PortStatus(0, of.OFPPR_DELETE, port(2))]


def test_the_ports_are_a_copy() -> None:
    sliver, given = red_sliver(), ports(1)
    sliver.set_ports(given)
    given.clear()
    assert sliver.owns_port(1)


def test_a_notice_goes_to_those_that_want_it() -> None:
    sliver = red_sliver()
    keen, _ = join(sliver)
    deaf, _ = join(sliver, wants=False)
    message = PacketIn(0, of.OFP_NO_BUFFER, 0, of.OFPR_ACTION, 0, 0, Match(), b"")
    sliver.offer(Notice.of(message))
    assert keen.heard == [message]
    assert deaf.heard == []


def test_a_new_master_makes_a_slave_of_the_former_one() -> None:
    sliver = red_sliver()
    one, first = join(sliver)
    other, second = join(sliver)
    third, _ = join(sliver)
    sliver.set_role(first, MASTER, 1)
    assert (one.role, other.role, third.role) == (MASTER, EQUAL, EQUAL)
    sliver.set_role(second, MASTER, 2)
    assert (one.role, other.role, third.role) == (SLAVE, MASTER, EQUAL)
    sliver.set_role(second, MASTER, 2)
    assert other.role == MASTER, "a master may ask again"


@pytest.mark.parametrize("role", [MASTER, SLAVE])
def test_a_stale_generation_changes_no_role(role: int) -> None:
    sliver = red_sliver()
    one, first = join(sliver)
    other, second = join(sliver)
    sliver.set_role(first, MASTER, 9)
    with pytest.raises(Refusal) as refused:
        sliver.set_role(second, role, 8)
    assert refused.value.error == errors.ROLE_REQUEST_FAILED_STALE
    assert (one.role, other.role) == (MASTER, EQUAL)


def test_a_watcher_is_never_master_and_makes_no_generation_stale() -> None:
    sliver = red_sliver()
    one, controller = join(sliver)
    other, watcher = join(sliver, is_watcher=True)
    sliver.set_role(controller, MASTER, 5)
    with pytest.raises(Refusal) as refused:
        sliver.set_role(watcher, MASTER, 9)
    assert refused.value.error == errors.ROLE_REQUEST_FAILED_UNSUP
    sliver.set_role(watcher, SLAVE, 99)
    assert (one.role, other.role, sliver.generation.value) == (MASTER, SLAVE, 5)
    with pytest.raises(Refusal) as refused:
        sliver.set_role(watcher, SLAVE, 4)
    assert refused.value.error == errors.ROLE_REQUEST_FAILED_STALE
    sliver.set_role(watcher, EQUAL, 0)
    sliver.set_role(controller, MASTER, 6)
    assert (one.role, other.role, sliver.generation.value) == (MASTER, EQUAL, 6)


@pytest.mark.parametrize("is_watcher", [False, True])
def test_watchers_hear_of_misses_only_where_a_controller_does(is_watcher: bool) -> None:
    sliver = red_sliver()
    fake, _ = join(sliver, is_watcher=is_watcher)
    fake.dialect = V10
    assert sliver.hears_of_misses is not is_watcher


@pytest.mark.parametrize("role", [EQUAL, NOCHANGE])
def test_generations_are_for_masters_and_slaves_only(role: int) -> None:
    sliver = red_sliver()
    fake, tenant = join(sliver)
    sliver.set_role(tenant, role, 7)
    assert fake.role == EQUAL
    assert sliver.generation.value == NO_GENERATION
    sliver.set_role(tenant, SLAVE, 3)
    sliver.set_role(tenant, NOCHANGE, 0)
    assert fake.role == SLAVE
    assert sliver.generation.value == 3
