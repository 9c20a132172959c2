from fractions import Fraction

import pytest

from slicer.isolation.rates import (
    MAX_RATE,
    Percent,
    QuantityError,
    Rate,
    parse_bandwidth,
    parse_rate,
)


@pytest.mark.parametrize(
    ("text", "bits"),
    [
        ("64k", 64_000),
        ("100M", 100_000_000),
        ("1.5G", 1_500_000_000),
        ("1T", 10**12),
        ("0.5k", 500),
        ("9600", 9600),
        ("10 Mbit/s", 10_000_000),
        ("10Mbps", 10_000_000),
        (12345, 12345),
    ],
)
def test_rates_as_people_write_them(text: str | int, bits: int) -> None:
    assert parse_bandwidth(text) == parse_rate(text) == Rate(bits)


@pytest.mark.parametrize(
    ("text", "percent"), [("30%", 30), ("12.5%", Fraction(25, 2)), ("100 %", 100), ("0.1%", 0.1)]
)
def test_percentages(text: str, percent: Fraction) -> None:
    assert parse_bandwidth(text) == Percent(Fraction(text.rstrip(" %")))
    assert parse_bandwidth(text) == Percent(Fraction(str(percent)))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("-5M", "found '-5M', expected a rate in bit/s such as 64k, 100M, 1.5G"),
        ("nan", "found 'nan', expected a rate in bit/s such as 64k, 100M, 1.5G"),
        ("inf", "found 'inf', expected a rate in bit/s such as 64k, 100M, 1.5G"),
        ("1e9", "found '1e9', expected a rate in bit/s such as 64k, 100M, 1.5G"),
        ("100m", "found '100m', expected a rate in bit/s such as 64k, 100M, 1.5G"),
        ("", "found '', expected a rate in bit/s such as 64k, 100M, 1.5G"),
        ("0", "found 0 bit/s, expected 1 to 1000000000000000 bit/s"),
        (0, "found 0 bit/s, expected 1 to 1000000000000000 bit/s"),
        (-1, "found -1 bit/s, expected 1 to 1000000000000000 bit/s"),
        ("1001T", "found 1001000000000000 bit/s, expected 1 to 1000000000000000 bit/s"),
        ("0.5", "found '0.5', expected a whole number of bit/s"),
        ("0%", "found 0 %, expected above 0 and at most 100 %"),
        ("101%", "found 101 %, expected above 0 and at most 100 %"),
        ("-1%", "found '-1%', expected a rate in bit/s such as 64k, 100M, 1.5G"),
    ],
)
def test_what_is_no_rate_is_refused(text: str | int, error: str) -> None:
    with pytest.raises(QuantityError) as refused:
        parse_bandwidth(text)
    assert str(refused.value) == error


def test_a_capacity_is_no_percentage() -> None:
    with pytest.raises(QuantityError, match=r"found '30%', expected a rate"):
        parse_rate("30%")


@pytest.mark.parametrize("text", ["64k", "100M", "1500M", "1G", "1T", "9601"])
def test_a_rate_reads_back_as_itself(text: str) -> None:
    assert str(parse_rate(text)) == text


def test_percentages_read_well() -> None:
    assert str(Percent(Fraction("12.5"))) == "12.5%"


def test_the_largest_rate() -> None:
    assert Rate(MAX_RATE).bits_per_second == MAX_RATE
