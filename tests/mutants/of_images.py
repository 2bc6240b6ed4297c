"""Faults of decoding, scale, tiles, registration, maps and scores."""

from tests.mutants.mutant import Mutant

TESTS = "tests/engine/imaging"
PLAIN = f"{TESTS}/test_formats_plain.py"
TIFF = f"{TESTS}/test_formats_tiff.py"
FOUND = f"{TESTS}/test_registration.py"
HONEST = f"{TESTS}/test_registration_honesty.py"
PLACES = f"{TESTS}/test_correlation_places.py"
METHOD = "tests/engine/methods/test_capture_comparison.py"
SCORES = "tests/engine/methods/test_identity_scores.py"
REGISTRATION = "engine/imaging/registration.py"
COMPARISON = "engine/methods/capture_comparison.py"

DECODING = (
    Mutant(
        "size-limit-dropped",
        "engine/imaging/formats.py",
        "    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:\n",
        "    if False:\n",
        f"{PLAIN}::test_hostile_files_are_refused_with_the_reason",
    ),
    Mutant(
        "orientation-ignored",
        "engine/imaging/decode.py",
        "orient(_collect(path, info), info.orientation)))",
        "_collect(path, info)))",
        f"{PLAIN}::test_the_orientation_is_applied_once",
    ),
    Mutant(
        "orientation-applied-twice",
        "engine/imaging/decode.py",
        "orient(_collect(path, info), info.orientation)))",
        "orient(orient(_collect(path, info), info.orientation), info.orientation)))",
        f"{PLAIN}::test_the_orientation_is_applied_once",
    ),
    Mutant(
        "tiles-not-upright",
        "engine/imaging/decode.py",
        "    if info.orientation == 1:\n",
        "    if info.orientation <= 4:\n",
        f"{TESTS}/test_client.py::test_the_tiles_are_upright_like_the_pixels",
    ),
    Mutant(
        "sixteen-bits-cut-to-eight",
        "engine/imaging/formats_tiff.py",
        '    return cast("Pixels", np.ascontiguousarray(pixels))',
        '    return cast("Pixels", np.ascontiguousarray(pixels if bits <= 8 else pixels & 0xFF00))',
        f"{TIFF}::test_lossless_flavours_come_back_exactly",
    ),
    Mutant(
        "red-and-blue-swapped",
        "engine/imaging/formats_tiff.py",
        "samples[:, :, :3] if _colour_samples",
        "samples[:, :, 2::-1] if _colour_samples",
        f"{TIFF}::test_lossless_flavours_come_back_exactly",
    ),
    Mutant(
        "white-is-zero-ignored",
        "engine/imaging/formats_tiff.py",
        "        pixels = np.iinfo(pixels.dtype).max - pixels\n",
        "        pass\n",
        f"{TIFF}::test_few_bits_fill_the_range_and_zero_may_be_white",
    ),
    Mutant(
        "chunks-of-a-png-not-checked",
        "engine/imaging/formats_plain.py",
        "    _check_chunks(data)\n",
        "",
        f"{PLAIN}::test_hostile_files_are_refused_with_the_reason",
    ),
    Mutant(
        "short-file-taken-for-whole",
        "engine/imaging/decode.py",
        "    if rows != height:\n",
        "    if False:\n",
        f"{TESTS}/test_decode.py::test_bands_that_are_not_what_the_headers_announced_are_refused",
    ),
    Mutant(
        "default-dpi-taken-for-a-scale",
        "engine/imaging/scale.py",
        "DEFAULT_DPI = (72.0, 96.0)",
        "DEFAULT_DPI = (96.0,)",
        f"{PLAIN}::test_default_resolutions_give_none_and_say_why",
    ),
    Mutant(
        "contradicting-tags-give-a-scale",
        "engine/imaging/scale.py",
        "        return None, tuple(notes)\n    return (found[0]",
        "    return (found[0]",
        f"{TESTS}/test_scale.py::test_tags_that_contradict_one_another_give_no_scale",
    ),
    Mutant(
        "axes-of-a-turned-page-not-swapped",
        "engine/imaging/scale.py",
        "swapped=orientation >= 5",
        "swapped=False",
        f"{TESTS}/test_scale.py::test_axes_may_differ_and_are_swapped_where_the_page_is_turned",
    ),
    Mutant(
        "calibration-axes-swapped",
        "engine/imaging/calibration.py",
        "    um_per_px = pitch_um * _per_pixel(lattice.basis)\n",
        "    um_per_px = pitch_um * _per_pixel(lattice.basis)[::-1]\n",
        f"{TESTS}/test_calibration.py::test_the_scale_of_a_target_is_right_within_its_uncertainty",
    ),
    Mutant(
        "uncertainty-of-the-pitch-forgotten",
        "engine/imaging/calibration.py",
        "math.sqrt(pitch_uncertainty**2 + ",
        "math.sqrt(",
        f"{TESTS}/test_calibration.py::test_the_uncertainty_of_the_pitch_is_part_of_the_result",
    ),
    Mutant(
        "tile-checksum-not-checked",
        "engine/imaging/pyramid.py",
        "        if zlib.crc32(data) != self._table[number]:\n",
        "        if False:\n",
        f"{TESTS}/test_pyramid.py::test_no_mutation_is_shown_as_pixels",
    ),
    Mutant(
        "tiles-of-another-capture-shown",
        "engine/imaging/pyramid.py",
        "if sha256 not in (None, self.header.sha256) or page",
        "if page",
        f"{TESTS}/test_pyramid.py::test_the_header_names_the_evidence_and_another_capture_is_refused",
    ),
    Mutant(
        "pyramid-takes-every-second-pixel",
        "engine/imaging/tiles.py",
        "interpolation=cv2.INTER_AREA",
        "interpolation=cv2.INTER_NEAREST",
        f"{TESTS}/test_tiles.py::test_halving_is_the_mean_of_four_rounded_half_up",
    ),
)

REGISTERING = (
    Mutant(
        "registration-shifted-by-half-a-pixel",
        REGISTRATION,
        "    best = Transform.from_array(fitted.kind, forward)\n",
        "    forward = forward + np.array([[0, 0, 0.5], [0, 0, 0.5], [0, 0, 0]])\n"
        "    best = Transform.from_array(fitted.kind, forward)\n",
        f"{FOUND}::test_a_known_shift_is_found_without_bias",
    ),
    Mutant(
        "resizing-shifts-by-half-a-pixel",
        "engine/core/pixels.py",
        "[factor_x, 0.0, 0.5 * factor_x - 0.5]",
        "[factor_x, 0.0, 0.0]",
        f"{FOUND}::test_a_fine_capture_of_a_part_is_found_in_a_coarse_whole",
    ),
    Mutant(
        "ambiguous-called-registered",
        REGISTRATION,
        'return Outcome.AMBIGUOUS, "Another placement',
        'return Outcome.REGISTERED, "Another placement',
        f"{FOUND}::test_a_periodic_pattern_is_ambiguous",
    ),
    Mutant(
        "registered-called-ambiguous",
        REGISTRATION,
        'return Outcome.REGISTERED, "One placement',
        'return Outcome.AMBIGUOUS, "One placement',
        f"{FOUND}::test_a_known_shift_is_found_without_bias",
    ),
    Mutant(
        "points-agree-wherever-they-lie",
        "engine/imaging/registration_fit.py",
        "        return self.clear & (self.residual <= tolerance) & (self.local >= correlation)\n",
        "        return self.clear\n",
        f"{HONEST}::test_a_capture_of_which_half_shows_something_else_is_refused_with_the_share_that_agrees",
    ),
    Mutant(
        "refused-placement-handed-on",
        REGISTRATION,
        "        best if registered else None,\n",
        "        best,\n",
        f"{FOUND}::test_a_periodic_pattern_is_ambiguous",
    ),
    Mutant(
        "mirrored-placement-accepted",
        "engine/imaging/registration_check.py",
        "mirrored |= bool(np.linalg.det(slope) <= 0 or w <= 0)",
        "mirrored |= bool(w <= 0)",
        f"{HONEST}::test_a_perfect_but_impossible_placement_is_refused",
    ),
    Mutant(
        "collapsed-or-enlarged-placement-accepted",
        REGISTRATION,
        "        and abs(shape.scale / pair.ratio - 1) <= settings.scale_tolerance\n",
        "",
        f"{HONEST}::test_a_perfect_but_impossible_placement_is_refused",
    ),
    Mutant(
        "stretched-placement-accepted",
        REGISTRATION,
        "        and shape.anisotropy <= settings.largest_anisotropy\n",
        "",
        f"{HONEST}::test_a_perfect_but_impossible_placement_is_refused",
    ),
    Mutant(
        "ratio-of-scales-inverted",
        REGISTRATION,
        "prior = um_per_px[0] / um_per_px[1] if",
        "prior = um_per_px[1] / um_per_px[0] if",
        f"{HONEST}::test_the_scales_are_known_pixels_per_questioned_pixel",
    ),
    Mutant(
        "held-out-points-used-in-the-fit",
        "engine/imaging/registration_fit.py",
        "chosen, grid, (check.CARRIES, check.CHOOSES))",
        "chosen, grid, (check.CARRIES, check.CHOOSES, check.HELD_OUT))",
        f"{HONEST}::test_held_out_blocks_measure_the_fit_and_take_no_part_in_it",
    ),
    Mutant(
        "residual-of-the-fitted-points-reported",
        REGISTRATION,
        "    unseen = agree & (fitted.role == check.HELD_OUT)\n",
        "    unseen = agree\n",
        f"{HONEST}::test_held_out_blocks_measure_the_fit_and_take_no_part_in_it",
    ),
    Mutant(
        "fitted-points-called-held-out",
        REGISTRATION,
        "held_out=bool(role == check.HELD_OUT),",
        "held_out=True,",
        f"{HONEST}::test_held_out_blocks_measure_the_fit_and_take_no_part_in_it",
    ),
)

COMPARING = (
    Mutant(
        "cells-without-texture-filled",
        "engine/imaging/correlation.py",
        "np.where(measured, np.clip(found, -1.0, 1.0), np.nan)",
        "np.where(measured, np.clip(found, -1.0, 1.0), 1.0)",
        f"{PLACES}::test_nothing_is_said_where_there_is_no_texture_or_only_one_capture_shows",
    ),
    Mutant(
        "cells-that-one-capture-does-not-show-measured",
        "engine/imaging/correlation.py",
        " & (self.seen >= LEAST_SEEN)",
        "",
        f"{PLACES}::test_nothing_is_said_where_there_is_no_texture_or_only_one_capture_shows",
    ),
    Mutant(
        "displacement-sign-flipped",
        "engine/imaging/correlation.py",
        "return CorrelationMap(correlation, field,",
        "return CorrelationMap(correlation, -field,",
        f"{PLACES}::test_the_structure_of_a_lies_at_p_plus_displacement_in_b",
    ),
    Mutant(
        "map-half-a-cell-off",
        "engine/imaging/correlation.py",
        "    middle = (window - 1) / 2\n",
        "    middle = (window - 1 + step) / 2\n",
        f"{PLACES}::test_a_single_unlike_window_is_found_at_its_place",
    ),
    Mutant(
        "same-design-and-same-piece-swapped",
        COMPARISON,
        "    return same_design(common, _shared(common, found.transform, pixels)), same_piece(common)\n",
        "    return same_piece(common), same_design(common, _shared(common, found.transform, pixels))\n",
        f"{SCORES}::test_two_prints_of_one_design_have_the_same_design_and_are_not_the_same_piece",
    ),
    Mutant(
        "design-takes-part-in-same-piece",
        "engine/imaging/identity.py",
        "        values.append(normalised(_fine(first, flat, away), _fine(second, flat, away)))\n",
        "        values.append(normalised(first[inside], second[inside]))\n",
        f"{SCORES}::test_two_prints_of_one_design_have_the_same_design_and_are_not_the_same_piece",
    ),
    Mutant(
        "settings-in-use-not-recorded",
        COMPARISON,
        "            settings=settings.to_json(),\n",
        "            settings=ComparisonSettings().to_json(),\n",
        f"{SCORES}::test_the_settings_in_use_are_recorded_not_the_defaults",
    ),
    Mutant(
        "simulated-capture-forgotten",
        COMPARISON,
        "            simulated=any(capture.simulated for",
        "            simulated=all(capture.simulated for",
        f"{SCORES}::test_one_simulated_capture_makes_the_finding_simulated",
    ),
    Mutant(
        "score-without-registration-made-up",
        COMPARISON,
        '        missing = IdentityScore(None, "Without',
        '        missing = IdentityScore(0.0, "Without',
        f"{METHOD}::test_unlike_captures_give_a_finding_without_transform_or_identity_scores",
    ),
)

MUTANTS = (*DECODING, *REGISTERING, *COMPARING)
