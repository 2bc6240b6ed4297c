"""Reports: records and pictures to PDF/A-3 with a manifest, and back to check them. Computes nothing about evidence."""
