"""Points in time as the register writes them: UTC, ISO 8601."""

from datetime import UTC, datetime

from engine.core.errors import InputError, StoreError


def moment(text: str) -> datetime:
    """Return the point in time that the register holds; raises StoreError where it is none."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise ValueError("no time zone")
        return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        what = "A time in the register cannot be read"
        raise StoreError(what, where=repr(text[:40]), remedy="It was not written by Touchstone") from error


def utc_text(text: str) -> str:
    """Return a time that a person wrote, as UTC with ``Z``; raises InputError where it is none or lacks its zone."""
    remedy = "Write it like 2026-03-01T14:05:00Z, or with the distance to UTC like 2026-03-01T15:05:00+01:00"
    try:
        found = datetime.fromisoformat(text.strip())
        if found.tzinfo is not None:
            return found.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise InputError("This is no point in time", where=repr(text[:40]), remedy=remedy) from None
    raise InputError("The time does not say its zone", where=repr(text[:40]), remedy=remedy)
