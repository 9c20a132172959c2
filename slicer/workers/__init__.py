"""Workers: the slicer on more than one core (decision 033).

    front        in Ryu's process: starts the supervisor, logs what it and its workers say
    supervisor   accepts datapaths and hands each to a worker; says which worker holds which dpid
    worker       an engine and its server, forked from the supervisor

Invariant: a datapath and its slivers are one worker's affair; what two workers must agree on, the
supervisor decides.
"""
