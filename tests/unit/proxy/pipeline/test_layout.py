"""The layout: numbers that fit, that tell their meaning, and that meet nobody else's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow import constants as of
from slicer.proxy.pipeline import layout
from slicer.proxy.pipeline.layout import Stage, StageCookie

stages = st.sampled_from(Stage)
u8, u16, u64 = st.integers(0, 0xFF), st.integers(0, 0xFFFF), st.integers(0, 2**64 - 1)
cookies = st.builds(StageCookie, stages, u16, u16, u8)


def test_the_tenants_tables_lie_between_the_slicers() -> None:
    tenants = range(layout.FIRST_TENANT_TABLE, layout.FIRST_TENANT_TABLE + layout.TENANT_TABLES)
    slicers = [layout.ADMIT_TABLE, layout.OWNER_TABLE, layout.EMIT_TABLE]
    assert sorted([*tenants, *slicers]) == list(range(254))
    assert layout.TENANT_TABLES == 251


def test_no_two_registers_share_a_bit() -> None:
    assert len({layout.TAG, layout.OWNER, layout.REQUEST, layout.UNREAD, "reg3"}) == 5
    assert (layout.REQUEST, layout.REQUEST_XREG) == ("reg2", "xreg1")


def test_every_stage_has_a_number_of_its_own() -> None:
    assert len(Stage.__members__) == len(Stage)
    assert min(Stage) == 1


def test_requests_come_before_rules_and_rules_before_misses() -> None:
    assert layout.MISS_PRIORITY < layout.STRAY_PRIORITY < layout.EMIT_PRIORITY
    assert layout.EMIT_PRIORITY < layout.HAIRPIN_PRIORITY
    for judged in (layout.UNREAD_PRIORITY, layout.DISCOVERY_PRIORITY):
        assert layout.MAX_RULE_PRIORITY < judged < layout.REQUEST_PRIORITY


@given(cookies)
def test_a_cookie_reads_as_it_was_written(cookie: StageCookie) -> None:
    assert 0 <= int(cookie) < 2**64
    assert StageCookie.read(int(cookie)) == cookie


@given(u64.filter(lambda cookie: cookie >> 48 != 0x51CE))
def test_cookies_of_others_mean_nothing(cookie: int) -> None:
    assert StageCookie.read(cookie) is None


@pytest.mark.parametrize("stage", [0, max(Stage) + 1, 0xFF])
def test_a_cookie_of_a_stage_that_there_is_not_means_nothing(stage: int) -> None:
    assert StageCookie.read(0x51CE << 48 | stage << 40 | 1) is None


@given(cookies, stages, u16)
def test_a_filter_takes_one_stages_flows_of_one_tag(
    cookie: StageCookie, stage: Stage, tag: int
) -> None:
    wanted, mask = layout.cookie_filter(stage, tag)
    passes = int(cookie) & mask == wanted & mask
    assert passes == ((cookie.stage, cookie.tag) == (stage, tag))
    own, mask = layout.cookie_filter(cookie.stage, cookie.tag)
    assert int(cookie) & mask == own & mask


@given(st.sampled_from(Stage), st.sampled_from(Stage), st.integers(1, layout.MAX_TAG), u16)
def test_a_stages_flows_are_selected_by_their_cookies(
    stage: Stage, other: Stage, tag: int, port: int
) -> None:
    wanted, mask = layout.stage_filter(stage)
    passes = int(StageCookie(other, tag, port, 7)) & mask == wanted & mask
    assert passes == (other is stage)


@pytest.mark.parametrize("number", {*range(256)} - {*Stage})
def test_a_cookie_of_no_stage_is_none_of_the_slicers(number: int) -> None:
    assert StageCookie.read(0x51CE << 48 | number << 40) is None


@given(st.integers(1, layout.MAX_TAG), u16)
def test_the_slicers_group_ids_are_its_own_and_tell_tag_and_port(tag: int, port: int) -> None:
    number = layout.group_id(tag, port)
    assert layout.LAST_TENANT_GROUP < number <= of.OFPG_MAX
    assert layout.read_group_id(number) == (tag, port)


@given(st.integers(0, layout.LAST_TENANT_GROUP))
def test_a_tenants_group_id_is_none_of_the_slicers(number: int) -> None:
    assert layout.read_group_id(number) is None


@given(st.integers(1, layout.MAX_TAG), st.integers(0, 0xFFFF_FFFF))
def test_a_request_holds_who_asks_for_which_port(tag: int, port: int) -> None:
    assert layout.request(tag, port) >> 16 == tag
    assert layout.request(tag, port) & layout.PORT_MASK == port & 0xFFFF
    assert layout.request(tag, port) < 1 << 32


@pytest.mark.parametrize(
    "port",
    [0, 1, 0xFEFF, of.OFPP_MAX, of.OFPP_IN_PORT, of.OFPP_FLOOD, of.OFPP_ALL, of.OFPP_LOCAL],
)
def test_a_port_comes_back_from_its_short_form(port: int) -> None:
    assert layout.port_number(port & layout.PORT_MASK) == port


def test_the_spread_ports_are_openflows() -> None:
    shorts = (layout.FLOOD_PORT, layout.ALL_PORT, layout.IN_PORT_PORT)
    assert [layout.port_number(short) for short in shorts] == [
        of.OFPP_FLOOD,
        of.OFPP_ALL,
        of.OFPP_IN_PORT,
    ]
