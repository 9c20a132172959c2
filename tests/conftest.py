"""What all tests share: hypothesis without deadlines, as test machines are slow and shared."""

from hypothesis import settings

settings.register_profile("slicer", deadline=None)
settings.load_profile("slicer")
