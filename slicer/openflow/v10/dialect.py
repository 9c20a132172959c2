"""V10: the OpenFlow 1.0 dialect. What there is to say of its messages is in `table`.

An error of another version has 1.3's numbers, as every error has here.
"""

from typing import Final

from slicer.openflow.dialect import Dialect
from slicer.openflow.tabled import Tabled
from slicer.openflow.v10.table import PLAIN, STATISTICS, STATS, VERSION
from slicer.openflow.v13.core import ERROR

V10: Final[Dialect] = Tabled("1.0", VERSION, PLAIN, STATISTICS, STATS, ERROR)
