"""Whether a label is looked for among all labels of a library, or among those of its likely pattern classes."""

from PySide6.QtWidgets import QCheckBox


class LikelyClasses(QCheckBox):
    """A box to tick; off, every label of the library is searched."""

    def __init__(self) -> None:
        super().__init__("Search only the likely classes")
        self.setToolTip(
            "Look only among labels of the pattern classes that the network finds likely for this one: faster in a "
            "large library. A label whose class is taken for another is missed."
        )
