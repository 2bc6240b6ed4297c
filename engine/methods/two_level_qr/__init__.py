"""Two-level QR codes: issue codes whose black modules carry secret patterns, and measure what copying lost of them.

Xie and Tan 2021, An Anti-Counterfeiting Architecture for Traceability System Based on Modified Two-Level Quick Response
Codes, Electronics 10:320. Equation and section numbers in this package are theirs.
"""
