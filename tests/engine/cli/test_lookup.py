"""A record is named by its identifier, or by a name that only one record has."""

import pytest

from engine.cli.lookup import one
from engine.core.errors import InputError

NAMES = [("id-1", "Label"), ("id-2", "label"), ("id-3", "Print")]


def find(wanted: str) -> tuple[str, str]:
    return one(NAMES, wanted, "item", lambda names: names)


def test_an_identifier_finds_its_record():
    assert find("id-2") == ("id-2", "label")


def test_an_exact_name_goes_before_another_spelling():
    assert find("Label") == ("id-1", "Label")


def test_another_spelling_is_found_where_it_is_unique():
    assert find("PRINT") == ("id-3", "Print")


def test_an_ambiguous_name_is_refused():
    with pytest.raises(InputError, match="Several records"):
        find("LABEL")


def test_an_unknown_name_is_refused_and_the_known_ones_are_listed():
    with pytest.raises(InputError, match="There are: Label, label, Print"):
        find("Stamp")
