"""Small reusable widgets: records in, signals out."""
