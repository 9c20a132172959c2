"""The table of match fields, against Ryu's and against itself."""

import pytest
from ryu.ofproto import ofproto_v1_3 as ofproto

from slicer.openflow.oxm_fields import BY_KEY, BY_NAME, FIELDS, OPENFLOW_BASIC, Field

RYU = {field.name: field for field in ofproto.oxm_types}
RYU_NAMES = {"nxm_in_port": "in_port_nxm"}


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_a_field_has_the_number_and_size_ryu_gives_it(field: Field) -> None:
    theirs = RYU.get(RYU_NAMES.get(field.name, field.name))
    if theirs is None:
        assert field.name.startswith("xreg")
        return
    assert field.key == theirs.num
    assert field.size == theirs.type.size
    assert field.bits <= field.size * 8


def test_the_basic_class_is_complete() -> None:
    numbers = [field.number for field in FIELDS if field.oxm_class == OPENFLOW_BASIC]
    assert numbers == list(range(40))


def test_names_and_keys_are_unique() -> None:
    assert len(BY_NAME) == len(BY_KEY) == len(FIELDS)


def test_headers_are_those_of_the_wire() -> None:
    assert BY_NAME["in_port"].header == 0x80000004
    assert BY_NAME["eth_dst"].masked_header == 0x8000070C
    assert BY_NAME["reg0"].header == 0x00010004
    assert BY_NAME["xreg1"].header == 0x80010208
    assert BY_NAME["ip_frag"].header == 0x00013401
    assert BY_NAME["vlan_vid"].full == 0x1FFF


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
def test_prerequisites_are_fields_with_possible_values(field: Field) -> None:
    for needed in field.prerequisites:
        other = BY_NAME[needed.field]
        assert all(0 <= value <= other.full for value in needed.values)
