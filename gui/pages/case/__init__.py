"""The Case page: items, captures, intake and custody."""

from gui.pages.case.page import CasePage

__all__ = ["CasePage"]
