"""Who may do what with codes, and the passphrase asked for where secrets are needed."""

from collections.abc import Callable, Set
from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from engine.core.case import Actor, Role
from engine.core.codes import CodeSeries
from engine.workflows.codes.series import Keyring
from gui.session import AnyStore, Session
from gui.warm_checker import WarmChecker
from gui.widgets.passphrase import PassphraseDialog


@dataclass(frozen=True)
class Working:
    """What every recorded action on codes needs: store, who works in it, opened series, and what reads images."""

    store: AnyStore
    actor: Actor
    keyring: Keyring
    checker: WarmChecker


def working(session: Session) -> Working | None:
    """Return them; None where no store is open or nobody works."""
    if session.store is None or session.actor is None or session.keyring is None:
        return None
    return Working(session.store, session.actor, session.keyring, session.checker)


def may_record(session: Session, roles: Set[Role]) -> bool:
    """Whether who is working has one of the roles and can record."""
    return session.can_record and session.actor is not None and session.actor.role in roles


def with_secrets(session: Session, series: CodeSeries, then: Callable[[], None], parent: QWidget) -> None:
    """Do something for which the series must be unlocked; ask for its passphrase first where it is locked."""
    keyring = session.keyring
    if keyring is None:
        return
    if keyring.is_unlocked(series.id):
        then()
    else:
        PassphraseDialog(session, series.id, series.name, then, parent).open()
