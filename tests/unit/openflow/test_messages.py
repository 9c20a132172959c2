"""Messages are values: one class for a kind, frozen, slotted, with xid first."""

from dataclasses import FrozenInstanceError, fields, replace

import pytest

from slicer.openflow import messages, multipart, table_features
from slicer.openflow.kinds import Kind
from slicer.openflow.messages import BarrierRequest, FlowMod, Message, PacketOut

CLASSES = [
    value
    for module in (messages, multipart, table_features)
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Message) and value is not Message
]


def test_each_kind_has_one_class() -> None:
    kinds = [cls.kind for cls in dict.fromkeys(CLASSES)]
    assert sorted(kinds, key=lambda kind: kind.value) == list(Kind)


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_message_is_slotted_and_has_its_xid_first(cls: type[Message]) -> None:
    assert fields(cls)[0].name == "xid"
    assert not [base for base in cls.__mro__ if "__dict__" in vars(base)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_a_message_is_called_as_its_kind(cls: type[Message]) -> None:
    name = cls.__name__.removesuffix("Message").lower()
    assert name == cls.kind.name.replace("_", "").lower()


def test_messages_are_frozen_and_compared_by_value() -> None:
    request = BarrierRequest(1)
    with pytest.raises(FrozenInstanceError):
        request.xid = 2  # type: ignore[misc]
    assert replace(request, xid=2) == BarrierRequest(2)
    assert hash(FlowMod(1)) == hash(FlowMod(1))


def test_what_is_left_out_means_nothing() -> None:
    flow_mod = FlowMod(1)
    assert (flow_mod.out_port, flow_mod.out_group, flow_mod.buffer_id) == (0xFFFFFFFF,) * 3
    assert (PacketOut(1).in_port, PacketOut(1).buffer_id) == (0xFFFFFFFD, 0xFFFFFFFF)
