"""What a sliver's tables can do, for those who ask with table features (OpenFlow 1.3.5 7.3.5.5).

The datapath's own answer, with the tables, instructions, actions and fields left out that a tenant
can't use. Invariant: what is offered here is not refused by `translate.py` for what it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from slicer.openflow import constants as of
from slicer.openflow.oxm import header_of
from slicer.openflow.oxm_fields import OPENFLOW_BASIC
from slicer.openflow.table_features import (
    FeatureProperty,
    IdsProperty,
    NextTablesProperty,
    RawProperty,
    TableFeatures,
    TableFeaturesReply,
)
from slicer.proxy.pipeline import layout

_NO_INSTRUCTIONS = frozenset({0xFFFF})
"""Experimenter (7.2.4)."""
_NO_ACTIONS = frozenset({26, 27, 0xFFFF})
"""Push and pop PBB, experimenter (7.2.5)."""
_NOT_WRITTEN = _NO_ACTIONS | {17}
"""Push VLAN too, in an action set."""
_NOT_SET = frozenset(map(header_of, ("icmpv6_type", "icmpv6_code")))

_OFFERED: dict[int, Callable[[int], bool]] = {
    **dict.fromkeys(
        (of.OFPTFPT_INSTRUCTIONS, of.OFPTFPT_INSTRUCTIONS_MISS),
        lambda number: number not in _NO_INSTRUCTIONS,
    ),
    **dict.fromkeys(
        (of.OFPTFPT_WRITE_ACTIONS, of.OFPTFPT_WRITE_ACTIONS_MISS),
        lambda number: number not in _NOT_WRITTEN,
    ),
    **dict.fromkeys(
        (of.OFPTFPT_APPLY_ACTIONS, of.OFPTFPT_APPLY_ACTIONS_MISS),
        lambda number: number not in _NO_ACTIONS,
    ),
    **dict.fromkeys(
        (of.OFPTFPT_MATCH, of.OFPTFPT_WILDCARDS),
        lambda header: header >> 16 == OPENFLOW_BASIC,
    ),
    **dict.fromkeys(
        (
            of.OFPTFPT_WRITE_SETFIELD,
            of.OFPTFPT_WRITE_SETFIELD_MISS,
            of.OFPTFPT_APPLY_SETFIELD,
            of.OFPTFPT_APPLY_SETFIELD_MISS,
        ),
        lambda header: header >> 16 == OPENFLOW_BASIC and header not in _NOT_SET,
    ),
}


def table_features(reply: TableFeaturesReply) -> TableFeaturesReply:
    """One part of a datapath's reply in a tenant's terms."""
    tables = (each for each in reply.entries if _is_tenants(each.table_id))
    return replace(reply, entries=tuple(map(_table, tables)))


def _is_tenants(table: int) -> bool:
    return layout.FIRST_TENANT_TABLE <= table < layout.OWNER_TABLE


def _table(stored: TableFeatures) -> TableFeatures:
    number = stored.table_id - layout.FIRST_TENANT_TABLE
    named = stored.name == f"table{stored.table_id}"
    return replace(
        stored,
        table_id=number,
        name=f"table{number}" if named else stored.name,
        properties=tuple(
            _property(each) for each in stored.properties if not isinstance(each, RawProperty)
        ),
    )


@lru_cache(maxsize=2048)
def _property(stored: FeatureProperty) -> FeatureProperty:
    if isinstance(stored, NextTablesProperty):
        later = (each for each in stored.table_ids if _is_tenants(each))
        return replace(stored, table_ids=tuple(each - layout.FIRST_TENANT_TABLE for each in later))
    if isinstance(stored, IdsProperty):
        offered = _OFFERED[stored.type]
        return replace(stored, ids=tuple(each for each in stored.ids if offered(each.id)))
    return stored
