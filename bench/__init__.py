"""Benchmarks: ratios of what we are to what we could be, each measured against its baseline in the same run."""
