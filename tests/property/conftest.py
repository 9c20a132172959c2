"""For property tests: a profile that looks longer.

pytest tests/property --hypothesis-profile=thorough
"""

from hypothesis import settings

settings.register_profile("thorough", deadline=None, derandomize=False, max_examples=2000)
