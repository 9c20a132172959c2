"""However a stream is cut, the frames are the same; a bad length costs none before it."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from slicer.openflow.errors import FramingError
from slicer.openflow.framing import LONGEST_FRAME, Framer
from slicer.openflow.header import HEADER, with_xid, xid_of

FRAMES = st.lists(
    st.binary(max_size=60).map(lambda body: HEADER.pack(4, 2, 8 + len(body), 9) + body),
    max_size=8,
)
CUTS = st.lists(st.integers(0, 600), max_size=10)


def pieces(stream: bytes, cuts: Iterable[int]) -> list[bytes]:
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})
    return [stream[start:end] for start, end in zip([0, *ends], ends, strict=False)]


def feed_all(framer: Framer, parts: Iterable[bytes]) -> list[bytes]:
    found: list[bytes] = []
    for part in parts:
        try:
            found += framer.feed(part)
        except FramingError:
            break
    return found


@given(FRAMES, st.binary(max_size=7), CUTS)
def test_any_cutting_gives_the_same_frames(
    frames: list[bytes], rest: bytes, cuts: list[int]
) -> None:
    rest = rest[:2] + b"\0\xff"[: len(rest[2:])] if len(rest) > 2 else rest
    stream = b"".join(frames) + rest
    framer = Framer()
    assert feed_all(framer, pieces(stream, cuts)) == frames
    assert framer.pending == len(rest)
    assert framer.error is None


@given(FRAMES, st.integers(0, 7), st.binary(max_size=30), CUTS)
def test_frames_before_a_bad_length_are_kept(
    frames: list[bytes], length: int, rest: bytes, cuts: list[int]
) -> None:
    stream = b"".join(frames) + HEADER.pack(4, 2, length, 0) + rest
    framer = Framer()
    assert feed_all(framer, pieces(stream, cuts)) == frames
    assert framer.error is not None
    assert f"length field says {length} bytes" in str(framer.error)
    assert framer.pending == 0


@given(st.binary(max_size=300), CUTS, st.integers(8, LONGEST_FRAME))
def test_garbage_gives_frames_or_one_framing_error(
    stream: bytes, cuts: list[int], longest: int
) -> None:
    whole, cut = Framer(longest), Framer(longest)
    frames = feed_all(whole, [stream])
    assert feed_all(cut, pieces(stream, cuts)) == frames
    assert str(whole.error) == str(cut.error)
    assert stream.startswith(b"".join(frames))
    assert all(8 <= len(frame) <= longest for frame in frames)
    if whole.error is None:
        assert whole.pending == cut.pending == len(stream) - sum(map(len, frames))


@given(st.binary(min_size=8, max_size=40), st.integers(0, 0xFFFFFFFF))
def test_another_xid_changes_nothing_else(frame: bytes, xid: int) -> None:
    changed = with_xid(frame, xid)
    assert xid_of(changed) == xid
    assert changed[:4] + changed[8:] == frame[:4] + frame[8:]
