"""Ranges of numbers as the fewest (value, mask) pairs.

Invariant: a number is in exactly one of the pairs when it is in the range, else in none.
"""


def pairs_of_range(low: int, high: int, bits: int) -> list[tuple[int, int]]:
    """The disjoint (value, mask) pairs of `bits` bits that make up low to high, both included.

    At most 2 * bits - 2 pairs. `low` must not exceed `high`, nor `high` the field.
    """
    ones = (1 << bits) - 1
    pairs = []
    while low <= high:
        # The largest block that starts here: as low is aligned, and no longer than what is left.
        aligned = (low & -low) or 1 << bits
        block = min(aligned, 1 << ((high - low + 1).bit_length() - 1))
        pairs.append((low, ones & ~(block - 1)))
        low += block
    return pairs
