"""Micro-pattern labels: cut them out of microscope fields, and find the same label again.

He et al. 2024, Automated production of batched unclonable micro-patterns anti-counterfeiting labels with strong
robustness and rapid recognition speed, Journal of Materials Informatics 4:18. Figure numbers in this package
are theirs.
"""

TITLE = "Micro-pattern label"
VERSION = "1"
CITATION = (
    "He et al. 2024, Automated production of batched unclonable micro-patterns anti-counterfeiting labels with strong "
    "robustness and rapid recognition speed, Journal of Materials Informatics 4:18"
)
