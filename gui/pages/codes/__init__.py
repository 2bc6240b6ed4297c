"""The Codes page: series, presses, print sheets, and the register of product IDs."""

from gui.pages.codes.page import CodesPage

__all__ = ["CodesPage"]
