"""Micro-pattern labels: fields, libraries, their index, and which known label a capture shows."""
