"""Search among enrolled vectors: an index is a cache that is rebuilt from the store, never the record."""
