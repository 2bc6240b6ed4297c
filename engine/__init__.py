"""Touchstone's engine: everything that computes, records or reports. No Qt below this line."""

__version__ = "0.1.0"
