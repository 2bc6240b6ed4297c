"""The store: ledger, HDF5 segments and evidence files in one folder."""

from engine.store.head import Head
from engine.store.kinds import KINDS, Destruction, ScaleSet
from engine.store.ledger import Problem
from engine.store.queries import any_record_of
from engine.store.rebuild import rebuild
from engine.store.segments import Rows
from engine.store.store import Store
from engine.store.transfer import backup, export_store, import_store
from engine.store.verify import Verification, verify

__all__ = [
    "KINDS",
    "Destruction",
    "Head",
    "Problem",
    "Rows",
    "ScaleSet",
    "Store",
    "Verification",
    "any_record_of",
    "backup",
    "export_store",
    "import_store",
    "rebuild",
    "verify",
]
