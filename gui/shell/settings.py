"""What the window remembers between sessions: geometry, theme, recent stores, who worked where."""

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from gui.shell.theme import Scheme

RECENT_STORES = 8


def settings_file() -> Path:
    """Return the settings file of this person on this machine."""
    import platformdirs

    return platformdirs.user_config_path("touchstone", appauthor=False, ensure_exists=True) / "window.ini"


class WindowSettings:
    """Values kept in one INI file; a damaged value counts as absent."""

    def __init__(self, path: Path | None = None) -> None:
        self._values = QSettings(str(path or settings_file()), QSettings.Format.IniFormat)

    @property
    def scheme(self) -> Scheme:
        """Dark, light or after the system."""
        value = str(self._values.value("scheme", Scheme.SYSTEM.value))
        return Scheme(value) if value in list(Scheme) else Scheme.SYSTEM

    @scheme.setter
    def scheme(self, scheme: Scheme) -> None:
        self._values.setValue("scheme", scheme.value)

    @property
    def recent_stores(self) -> tuple[Path, ...]:
        """The stores opened last, newest first, as far as they still exist."""
        paths = self._json("recent", [])
        return tuple(Path(path) for path in paths if isinstance(path, str) and Path(path).is_dir())

    def remember_store(self, folder: Path) -> None:
        """Put a store at the head of the recent ones."""
        others = [str(path) for path in self.recent_stores if path != folder]
        self._values.setValue("recent", json.dumps([str(folder), *others][:RECENT_STORES]))

    @property
    def last_store(self) -> Path | None:
        """The store that was open when the window closed."""
        path = Path(str(self._values.value("last_store", "")) or ".")
        return path if path.name.endswith(".touchstone") and path.is_dir() else None

    @last_store.setter
    def last_store(self, folder: Path | None) -> None:
        self._values.setValue("last_store", "" if folder is None else str(folder))

    def place(self, folder: Path) -> dict[str, str]:
        """Return where the person was in a store: ``actor``, ``case``, ``page``, ``questioned``, ``known``."""
        found = self._json("places", {})
        place = found.get(str(folder), {}) if isinstance(found, dict) else {}
        return {str(k): str(v) for k, v in place.items()} if isinstance(place, dict) else {}

    def remember_place(self, folder: Path, place: dict[str, str]) -> None:
        """Keep where the person was in a store."""
        found = self._json("places", {})
        kept = {key: found[key] for key in map(str, self.recent_stores) if isinstance(found, dict) and key in found}
        self._values.setValue("places", json.dumps({**kept, str(folder): place}))

    @property
    def geometry(self) -> QByteArray:
        """The window's geometry; empty where none is known."""
        value = self._values.value("geometry")
        return value if isinstance(value, QByteArray) else QByteArray()

    @geometry.setter
    def geometry(self, geometry: QByteArray) -> None:
        self._values.setValue("geometry", geometry)

    @property
    def state(self) -> QByteArray:
        """The state of the docks; empty where none is known."""
        value = self._values.value("state")
        return value if isinstance(value, QByteArray) else QByteArray()

    @state.setter
    def state(self, state: QByteArray) -> None:
        self._values.setValue("state", state)

    def save(self) -> None:
        """Write the file now."""
        self._values.sync()

    def _json(self, key: str, default: Any) -> Any:
        try:
            return json.loads(str(self._values.value(key, json.dumps(default))))
        except ValueError:
            return default
