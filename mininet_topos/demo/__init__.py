"""The demo: two tenants, and then a hostile one, on one network. `python -m mininet_topos.demo`.

    __main__.py    the command line, the order of the acts, the exit status
    progress.py    what is under way, each step with its time limit
    processes.py   controllers, servers and clients as processes
    network.py     the Mininet network, and what its switches say
    flows.py       what a switch holds, read without the slicer
    reaching.py    act 1: who reaches whom, in which slice, by which path
    rates.py       act 2: bandwidth per slice
    hostility.py   act 3: a hostile controller in place of office's
    facts.py       what was seen, as values
    checks.py      what was expected: facts in, named checks out
    report.py      facts and checks as tables, or as JSON

It is an experiment upon the slicer, which runs as a process of its own under `ryu-manager`.
Invariant: a fact is measured in the network (packets, port counters, the switches' own tables),
never taken from the slicer's word alone.
"""
