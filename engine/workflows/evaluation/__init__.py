"""Evaluations and benchmarks on simulated captures, and the files they are written to."""
