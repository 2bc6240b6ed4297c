"""The Report page: opinion, preview, issued reports, verification."""

from gui.pages.report.page import ReportPage

__all__ = ["ReportPage"]
