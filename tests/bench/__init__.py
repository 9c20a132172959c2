"""Benchmarks: what the slicer costs, always beside the same work done without it."""
