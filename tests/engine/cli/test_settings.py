"""Settings of a method on the command line: listed, set, and refused by name."""

import json

import pytest

from engine.cli.settings import described, settings_of
from engine.core.errors import InputError
from engine.methods.capture_comparison import ComparisonSettings


def test_what_is_listed_is_what_the_model_takes(run):
    code, lines, _ = run("compare", "--list-settings")
    assert code == 0
    listed = {line.pop("name"): line for line in lines}
    assert listed["window_px"] == {"type": "integer", "default": 64, "minimum": 16, "maximum": 512, "multipleOf": 16}
    assert listed["registration.family"]["enum"] == ["automatic", "similarity", "affine", "homography"]
    given = [f"{name}={values['default']}" for name, values in listed.items()]
    assert settings_of(ComparisonSettings, given) == ComparisonSettings()
    assert set(listed) == {name for name, _ in described(ComparisonSettings)}


def test_settings_are_set_by_name_those_of_the_registration_too():
    found = settings_of(ComparisonSettings, ["window_px = 32", "registration.family=affine", "step_px=8"])
    assert (found.window_px, found.step_px, found.registration.family) == (32, 8, "affine")
    assert found.registration.least_margin == ComparisonSettings().registration.least_margin


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["window_px"], "NAME=VALUE"),
        (["windows=3"], "no such setting"),
        (["registration=3"], "no such setting"),
        (["window_px=32", "window_px=48"], "given twice"),
        (["window_px=33"], "The window px cannot be recorded: input should be a multiple of 16"),
        (["window_px=wide"], "The window px cannot be recorded"),
        (["window_px=" + "[" * 5000], "The window px cannot be recorded"),
        (["window_px=null"], "The window px cannot be recorded"),
        (["registration.least_margin=nan"], "The registration least margin cannot be recorded"),
        (["registration.family=guess"], "The registration family cannot be recorded"),
    ],
)
def test_what_no_setting_can_be_is_refused_by_its_name(given, said):
    with pytest.raises(InputError, match=said):
        settings_of(ComparisonSettings, given)


def test_a_comparison_is_made_with_the_settings_given_and_records_them(run, store, pictures):
    genuine, turned, _ = pictures
    given = ("--set", "step_px=32", "--set", "registration.family=similarity")
    code, lines, _ = run("compare", turned, genuine, *given)
    assert code == 0
    used = lines[0]["finding"]["provenance"]["settings"]
    assert (used["step_px"], used["registration"]["family"]) == (32, "similarity")
    by = ("--case", "C-1", "--actor", "Examiner")
    run("intake", store, genuine, turned, "--item", "Q", "--standing", "questioned", "--device", "scanner", *by)
    code, lines, _ = run("compare", turned.name, genuine.name, "--store", store, *given, *by)
    assert (code, lines[0]["finding"]["provenance"]["settings"]) == (0, used)
    code, lines, error = run("compare", turned, genuine, "--set", "step=1")
    assert (code, lines) == (2, [])
    assert "There are: seed, " in json.loads(error.splitlines()[-1])["error"]["remedy"]


def test_bare_files_have_one_scale_each_or_one_for_all(run, pictures):
    genuine, turned, _ = pictures

    def scales(*given):
        code, lines, error = run("compare", turned, genuine, *given)
        if code:
            return json.loads(error.splitlines()[-1])["error"]["what"]
        found = [used["scale"] for used in lines[0]["finding"]["scales"]]
        return [scale and round(scale["um_per_px_x"], 3) for scale in found]

    assert scales("--dpi", 600, "--dpi", 1200) == [42.333, 21.167]
    assert scales("--um-per-px", 10) == [10.0, 10.0]
    assert scales("--um-per-px", 10, "--um-per-px", 11, "--um-per-px", 12) == "3 scales are named for 2 files"
    assert scales("--dpi", 600, "--dpi", 0) == "A resolution is a number above 0"
