"""The counter of a stream counts what there is, however it comes in pieces."""

from hypothesis import given
from hypothesis import strategies as st

from tests.bench.stream import Counter

COUNTED = bytes.fromhex("040e0014 00000001") + bytes(12)
BARRIER = bytes.fromhex("04140008 00000007")
ECHO = bytes.fromhex("0402000c 00000009 01020304")
WORDS = {"flow-mod": COUNTED, "barrier": BARRIER, "echo": ECHO}


@given(
    st.lists(st.sampled_from(["flow-mod"] * 8 + ["barrier", "echo"]), max_size=60),
    st.lists(st.integers(1, 200), max_size=40),
)
def test_however_it_is_cut_the_count_is_right(said: list[str], sizes: list[int]) -> None:
    stream = b"".join(WORDS[each] for each in said)
    counter = Counter(14, BARRIER[:4])
    others: list[bytes] = []
    for size in sizes:
        others += counter.feed(stream[:size])
        stream = stream[size:]
    others += counter.feed(stream)
    assert counter.count == said.count("flow-mod")
    assert others == [WORDS[each] for each in said if each != "flow-mod"]
