"""What all tests share: hypothesis without deadlines, as test machines are slow and shared, and
with the same examples each time, so that a tree passes or fails whoever tests it (decision 040).
The thorough profiles draw others each time."""

from hypothesis import settings

settings.register_profile("slicer", deadline=None, derandomize=True)
settings.load_profile("slicer")
