import pytest

from slicer.policy.ranges import pairs_of_range


@pytest.mark.parametrize(
    ("low", "high", "bits", "pairs"),
    [
        (0, 65535, 16, [(0, 0)]),
        (80, 80, 16, [(80, 0xFFFF)]),
        (0, 0, 16, [(0, 0xFFFF)]),
        (1, 6, 3, [(1, 7), (2, 6), (4, 6), (6, 7)]),
        # ovs-fields(7), Range match
        (
            1000,
            1999,
            16,
            [
                (0x03E8, 0xFFF8),
                (0x03F0, 0xFFF0),
                (0x0400, 0xFE00),
                (0x0600, 0xFF00),
                (0x0700, 0xFF80),
                (0x0780, 0xFFC0),
                (0x07C0, 0xFFF0),
            ],
        ),
    ],
)
def test_ranges(low: int, high: int, bits: int, pairs: list[tuple[int, int]]) -> None:
    assert pairs_of_range(low, high, bits) == pairs


def test_the_worst_range() -> None:
    assert len(pairs_of_range(1, 65534, 16)) == 30
