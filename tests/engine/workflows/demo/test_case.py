"""The demonstration store appears whole or not at all."""

import pytest

from engine.core.errors import Cancelled, InputError
from engine.jobs import JobContext
from engine.workflows.demo.case import make_demo


def test_a_cancelled_demonstration_leaves_nothing_in_the_way_of_the_next(tmp_path):
    context = JobContext(lambda done, total, text: context.cancel() if done >= 1 else None)
    with pytest.raises(Cancelled):
        make_demo(tmp_path / "demo.touchstone", context)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_exists_is_left_alone(tmp_path):
    with pytest.raises(InputError):
        make_demo(tmp_path, JobContext())
