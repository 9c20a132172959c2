"""tmp"""
from hypothesis import settings

from tests.property.isolation_machine import IsolationMachine

TestIsolation = IsolationMachine.TestCase
TestIsolation.settings = settings(max_examples=60, stateful_step_count=15, deadline=None)
