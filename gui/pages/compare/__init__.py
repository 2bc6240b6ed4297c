"""The Compare page: two captures on the stage, and what was found between them."""

from gui.pages.compare.page import ComparePage

__all__ = ["ComparePage"]
