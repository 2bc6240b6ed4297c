"""The errors a person may see: each says what happened, to which file or record, and what to do."""


class TouchstoneError(Exception):
    """Base of every expected error.

    Parameters
    ----------
    what : str
        What went wrong, one sentence without a full stop.
    where : str
        The file or record concerned; empty where there is none.
    remedy : str
        What the person can do about it.
    """

    def __init__(self, what: str, *, where: str = "", remedy: str = "") -> None:
        self.what = what
        self.where = where
        self.remedy = remedy
        place = f"{where}: " if where else ""
        advice = f". {remedy}" if remedy else ""
        super().__init__(f"{place}{what}{advice}")


class InputError(TouchstoneError):
    """Wrong usage: an unknown identifier, a value out of range, a role that may not do this."""


class SeriesLockedError(InputError):
    """The secrets of a series are needed and its passphrase was not given; ``series_id`` names the series."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", series_id: str = "") -> None:
        self.series_id = series_id
        super().__init__(what, where=where, remedy=remedy)


class ImagingError(TouchstoneError):
    """A file cannot be read as an image, or an image cannot be used as asked."""


class StoreError(TouchstoneError):
    """The store is damaged, locked, read-only or of another schema."""


class IndexStale(StoreError):  # noqa: N818 - what the index is
    """A search index is absent, damaged, foreign or of another state of the library: it is built anew, not trusted."""


class ReportError(TouchstoneError):
    """A report cannot be made, read or verified."""


class ModelError(TouchstoneError):
    """Weights or their card are missing, damaged or not what a method needs."""


class JobError(TouchstoneError):
    """A job or a child process ended in an unexpected way."""


class Cancelled(Exception):  # noqa: N818 - no error: the person asked for it
    """Raised inside a job when the person cancelled it; not a fault."""
