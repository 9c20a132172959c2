"""Whatever is taken and released, of two priorities in use the higher one has the higher slot."""

from hypothesis import given
from hypothesis import strategies as st

from slicer.proxy.clip.slots import LAST_PRIORITY, NoSlot, Slots

_priorities = st.one_of(
    st.integers(0, LAST_PRIORITY), st.integers(0, 8), st.integers(LAST_PRIORITY - 8, LAST_PRIORITY)
)


@given(st.sampled_from((3, 20, 32_766, 65_533)), st.lists(st.tuples(_priorities, st.booleans())))
def test_slots_are_in_the_order_of_their_priorities(
    last: int, steps: list[tuple[int, bool]]
) -> None:
    slots = Slots(last)
    used: dict[int, int] = {}
    users: dict[int, int] = {}
    for priority, releases in steps:
        if releases and users.get(priority):
            slots.release(priority)
            users[priority] -= 1
            if not users[priority]:
                del used[priority]
            continue
        try:
            slot = slots.take(priority)
        except NoSlot:
            assert priority not in used
            assert len(used) >= 1
            continue
        assert used.setdefault(priority, slot) == slot
        users[priority] = users.get(priority, 0) + 1
        in_order = [used[each] for each in sorted(used)]
        assert in_order == sorted(set(in_order))
        assert 1 <= in_order[0] <= in_order[-1] <= last
