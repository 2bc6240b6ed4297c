"""The Codes page."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from engine.jobs import JobContext
from engine.workflows.codes.series import SeriesOverview, series_overview
from engine.workflows.codes.tracing import RegisterAnswer
from gui.pages.codes.checking import CheckActions
from gui.pages.codes.lookup import LookupPanel
from gui.pages.codes.points import PointsPanel, SetBy
from gui.pages.codes.printing import Batch, PrintPanel
from gui.pages.codes.printings import Printing, PrintingsPanel
from gui.pages.codes.register_actions import RegisterActions
from gui.pages.codes.series_actions import SeriesActions
from gui.pages.codes.series_list import SeriesFactsPanel, SeriesList
from gui.pages.frame import FramedPage
from gui.session import AnyStore, Session
from gui.shell.commands import Command, CommandRegistry

if TYPE_CHECKING:
    from engine.workflows.codes.checked import CheckedCode

LOOK_UP, SERIES, PRESS, PRINT, PRINTED = range(5)


@dataclass(frozen=True)
class Found:
    """What the page shows of a store: the series, what was issued and printed of them, and who set each point when."""

    series: tuple[SeriesOverview, ...] = ()
    batches: tuple[Batch, ...] = ()
    printings: tuple[Printing, ...] = ()
    set_by: SetBy = field(default_factory=dict[str, tuple[str, str]])


class CodesPage(FramedPage):
    """Series on the left; looking up, facts, presses and print sheets on the right."""

    title = "Codes"
    icon = "codes"

    def __init__(self, session: Session, commands: CommandRegistry) -> None:
        super().__init__(session, commands)
        self._found = Found()
        self._chosen = ""
        self._answer: RegisterAnswer | None = None
        self._add_commands()
        self.printing = PrintPanel(session, commands, self.current)
        self.series = SeriesList(session, commands)
        self.lookup = LookupPanel(session, commands)
        self.facts = SeriesFactsPanel(commands)
        self.points = PointsPanel(session, commands)
        self.printings = PrintingsPanel(commands)
        self.frame(
            self.series,
            (
                (self.lookup, "Look up"),
                (self.facts, "Series"),
                (self.points, "Presses"),
                (self.printing, "Issue and print"),
                (self.printings, "Printed"),
            ),
            shares=(1, 2),
            begins=(self.lookup.line, self.series.table),
        )
        self._connect()

    def refresh(self) -> None:
        """Read the series and what is shown of the register again."""
        store = self.session.store
        if store is None:
            return

        self.session.query(partial(_read, store), done=partial(self._show, store))
        self.lookup.refresh()

    def current(self) -> SeriesOverview | None:
        """Return the chosen series."""
        return next((each for each in self._found.series if each.series.id == self._chosen), None)

    def may_drop(self) -> bool:
        """Whether there is a store that images of codes and tables are for."""
        return self.session.store is not None

    def dropped(self, files: list[Path]) -> None:
        """Check the codes of images; read a table as what the shown tab needs."""
        if files[0].suffix.lower() != ".csv":
            self._checks.check(files)
        elif self.tabs.currentIndex() == PRINT:
            self.printing.use_table(files[0])
        else:
            self._register.read_steps(files[0])

    def _add_commands(self) -> None:
        self._series_actions = SeriesActions(self.session, self, self.current, lambda: self._found.series)
        self._series_actions.add_commands(self.commands)
        self._register = RegisterActions(self.session, self, lambda: self._answer)
        self._checks = CheckActions(self.session, self)
        self._checks.add_commands(self.commands)
        self._register.add_commands(self.commands)
        self.commands.add(
            Command("codes.look_up", "Look up a product ID", "Codes", self._look_up, "Ctrl+F",
                    "Ask the register for an ID: what was issued, what became of it, who checked it",
                    lambda: self.session.store is not None)
        )  # fmt: skip

    def _connect(self) -> None:
        session = self.session
        session.store_changed.connect(self._leave)
        session.records_changed.connect(self.refresh)
        session.keyring_changed.connect(self._show_series)
        self.series.chosen.connect(self._choose)
        self.lookup.answered.connect(self._answered)
        self._series_actions.made.connect(self._made)
        self._series_actions.qualified.connect(self._qualified)
        self._checks.checked.connect(self._checked)

    def _show(self, store: AnyStore, found: Found) -> None:
        if self.session.store is not store:
            return
        self._found = found
        ids = [each.series.id for each in self._found.series]
        if self._chosen not in ids:
            self._chosen = ids[0] if ids else ""
        self._show_series()
        self.show_note()

    def _show_series(self) -> None:
        self.series.show_series(self._found.series, self._chosen)
        self._show_chosen()

    def _show_chosen(self) -> None:
        overview = self.current()
        self.facts.show_series(overview)
        found = self._found
        self.points.show_series(overview, found.set_by)
        self.printing.show_series(overview, found.batches)
        self.printings.show_series(overview, found.printings, found.batches)
        self.commands.refresh()

    def _choose(self, series_id: str) -> None:
        self._chosen = series_id
        self._show_chosen()

    def _made(self, series_id: str) -> None:
        """Choose the series that was just made; it is listed when the store has been read again."""
        self._chosen = series_id
        self.tabs.setCurrentIndex(SERIES)

    def _qualified(self, point_id: str) -> None:
        self.points.choose(point_id)
        self.tabs.setCurrentIndex(PRESS)

    def _answered(self) -> None:
        self._answer = self.lookup.answer
        self.commands.refresh()

    def _checked(self, codes: "tuple[CheckedCode, ...]") -> None:
        self.tabs.setCurrentIndex(LOOK_UP)
        self.lookup.show_checked(codes)

    def _look_up(self) -> None:
        self.go("go.codes", LOOK_UP)
        self.lookup.focus_line()

    def _leave(self) -> None:
        """Show nothing of a store that is gone."""
        self._found = Found()
        self._chosen = ""
        self.lookup.clear()
        self._show_series()


def _read(store: AnyStore, context: JobContext) -> Found:
    """Read what the page shows of a store."""

    def made(kind: str, key: str) -> tuple[str, str]:
        event = store.event_of(kind, key)
        return event.time, store.actor(event.actor_id).name

    series = series_overview(store)
    batches = tuple(Batch(each, *made("ids issued", each.id)) for each in store.id_batches())
    printings = tuple(Printing(each, *made("codes printed", each.id)) for each in store.printings())
    set_by = {point.id: made("operating point set", point.id) for each in series for point in each.points}
    return Found(series, batches, printings, set_by)
