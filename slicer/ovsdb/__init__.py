"""OVSDB: a switch's own database, where the queues of its ports are set up (RFC 7047).

`rows` reads what a database says, `arranging` says what to change, `client` asks and changes.
Invariant: no row that somebody else has made is changed, but for a port's reference to its QoS
where it had none.
"""
