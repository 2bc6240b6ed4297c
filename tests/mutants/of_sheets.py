"""Mutants of reading and printing two-level QR codes."""

from tests.mutants.mutant import Mutant

RECTIFICATION = "tests/engine/methods/two_level_qr/test_rectification.py"
STRANGE = "tests/engine/methods/two_level_qr/test_strange_captures.py"
DETECTION = "tests/engine/methods/two_level_qr/test_detection.py"
LAYOUT = "tests/engine/report/test_sheet.py"
PRINTING = "tests/engine/workflows/codes/test_sheets.py"

MUTANTS = (
    Mutant(
        "code-placed-as-if-cut-out",
        "engine/methods/two_level_qr/rectification.py",
        "Transform.from_array(TransformKind.HOMOGRAPHY, moved @ to_capture)",
        "Transform.from_array(TransformKind.HOMOGRAPHY, to_capture)",
        f"{RECTIFICATION}::test_a_code_somewhere_on_a_page_is_rectified_like_one_alone",
    ),
    Mutant(
        "scratches-not-closed-for-reading",
        "engine/methods/two_level_qr/rectification.py",
        "    if way.grown:\n",
        "    if False:\n",
        f"{STRANGE}::test_codes_are_read_through_scratches_over_a_fifth_of_their_modules",
    ),
    Mutant(
        "same-code-read-twice",
        "engine/methods/two_level_qr/rectification.py",
        "        if not any(_inside(corners.mean(axis=0), other.corners) for other in found):\n",
        "        if True:\n",
        f"{RECTIFICATION}::test_several_codes_are_read_once_each_from_the_top_down",
    ),
    Mutant(
        "flat-windows-not-told",
        "engine/methods/two_level_qr/detection.py",
        "        variance[variance < FLAT * side**2] = 0.0\n",
        "        variance = np.abs(variance) + 1e-9\n",
        f"{DETECTION}::test_the_vectorised_search_agrees_with_the_loop",
    ),
    Mutant(
        "last-modules-not-measured",
        "engine/methods/two_level_qr/detection.py",
        " for start in range(0, len(rows), TOGETHER)):\n",
        " for start in range(0, len(rows) // 2, TOGETHER)):\n",
        f"{DETECTION}::test_the_vectorised_search_agrees_with_the_loop",
    ),
    Mutant(
        "code-printed-white-on-black",
        "engine/report/sheet.py",
        "        image.set_data(np.packbits(~_checked(ink, layout), axis=1).tobytes())\n",
        "        image.set_data(np.packbits(_checked(ink, layout), axis=1).tobytes())\n",
        f"{LAYOUT}::test_the_images_of_a_pdf_are_the_inks_bit_for_bit_at_exact_size_and_place",
    ),
    Mutant(
        "code-printed-a-dot-too-low",
        "engine/report/sheet.py",
        "layout.height - y - layout.side + INSET_DOTS\n",
        "layout.height - y - layout.side - 1 + INSET_DOTS\n",
        f"{LAYOUT}::test_the_images_of_a_pdf_are_the_inks_bit_for_bit_at_exact_size_and_place",
    ),
    Mutant(
        "printing-may-be-scaled",
        "engine/report/sheet.py",
        '    writer.create_viewer_preferences().print_scaling = "/None"\n',
        "",
        f"{LAYOUT}::test_a_pdf_names_the_sheet_the_series_and_every_code_and_asks_not_to_be_scaled",
    ),
    Mutant(
        "one-column-of-codes-too-many",
        "engine/report/sheet.py",
        "    columns = (width - 2 * margin - gap) // across\n",
        "    columns = (width - 2 * margin - gap) // across + 1\n",
        f"{LAYOUT}::test_codes_lie_apart_and_within_the_margins",
    ),
    Mutant(
        "resolution-rounded-to-the-nearest",
        "engine/workflows/codes/sheets.py",
        "    if rest or not 1 <= repeat <= REPEAT_LIMIT:\n",
        "    if not 1 <= repeat <= REPEAT_LIMIT:\n",
        f"{PRINTING}::test_a_resolution_or_paper_that_would_need_resampling_is_refused",
    ),
    Mutant(
        "voided-ids-printed",
        "engine/workflows/codes/sheets.py",
        "        if series_id != series.id or product_id in voided:\n",
        "        if series_id != series.id:\n",
        f"{PRINTING}::test_only_ids_that_count_are_printed",
    ),
    Mutant(
        "sheets-left-behind-after-cancelling",
        "engine/workflows/codes/sheets.py",
        "                name.unlink()\n",
        "                pass\n",
        f"{PRINTING}::test_cancelling_leaves_no_sheet_behind",
    ),
    Mutant(
        "sheets-printed-again-by-anybody",
        "engine/workflows/codes/sheets.py",
        '    require_role(actor, PRODUCING, "print codes")\n',
        "",
        f"{PRINTING}::test_only_producers_and_administrators_print_codes_again",
    ),
    Mutant(
        "printing-not-recorded",
        "engine/workflows/codes/sheets.py",
        '    store.commit(actor.id, "codes printed", printed)\n',
        "    assert printed\n",
        f"{PRINTING}::test_every_printing_is_recorded_with_who_what_and_the_files_as_written",
    ),
    Mutant(
        "orientation-behind-the-pixels-missed",
        "engine/imaging/formats_plain.py",
        '            if kind == b"IEND":\n',
        '            if kind in (b"IEND", b"IDAT"):\n',
        "tests/engine/imaging/test_formats_plain.py::test_an_orientation_behind_the_pixels_of_a_png_is_applied_too",
    ),
)
