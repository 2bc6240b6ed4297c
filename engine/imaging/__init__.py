"""Bytes to pixels safely: formats, physical scale, quality, pyramids, registration, correlation."""
