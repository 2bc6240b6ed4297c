"""The base of all records: frozen, validated, with one canonical JSON form and its hash."""

import hashlib
import json
import math
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from engine.core.errors import InputError


class Record(BaseModel):
    """A frozen record. Unknown fields are refused, so a foreign file cannot smuggle any in."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="null")

    def to_json(self) -> dict[str, Any]:
        """Return the record as plain JSON values."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, values: object) -> Self:
        """Validate plain JSON values into a record; raises pydantic.ValidationError."""
        return cls.model_validate_json(canonical_json(values))


R = TypeVar("R", bound=Record)


def entered(record: type[R], **values: object) -> R:
    """Return the record of what a person entered; raises InputError that names the field and what is wrong with it."""
    try:
        return record.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = " ".join(str(part).replace("_", " ") for part in first["loc"])
        reason = first["msg"][:1].lower() + first["msg"][1:]
        raise InputError(f"The {field} cannot be recorded: {reason}", remedy="Enter it differently.") from error


def canonical_json(values: object) -> bytes:
    """Return the one UTF-8 JSON text of a value: sorted keys, no blanks, no NaN.

    Two equal values give equal bytes, so a hash of them identifies the value.
    """
    text = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8")


def sha256_hex(data: bytes | memoryview) -> str:
    """Return the SHA-256 of bytes as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path, between: Callable[[], object] = lambda: None) -> str:
    """Return the SHA-256 of a file's bytes; raises OSError.

    ``between`` is called after every piece of 1 MiB: a file of gigabytes takes long, and what it raises ends the work.
    """
    digest, piece = hashlib.sha256(), memoryview(bytearray(1 << 20))
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(piece):
            digest.update(piece[:size])
            between()
    return digest.hexdigest()


def hash_of(values: object) -> str:
    """Return the SHA-256 of a value's canonical JSON."""
    return sha256_hex(canonical_json(values))


def new_id(kind: str) -> str:
    """Return a fresh identifier such as ``case-3f0c...``: the kind and 16 random hexadecimal digits."""
    return f"{kind}-{uuid.uuid4().hex[:16]}"


def utc_now() -> str:
    """Return the present UTC time, ISO 8601 with microseconds and ``Z``."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def finite(value: float, what: str) -> float:
    """Return the value if it is finite, else raise InputError naming it."""
    if not math.isfinite(value):
        raise InputError(f"{what} is not a finite number", remedy="Enter a number.")
    return value
