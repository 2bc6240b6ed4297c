"""Two-level QR codes: series and their press, sheets, the register of product IDs, checks."""
