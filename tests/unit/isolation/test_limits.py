from typing import Any

import pytest

from slicer.isolation import Limits, QuantityError
from slicer.isolation.limits import LIMITS, OverLimit


def limited(name: str, number: int) -> Limits:
    values: dict[str, Any] = {name: number}
    return Limits(**values)


def test_naming_nothing_limits_nothing() -> None:
    assert all(getattr(Limits(), name) is None for name in LIMITS)
    assert Limits().over_limit is OverLimit.WAIT


@pytest.mark.parametrize("name", LIMITS)
def test_limits_are_numbers(name: str) -> None:
    assert getattr(limited(name, 100_000), name) == 100_000


@pytest.mark.parametrize("name", ["flows", "groups", "meters"])
def test_a_slice_may_be_allowed_none(name: str) -> None:
    assert getattr(limited(name, 0), name) == 0


@pytest.mark.parametrize(
    "name",
    ["packet_ins_per_second", "messages_per_second", "bytes_per_second", "outstanding_requests"],
)
def test_a_slice_that_could_not_work_is_refused(name: str) -> None:
    with pytest.raises(QuantityError) as refused:
        limited(name, 0)
    assert str(refused.value) == f"found 0 {name}, expected 1 to 4294967295"


def test_an_outbox_holds_a_message_of_the_greatest_length() -> None:
    with pytest.raises(QuantityError, match="found 65534 outbox_bytes, expected 65535 to"):
        Limits(outbox_bytes=65534)
    assert Limits(outbox_bytes=65535).outbox_bytes == 65535


@pytest.mark.parametrize("number", [-1, 2**32])
def test_numbers_out_of_range_are_refused(number: int) -> None:
    with pytest.raises(QuantityError, match=f"found {number} flows, expected 0 to 4294967295"):
        Limits(flows=number)


def test_a_flow_needs_one_piece_at_least() -> None:
    with pytest.raises(QuantityError, match="found 0 pieces, expected 1 to"):
        Limits(pieces=0)
    assert Limits(pieces=1).pieces == 1
