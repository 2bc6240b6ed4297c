"""Records of two-level QR codes: series, the register of their IDs, the life of the products, checks."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from engine.core.case import Identifier, Name, Sha256, Text
from engine.core.records import Record

# Crockford's base 32 without I, L, O and U: read aloud and typed without mistakes. 16 characters are 80 bits.
ProductId = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJKMNP-TV-Z]{16}$")]
Prefix = Annotated[str, StringConstraints(pattern=r"^[!-~]{0,100}$")]
Count = Annotated[int, Field(ge=1)]
ErrorLevel = Literal["L", "M", "Q", "H"]


class Scheme(StrEnum):
    """Which pattern replaces which black module (Xie and Tan 2021, 2.3.2), modules counted row by row.

    ORDERED: P1, P2, .., Pq, P1, ..; RANDOM: drawn from the key and the code's text; UNIQUE: every module of every code
    has a pattern of its own, drawn from the key, so that averaging over modules gives a copier nothing (ours).
    """

    ORDERED = "ordered"
    RANDOM = "random"
    UNIQUE = "unique"


class SeriesFacts(Record):
    """What may be told of a series: everything but its patterns and its key. ``sha256`` identifies the whole."""

    name: str
    scheme: Scheme
    pattern_count: int
    module_px: int
    black_px: int
    print_dpi: int
    version: int
    error_level: ErrorLevel
    epsilon: float | None
    sha256: str


class CodeSeries(Record):
    """A series of codes as the store knows it; its secrets lie sealed in a file of that SHA-256.

    A code says ``prefix`` followed by its product ID.
    """

    id: Identifier
    facts: SeriesFacts
    prefix: Prefix = ""
    sealed_sha256: Sha256

    @property
    def name(self) -> str:
        """What the producer calls the series."""
        return self.facts.name


class PassphraseChange(Record):
    """The secrets of a series sealed with another passphrase: those of ``replaced_sha256`` count no longer."""

    id: Identifier
    series_id: Identifier
    sealed_sha256: Sha256
    replaced_sha256: Sha256


class IdBatch(Record):
    """Product IDs assigned to a series at one time; they and their variable data stand in the event's segment.

    ``columns`` names the variable data that each ID carries, such as a lot or an article.
    """

    id: Identifier
    series_id: Identifier
    count: Count
    columns: tuple[Name, ...] = ()
    note: Text = ""


class Stage(StrEnum):
    """A step in a product's life (Xie and Tan 2021, figure 2), and its end."""

    PRODUCTION = "production"
    PACKING = "packing"
    WAREHOUSING = "warehousing"
    TRANSPORT = "transport"
    RETAIL = "retail"
    CONSUMPTION = "consumption"
    DISPOSAL = "disposal"


class LifeStep(Record):
    """One step in a product's life: what happened to it, when (UTC, ISO 8601) and where, and who says so."""

    product_id: ProductId
    stage: Stage
    time: Name
    place: Text = ""
    party: Text = ""
    note: Text = ""


class LifeBatch(Record):
    """Life-cycle steps recorded at one time; the steps stand in the event's segment. ``source`` says where from."""

    id: Identifier
    count: Count
    source: Text = ""


class RegisterState(StrEnum):
    """What the register says about an ID."""

    ISSUED = "issued"
    NO_RECORD = "no record"
    VOIDED = "voided"
    SERIES_VOIDED = "series voided"


class SealState(StrEnum):
    """How a person found a tamper-evident package, or the sticker that bears a code."""

    NOT_RECORDED = "not recorded"
    INTACT = "intact"
    DISTURBED = "disturbed"


class CodeCheck(Record):
    """One check of one code: what it said, what the register answered, and what was measured of its patterns.

    ``passes`` is None where no operating point applies or nothing could be concluded; ``outcome`` says which.
    """

    id: Identifier
    code_text: Text
    product_id: ProductId | None = None
    series_id: Identifier | None = None
    register_state: RegisterState
    outcome: Text
    indicator: float | None = None
    threshold: float | None = None
    operating_point_id: Identifier | None = None
    passes: bool | None = None
    pattern_of_loss: Text = ""
    image_sha256: Sha256
    finding_id: Identifier | None = None
    place: Text = ""
    package: SealState = SealState.NOT_RECORDED
    sticker: SealState = SealState.NOT_RECORDED
    simulated: bool = False


class Voiding(Record):
    """Product IDs, or where none is named the whole series, that count no longer."""

    id: Identifier
    series_id: Identifier
    product_ids: Annotated[tuple[ProductId, ...], Field(max_length=10_000)] = ()
    reason: Name


class CodesPrinted(Record):
    """Codes of issued IDs written to files for printing, for the first time or again.

    ``product_ids`` names each of up to 1,000 IDs once, and none where there are more; ``batch_ids`` are the batches
    that they were issued in. ``files_sha256`` are the files as written, in their order; no store keeps them.
    """

    id: Identifier
    series_id: Identifier
    count: Count
    batch_ids: Annotated[tuple[Identifier, ...], Field(min_length=1)]
    product_ids: Annotated[tuple[ProductId, ...], Field(max_length=1000)] = ()
    kind: Literal["pdf", "png"]
    files_sha256: Annotated[tuple[Sha256, ...], Field(min_length=1)]


class Anomaly(Record):
    """Something in a product's history that does not fit together; a reason to look closer, never a verdict."""

    key: Name
    text: Text


class RecordedStep(Record):
    """A step in a product's life as the register holds it: when (UTC) and by whom it was recorded, and from where."""

    step: LifeStep
    recorded: Text
    actor_name: Text
    source: Text = ""


class RecordedCheck(Record):
    """A check of a code as the register holds it: when (UTC) and by whom it was made."""

    check: CodeCheck
    recorded: Text
    actor_name: Text


class RecordedVoiding(Record):
    """A voiding as the register holds it: when (UTC) and by whom it was recorded."""

    voiding: Voiding
    recorded: Text
    actor_name: Text
