"""The register of product IDs: what was issued, what became of it, who checked it, and what looks odd about that."""
