"""What a mutant is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """A small fault put into the source, and the test that must fail of it.

    name : what the fault is, in a few words joined by hyphens.
    file : relative to the root of the project.
    old, new : text that occurs exactly once in the file, and what stands in its place.
    test : pytest's name of the test; it passes without the fault.
    """

    name: str
    file: str
    old: str
    new: str
    test: str
