"""The Library page: known labels as a gallery, a questioned label looked for among them, a map of embeddings."""

from gui.pages.library.page import LibraryPage

__all__ = ["LibraryPage"]
