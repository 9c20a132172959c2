"""What a sliver says its tables can do: nothing that would be refused, and tables of its own."""

from dataclasses import replace

import pytest

from slicer.openflow import actions as a
from slicer.openflow import constants as of
from slicer.openflow.actions import Action
from slicer.openflow.instructions import ApplyActions, WriteActions
from slicer.openflow.oxm import header_of, oxm
from slicer.openflow.oxm_fields import FIELDS, OPENFLOW_BASIC
from slicer.openflow.table_features import (
    FeatureId,
    FeatureProperty,
    IdsProperty,
    NextTablesProperty,
    RawProperty,
    TableFeatures,
    TableFeaturesReply,
)
from slicer.proxy.pipeline import translate
from slicer.proxy.pipeline.abilities import table_features
from slicer.proxy.pipeline.terms import GroupIds, Terms
from slicer.proxy.refusal import Refusal


def ids(kind: int, *numbers: int) -> IdsProperty:
    return IdsProperty(kind, tuple(map(FeatureId, numbers)))


def table(number: int, *properties: FeatureProperty, name: str = "") -> TableFeatures:
    return TableFeatures(number, name or f"table{number}", 1, 2, 3, 1000, properties)


def offered(stored: FeatureProperty) -> FeatureProperty:
    """What a tenant is told of one property."""
    (found,) = table_features(TableFeaturesReply(0, (table(1, stored),))).entries
    (each,) = found.properties
    return each


def test_only_the_tenants_tables_are_left_under_its_own_numbers() -> None:
    everything = TableFeaturesReply(7, tuple(map(table, range(254))), more=True)
    told = table_features(everything)
    assert [each.table_id for each in told.entries] == list(range(251))
    assert [each.name for each in told.entries] == [f"table{number}" for number in range(251)]
    assert (told.xid, told.more) == (7, True)
    assert told.entries[3] == replace(table(4), table_id=3, name="table3")


def test_a_name_that_somebody_gave_a_table_stays() -> None:
    (told,) = table_features(TableFeaturesReply(7, (table(4, name="acl"),))).entries
    assert (told.table_id, told.name) == (3, "acl")


@pytest.mark.parametrize("kind", [of.OFPTFPT_NEXT_TABLES, of.OFPTFPT_NEXT_TABLES_MISS])
def test_the_next_tables_are_the_tenants(kind: int) -> None:
    assert offered(NextTablesProperty(kind, (0, 2, 3, 251, 252, 253))) == NextTablesProperty(
        kind, (1, 2, 250)
    )


@pytest.mark.parametrize("kind", [of.OFPTFPT_INSTRUCTIONS, of.OFPTFPT_INSTRUCTIONS_MISS])
def test_experimenters_are_no_instructions_of_the_tenants(kind: int) -> None:
    assert offered(ids(kind, 1, 2, 3, 4, 5, 6, 0xFFFF)) == ids(kind, 1, 2, 3, 4, 5, 6)


ACTIONS: dict[int, Action] = {
    0: a.Output(1),
    11: a.CopyTtlOut(),
    12: a.CopyTtlIn(),
    15: a.SetMplsTtl(1),
    16: a.DecMplsTtl(),
    17: a.PushVlan(0x8100),
    18: a.PopVlan(),
    19: a.PushMpls(0x8847),
    20: a.PopMpls(0x0800),
    21: a.SetQueue(1),
    22: a.Group(1),
    23: a.SetNwTtl(1),
    24: a.DecNwTtl(),
    25: a.SetField(oxm("eth_dst", 1)),
    26: a.PushPbb(0x88E7),
    27: a.PopPbb(),
    0xFFFF: a.ExperimenterAction(1, b""),
}
"""Every action of OpenFlow 1.3.5 7.2.5 by its type."""


def is_refused(actions: type[ApplyActions | WriteActions], action: Action) -> bool:
    groups = GroupIds()
    groups.change(5, 1, frozenset())
    try:
        translate.instruction(Terms(5, groups), actions((action,)), table_miss=False)
    except Refusal:
        return True
    return False


@pytest.mark.parametrize(
    ("kind", "actions"),
    [
        (of.OFPTFPT_APPLY_ACTIONS, ApplyActions),
        (of.OFPTFPT_APPLY_ACTIONS_MISS, ApplyActions),
        (of.OFPTFPT_WRITE_ACTIONS, WriteActions),
        (of.OFPTFPT_WRITE_ACTIONS_MISS, WriteActions),
    ],
)
def test_just_those_actions_are_offered_that_are_not_refused(
    kind: int, actions: type[ApplyActions | WriteActions]
) -> None:
    accepted = [number for number in ACTIONS if not is_refused(actions, ACTIONS[number])]
    assert offered(ids(kind, *ACTIONS)) == ids(kind, *accepted)
    assert 0 < len(accepted) < len(ACTIONS)


@pytest.mark.parametrize("kind", [of.OFPTFPT_MATCH, of.OFPTFPT_WILDCARDS])
def test_only_openflows_fields_can_be_matched(kind: int) -> None:
    headers = [field.header for field in FIELDS]
    openflow = [field.header for field in FIELDS if field.oxm_class == OPENFLOW_BASIC]
    assert offered(ids(kind, *headers)) == ids(kind, *openflow)


@pytest.mark.parametrize(
    "kind",
    [
        of.OFPTFPT_WRITE_SETFIELD,
        of.OFPTFPT_WRITE_SETFIELD_MISS,
        of.OFPTFPT_APPLY_SETFIELD,
        of.OFPTFPT_APPLY_SETFIELD_MISS,
    ],
)
def test_just_those_fields_can_be_set_that_are_not_refused(kind: int) -> None:
    headers = [field.header for field in FIELDS]
    accepted = [
        field.header
        for field in FIELDS
        if not is_refused(ApplyActions, a.SetField(oxm(field.name, 0)))
    ]
    assert offered(ids(kind, *headers)) == ids(kind, *accepted)
    assert header_of("icmpv6_type") not in accepted
    assert header_of("tcp_dst") in accepted


def test_what_an_experimenter_says_of_a_table_is_left_out() -> None:
    stored = table(1, RawProperty(0xFFFE, b"data"), ids(of.OFPTFPT_INSTRUCTIONS, 1))
    (told,) = table_features(TableFeaturesReply(7, (stored,))).entries
    assert told.properties == (ids(of.OFPTFPT_INSTRUCTIONS, 1),)
