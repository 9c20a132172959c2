"""Tenants' priorities in a layer's range."""

import pytest

from slicer.proxy.clip.slots import NoSlot, Slots


def test_with_all_the_room_there_is_priorities_stay_apart_as_they_are() -> None:
    slots = Slots(65_536)
    assert [slots.take(each) for each in (0, 1, 100, 32_768, 65_535)] == [
        1,
        2,
        101,
        32_769,
        65_536,
    ]


def test_in_half_of_it_neighbours_stay_neighbours() -> None:
    slots = Slots(32_767)
    taken = {each: slots.take(each) for each in (0, 65_535, 1, 65_534, 32_768, 32_769)}
    assert taken[1] == taken[0] + 1 == 2
    assert taken[65_534] == taken[65_535] - 1 == 32_766
    assert taken[32_769] == taken[32_768] + 1


def test_between_two_that_are_next_to_each_other_there_is_none() -> None:
    slots = Slots(3)
    assert [slots.take(each) for each in (100, 50, 200)] == [2, 1, 3]
    with pytest.raises(NoSlot, match="is left between 50 and 100 for 60"):
        slots.take(60)


def test_a_slot_is_free_when_its_last_user_has_gone() -> None:
    slots = Slots(1)
    assert slots.take(5) == slots.take(5) == 1
    slots.release(5)
    with pytest.raises(NoSlot):
        slots.take(6)
    slots.release(5)
    assert slots.take(6) == 1
