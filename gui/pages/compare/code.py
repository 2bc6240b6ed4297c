"""Examining the codes of a capture: the job, and the passphrase where a series is locked."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from engine.core.case import Capture
from engine.core.codes import CodeSeries
from engine.core.finding import Finding
from engine.jobs import Job, JobContext
from gui.pages.compare.choices import Way, way_of
from gui.pages.compare.code_section import CodeSection
from gui.session import Session
from gui.widgets.passphrase import PassphraseDialog

if TYPE_CHECKING:
    from engine.workflows.standing import CodeStanding

Found = tuple[Finding, ...]


@dataclass(frozen=True)
class Examined:
    """What was found, or which series must be unlocked first; then nothing was recorded."""

    findings: Found = ()
    locked: tuple[CodeSeries, ...] = ()


class CodeExamination(QObject):
    """Examines codes, asks for passphrases, and fills the section of the finding panel."""

    def __init__(self, session: Session, page: QWidget) -> None:
        super().__init__(page)
        self._session = session
        self._page = page
        self._job: Job[Examined] | None = None
        self._shown: Finding | None = None
        self.section = CodeSection()

    @property
    def running(self) -> bool:
        """Whether an examination is under way."""
        return self._job is not None and not self._job.state.ended

    def examine(self, capture: Capture, examined: Callable[[Found], None]) -> None:
        """Examine every code that a capture shows; the series are found through the register."""
        session = self._session
        store, actor, case_id, keyring = session.store, session.actor, session.case_id, session.keyring
        if store is None or actor is None or case_id is None or keyring is None:
            return

        def work(context: JobContext) -> Examined:
            from engine.workflows.codes.checks import examine_codes, locked_series
            from engine.workflows.findings import stored_file

            with session.checker.lent() as checker:
                path = stored_file(store, capture.id, context).path
                locked = locked_series(store, keyring, path, page=capture.page, checker=checker, context=context)
                if locked:
                    return Examined(locked=locked)
                found = examine_codes(store, actor, case_id, capture.id, keyring, checker=checker, context=context)
                return Examined(findings=found)

        def done(result: Examined) -> None:
            if result.locked:
                self._unlock(result.locked, partial(self.examine, capture, examined))
            else:
                examined(result.findings)

        self._job = session.run(f"Examine the codes of {capture.file_name}", work, done=done)

    def read_ahead(self, capture: Capture) -> None:
        """Read the codes of a capture that was just put on the stage, so that examining it only measures them."""
        store = self._session.store
        if store is None or not self._session.can_record:
            return

        def work(context: JobContext) -> None:
            from engine.workflows.findings import stored_file

            file = stored_file(store, capture.id, context)
            with self._session.checker.lent() as checker:
                checker.read(file.path, capture.page, context)

        # What goes wrong here is told when the person asks for the examination, which then reads again.
        self._session.picture(work, done=lambda _nothing: None, failed=lambda _error: None)

    def follow(self, finding: Finding | None) -> None:
        """Show what stands behind a finding about a code; nothing of any other."""
        if finding is not None and way_of(finding) is not Way.CODE:
            finding = None
        if finding is not self._shown:
            self._shown = finding
            self.section.hide()
            self.refresh()

    def refresh(self) -> None:
        """Ask the store again what stands behind the finding that is shown."""
        finding, store = self._shown, self._session.store
        if finding is None or store is None:
            return

        def work(context: JobContext) -> "CodeStanding":
            from engine.workflows.standing import code_standing
            from gui.widgets.histogram import prepare

            prepare()
            return code_standing(store, finding)

        def done(standing: "CodeStanding") -> None:
            if self._shown is finding:
                self.section.show_standing(finding, standing)

        self._session.query(work, done=done)

    def _unlock(self, locked: tuple[CodeSeries, ...], again: Callable[[], None]) -> None:
        """Ask for the passphrase of each series in turn, then examine again; without one nothing is examined."""
        series, *others = locked
        go_on = partial(self._unlock, tuple(others), again) if others else again
        PassphraseDialog(self._session, series.id, series.facts.name, go_on, self._page.window()).open()
