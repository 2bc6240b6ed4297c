"""The pages of the window. Each is imported when it is first needed, so that the window opens at once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageEntry:
    """A page before it is imported: what the rail shows and where the class is."""

    key: str
    title: str
    icon: str
    tip: str
    module: str
    class_name: str


PAGES = (
    PageEntry("case", "Case", "case", "Items, captures and custody of the case", "gui.pages.case", "CasePage"),
    PageEntry(
        "compare", "Compare", "compare", "Two captures side by side, with evidence", "gui.pages.compare", "ComparePage"
    ),
    PageEntry(
        "library",
        "Library",
        "library",
        "Known labels, and whose a questioned one is",
        "gui.pages.library",
        "LibraryPage",
    ),
    PageEntry("codes", "Codes", "codes", "Series of codes, print sheets, the register", "gui.pages.codes", "CodesPage"),
    PageEntry("report", "Report", "report", "Opinion, preview, issued reports", "gui.pages.report", "ReportPage"),
)
