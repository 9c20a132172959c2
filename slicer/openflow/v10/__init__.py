"""OpenFlow 1.0: the codec between its frames and the neutral messages.

Messages keep the meanings and numbers of OpenFlow 1.3; where the two versions differ, this
package translates as Open vSwitch does. One module for each group of structures; `dialect`
has `V10`, all that the rest of the slicer needs to know.
"""

from slicer.openflow.v10.dialect import V10

__all__ = ["V10"]
