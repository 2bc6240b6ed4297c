"""Small changes to the source, each of which must make its named test fail."""
