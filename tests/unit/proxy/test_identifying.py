"""A datapath is asked who it is."""

import pytest

from slicer.openflow.messages import FeaturesReply, FeaturesRequest
from slicer.openflow.multipart import DescRequest, PortDescReply, PortDescRequest
from slicer.proxy.enforcement import Unsuitable
from slicer.proxy.identifying import identify
from tests.unit.proxy.parts import DESC, FEATURES, port

OLD = FeaturesReply(0, 5, 0, 1, 0, 0, ports=(port(1), port(2)))


def test_its_ports_are_asked_for_beside() -> None:
    steps = identify(lists_ports=False)
    assert next(steps) == [FeaturesRequest(0), DescRequest(0), PortDescRequest(0)]
    parts = [PortDescReply(0, (port(1),), more=True), PortDescReply(0, (port(2),))]
    with pytest.raises(StopIteration) as stop:
        steps.send([[FEATURES], [DESC], [*parts], []])
    assert stop.value.value == (FEATURES, DESC, [port(1), port(2)])


def test_or_its_features_tell_of_them() -> None:
    steps = identify(lists_ports=True)
    assert next(steps) == [FeaturesRequest(0), DescRequest(0)]
    with pytest.raises(StopIteration) as stop:
        steps.send([[OLD], [DESC], []])
    assert stop.value.value == (OLD, DESC, [port(1), port(2)])


def test_one_that_does_not_say_is_unsuitable() -> None:
    steps = identify(lists_ports=True)
    next(steps)
    with pytest.raises(Unsuitable, match="sent no DescReply before"):
        steps.send([[OLD], [], []])
