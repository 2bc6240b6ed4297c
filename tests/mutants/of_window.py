"""Faults of the window: a place, a colour or a text that is not what the records say."""

from tests.mutants.mutant import Mutant

STAGE = "tests/gui/stage"
RENDERER = f"{STAGE}/test_renderer.py"
LINKING = f"{STAGE}/test_linking.py"

MUTANTS = (
    Mutant(
        "linked-views-lead-each-for-itself",
        "gui/stage/linking.py",
        "        return Side.QUESTIONED if self.mapping is not None and self.aligned else side\n",
        "        return side\n",
        f"{LINKING}::test_zooming_and_turning_hold_the_place_under_the_pointer",
    ),
    Mutant(
        "known-view-is-the-nearest-camera-only",
        "gui/stage/linking.py",
        "                return self.matrix(Side.QUESTIONED) @ np.linalg.inv(mapping)\n",
        "                return self._upright().matrix(self.size, self._aspects[side])\n",
        f"{LINKING}::test_a_place_is_at_the_same_view_position_in_both_panes",
    ),
    Mutant(
        "linked-by-inverted-scales",
        "gui/stage/linking.py",
        "questioned.scale.um_per_px_x / known.scale.um_per_px_x",
        "known.scale.um_per_px_x / questioned.scale.um_per_px_x",
        f"{LINKING}::test_captures_of_different_scale_show_the_same_physical_size_without_registration",
    ),
    Mutant(
        "curtain-sides-swapped",
        "gui/stage/renderer.py",
        "spans = ((0.0, edge), (edge, size[0] - edge))",
        "spans = ((edge, size[0] - edge), (0.0, edge))",
        f"{RENDERER}::test_the_curtain_parts_the_captures_at_its_edge",
    ),
    Mutant(
        "difference-of-equal-greys-not-neutral",
        "gui/stage/colouring.py",
        "        place += np.uint32(255)\n",
        "        place += np.uint32(245)\n",
        f"{RENDERER}::test_difference_of_equal_captures_is_the_neutral_colour",
    ),
    Mutant(
        "difference-sign-flipped",
        "gui/stage/colouring.py",
        "coloured(steps, -span, span,",
        "coloured(-steps, -span, span,",
        f"{RENDERER}::test_difference_shows_the_sign_and_its_range",
    ),
    Mutant(
        "difference-shown-where-one-capture-is-not",
        "gui/stage/renderer.py",
        "        painter.setClipPath(self._common_area())\n",
        "",
        f"{RENDERER}::test_difference_is_shown_only_where_both_captures_are",
    ),
    Mutant(
        "overlay-half-a-cell-off",
        "gui/stage/painting.py",
        "CENTRES = np.array([[1.0, 0.0, -0.5], [0.0, 1.0, -0.5],",
        "CENTRES = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0],",
        f"{RENDERER}::test_a_hot_cell_lands_where_its_grid_says",
    ),
    Mutant(
        "overlay-on-the-other-pane-not-mapped",
        "gui/stage/scene.py",
        "found.append((overlay, style, across @ matrix))",
        "found.append((overlay, style, matrix))",
        f"{RENDERER}::test_an_overlay_on_both_panes_follows_the_registration",
    ),
    Mutant(
        "cells-without-a-measurement-coloured",
        "gui/stage/colouring.py",
        "nan=256.0",
        "nan=0.0",
        f"{RENDERER}::test_cells_without_a_measurement_show_the_capture",
    ),
    Mutant(
        "level-shifted-by-half-a-pixel",
        "gui/stage/tiling.py",
        "    return resize_matrix(factor, factor)\n",
        "    return np.diag([factor, factor, 1.0])\n",
        f"{STAGE}/test_tiling.py::test_level_pixels_lie_at_the_middle_of_what_they_average",
    ),
    Mutant(
        "colours-swapped-on-the-screen",
        "gui/stage/levels.py",
        "    bytes_[..., 2::-1] = table[pixels]\n",
        "    bytes_[..., :3] = table[pixels]\n",
        f"{STAGE}/test_levels.py::test_colour_keeps_its_order",
    ),
    Mutant(
        "levels-applied-to-the-data",
        "gui/stage/levels.py",
        "    bytes_[..., 2::-1] = table[pixels]\n",
        "    pixels[...] = table[pixels]\n    bytes_[..., 2::-1] = pixels\n",
        f"{STAGE}/test_levels_touch_no_data.py::test_showing_pixels_leaves_them_as_they_are",
    ),
    Mutant(
        "histogram-of-what-is-shown",
        "gui/stage/layer.py",
        "        self.histogram = display.histogram(pixels)\n",
        "        shown = display.lookup(levels, int(np.iinfo(pixels.dtype).max))[pixels]\n"
        "        self.histogram = display.histogram(shown)\n",
        f"{STAGE}/test_levels_touch_no_data.py::test_the_histogram_counts_captured_values_whatever_levels_are_chosen",
    ),
    Mutant(
        "micrometres-without-a-scale",
        "gui/stage/colouring.py",
        "    if um_per_px is None:\n",
        "    um_per_px = um_per_px or 1.0\n    if um_per_px is None:\n",
        f"{STAGE}/test_colouring.py::test_without_a_scale_the_bar_counts_pixels_and_says_so",
    ),
    Mutant(
        "residual-of-all-points-shown",
        "gui/stage/nudge.py",
        "    points = [c for c in correspondences if c.held_out] or list(correspondences)\n",
        "    points = list(correspondences)\n",
        f"{STAGE}/test_colouring.py::test_the_residual_counts_held_out_points_alone_where_there_are_any",
    ),
    Mutant(
        "finding-of-other-captures-shown",
        "gui/stage/scene.py",
        "            if any(shown.get(side) != capture_id for side, capture_id in about.items()):\n",
        "            if False:\n",
        f"{RENDERER}::test_a_finding_about_other_captures_is_refused",
    ),
    Mutant(
        "foreign-text-as-rich-text",
        "gui/widgets/text.py",
        "        self.setTextFormat(Qt.TextFormat.PlainText)\n",
        "        self.setTextFormat(Qt.TextFormat.AutoText)\n",
        "tests/gui/shell/test_errors.py::test_markup_in_an_error_stays_text",
    ),
    Mutant(
        "pages-built-in-one-turn",
        "gui/shell/window.py",
        "            self._prepare(others)\n",
        "            for other in others:\n                self.page(other.key)\n",
        "tests/gui/shell/test_window.py::test_pages_are_built_one_after_another_and_imported_off_the_windows_thread",
    ),
    Mutant(
        "chosen-entry-cut-off",
        "gui/widgets/combo.py",
        "        option.currentText = self._fitting(option)\n",
        "",
        "tests/gui/widgets/test_combo.py::test_what_is_drawn_is_what_fits",
    ),
    Mutant(
        "greens-weigh-half-in-a-difference",
        "gui/stage/colouring.py",
        "    green <<= np.uint32(12)\n",
        "    green <<= np.uint32(11)\n",
        f"{STAGE}/test_colouring.py::test_greys_stay_greys_and_colours_weigh_as_in_qt",
    ),
    Mutant(
        "two-menus-open-with-one-letter",
        "gui/shell/commands.py",
        '"C&odes"',
        '"&Codes"',
        "tests/gui/shell/test_commands.py::test_every_action_of_the_window_is_a_command",
    ),
    Mutant(
        "menus-in-the-order-in-which-pages-are-made",
        "gui/shell/commands.py",
        "        return tuple(sorted(found, key=lambda name: SECTIONS[name]))\n",
        "        return tuple(reversed(found))\n",
        "tests/gui/shell/test_commands.py::test_every_action_of_the_window_is_a_command",
    ),
    Mutant(
        "reports-verified-only-in-a-case",
        "gui/pages/report/verify.py",
        "                    lambda: session.store is not None)\n",
        "                    lambda: session.case_id is not None)\n",
        "tests/gui/pages/test_report_page.py::test_a_report_is_verified_against_the_store_without_a_case",
    ),
)
