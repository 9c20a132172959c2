"""Clip: the enforcement for datapaths that speak only OpenFlow 1.0.

Such a datapath has one table and no registers, so nothing there can ask who owns a packet. What a
tenant asks for is therefore cut to what its slice owns before it is installed:

    flow-mod -> layers.py    which of the slice's regions it meets, and above what
             -> granting.py  which of its outputs are the slice's, for all of a piece
             -> wording.py   each piece as matches that OpenFlow 1.0 can say, or a refusal
             -> mirror.py    what the tenant wrote, and the pieces that stand for it

`docs/decisions/018` to `020` say why it is done so. Invariant: no flow that is made for a tenant
ever decides about a packet of another slice's.
"""
