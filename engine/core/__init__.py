"""Vocabulary: frozen records, units, pixel conventions, errors, settings and seeds."""
