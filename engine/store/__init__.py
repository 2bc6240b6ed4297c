"""The store: ledger, HDF5 segments and evidence files in one folder."""

from engine.store.head import Head
from engine.store.kinds import KINDS, Destruction, ScaleSet
from engine.store.ledger import Problem
from engine.store.store import Store

__all__ = ["KINDS", "Destruction", "Head", "Problem", "ScaleSet", "Store"]
