"""What a slice may use: rates, shares and limits, as values.

Never imports the flowspace: how much a slice gets has nothing to do with what it owns.
"""

from slicer.isolation.limits import Limits
from slicer.isolation.rates import Percent, QuantityError, Rate, parse_bandwidth
from slicer.isolation.shares import Share

__all__ = ["Limits", "Percent", "QuantityError", "Rate", "Share", "parse_bandwidth"]
