"""Ryu applications can be imported only as `slicer/ryu_manager.py` has it."""

from eventlet import wsgi

wsgi.ALREADY_HANDLED = ()
