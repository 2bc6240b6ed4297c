"""The report as it would be issued now."""

from PySide6.QtCore import Signal

from gui.session import Session
from gui.shell.commands import Command, CommandRegistry
from gui.widgets.buttons import CommandButton
from gui.widgets.sheets import SheetView
from gui.widgets.text import EmptyState


class PreviewPanel(SheetView):
    """The pages of the report; ``refresh_wanted`` asks for new ones."""

    refresh_wanted = Signal()

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__("Preview of the report")
        for command in (
            Command("report.preview", "Preview the report", "Report", self.refresh_wanted.emit, "F5",
                    "Lay the report out as it would be issued now",
                    lambda: session.actor is not None and session.case_id is not None),
        ):  # fmt: skip
            commands.add(command)
        preview = commands.action("report.preview")
        self.lay_out(
            EmptyState(
                "No preview yet",
                "The preview lays the report out as it would be issued now: items, findings with their pictures, "
                "opinion. Nothing is recorded by it.",
                CommandButton(preview, icon="refresh", primary=True),
            ),
            CommandButton(preview, icon="refresh", text="Preview"),
            CommandButton(commands.action("report.issue"), icon="export", primary=True),
        )

    def say_working(self) -> None:
        """Say that new pages are being laid out."""
        self.state.show_text("Laying the report out", "muted")

    def say_stale(self) -> None:
        """Say that records changed since the preview was made."""
        if self.stack.currentIndex() == 1:
            self.state.show_text("Records changed since this preview", "caution")
