"""The proxy: one engine between datapaths and tenant controllers, without a socket or a clock.

The nouns, in the order in which a message meets them:

- An **event** says what happened outside (bytes came, a connection closed, time passed); a
  **command** says what the outside is asked to do (send, dial, listen, close). `events.py`
- A **peer** is one OpenFlow connection end: it cuts bytes into frames, collects what is to be sent
  and knows when it last heard from the other side. `peer.py`
- A **datapath** is a switch that has connected: its ports, what it was asked and has not answered
  yet, the slivers on it. `datapath.py`, `pending.py`, `operation.py`
- A **sliver** is one slice on one datapath, what a tenant controller sees as a switch.
  A **tenant** is one tenant controller's connection to a sliver. `sliver.py`, `tenant.py`
- A **route** says which handler a kind of message has in one direction and when it is legal.
  A kind without a route is refused: the tables in `from_controller.py` and `from_datapath.py` are
  the security policy.
- An **enforcement** keeps the slices of a datapath apart. `pipeline/` does it in the switch.

`engine.py` holds them together: `Engine.take(event, now)`, and `Engine.settle(now) -> commands`.
Time is an argument.

Invariant: a handler only ever sends to the datapath of the message it handles and to tenants of
the slice that the message belongs to.
"""
