"""Benchmarks: scripts that print measured figures, one JSON object a line."""
