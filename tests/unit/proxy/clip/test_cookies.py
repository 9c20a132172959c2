"""What a flow's cookie says."""

import pytest

from slicer.proxy.clip.cookies import NUMBERS, Cookie, Part, renumbered


@pytest.mark.parametrize("cookie", [Cookie(Part.UNOWNED), Cookie(Part.PIECE, 0xFFFF, NUMBERS - 1)])
def test_a_cookie_is_read_as_it_was_made(cookie: Cookie) -> None:
    assert Cookie.read(int(cookie)) == cookie


def test_it_can_be_read_by_people() -> None:
    assert f"{int(Cookie(Part.PIECE, 2, 0x1F)):#x}" == "0x51ce50002000001f"


@pytest.mark.parametrize("number", [0, 0x51CE << 48, 0x51CE6 << 44, 0x51CD1 << 44])
def test_others_cookies_mean_nothing(number: int) -> None:
    assert Cookie.read(number) is None


def test_a_piece_with_another_number_is_of_the_same_slice() -> None:
    cookie = int(Cookie(Part.PIECE, 7, NUMBERS - 1))
    assert Cookie.read(renumbered(cookie, 5)) == Cookie(Part.PIECE, 7, 5)
