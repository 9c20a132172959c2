"""OpenFlow 1.3.5: the codec between its frames and the neutral messages.

One module for each group of structures; `dialect` has the tables that put them together
and `V13`, all that the rest of the slicer needs to know.
"""

from slicer.openflow.v13.dialect import V13

__all__ = ["V13"]
