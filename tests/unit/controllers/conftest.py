"""Ryu applications can be imported only as `slicer/ryu_manager.py` has it."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from eventlet import wsgi

wsgi.ALREADY_HANDLED = ()
