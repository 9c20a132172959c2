"""Rates: the receiver's rate is what counts."""

import json

import pytest

from mininet_topos.demo.progress import DemoError
from mininet_topos.demo.rates import received_rate


def test_the_receivers_rate_is_read() -> None:
    end = {"sum_sent": {"bits_per_second": 11e6}, "sum_received": {"bits_per_second": 9.5e6}}
    assert received_rate(json.dumps({"end": end})) == 9.5e6


def test_what_iperf_could_not_do_is_an_error() -> None:
    with pytest.raises(DemoError, match="expected a rate: unable to connect"):
        received_rate(json.dumps({"error": "unable to connect", "end": {}}))


def test_what_is_no_json_is_an_error() -> None:
    with pytest.raises(DemoError, match="found 'nonsense' from iperf3, expected JSON"):
        received_rate("nonsense")
