"""Faults of searching a library: exact search, the index and its file, the benchmark."""

from tests.mutants.mutant import Mutant

FLAT = "tests/engine/search/test_flat.py"
INDEX = "tests/engine/search/test_index.py"
SHORT_LIST = "tests/engine/search/test_shortlist.py"
BENCHMARK = "tests/engine/workflows/evaluation/test_search_benchmark.py"
ORDER = f"{FLAT}::test_the_best_are_found_in_order_and_equal_ones_by_number"
FORGED = f"{INDEX}::test_a_forged_index_with_right_hashes_is_refused"

MUTANTS = (
    Mutant(
        "equal-similarities-in-any-order",
        "engine/search/vectors.py",
        "    order = np.lexsort((rows, -similarity))[:k]\n",
        "    order = np.lexsort((-rows, -similarity))[:k]\n",
        ORDER,
    ),
    Mutant(
        "ties-cut-off-by-rounding",
        "engine/search/flat.py",
        "np.partition(values, -k)[-k] - ROUNDING\n",
        "np.partition(values, -k)[-k] + ROUNDING\n",
        ORDER,
    ),
    Mutant(
        "withdrawn-labels-found-in-their-class",
        "engine/search/vectors.py",
        "        return own if self.withdrawn is None else own & ~self.withdrawn\n",
        "        return own\n",
        ORDER,
    ),
    Mutant(
        "similarity-in-single-precision",
        "engine/search/vectors.py",
        "    near = np.asarray(vectors.vectors)[rows].astype(np.float64)\n",
        "    near = np.asarray(vectors.vectors)[rows].astype(np.float16)\n",
        ORDER,
    ),
    Mutant(
        "withdrawn-labels-found-by-the-index",
        "engine/search/index.py",
        "            return compressed.shortlist(asked, size, lists, self._bitmap(label_class))\n",
        "            return compressed.shortlist(asked, size, lists, label_class and self._bitmap(label_class))\n",
        f"{INDEX}::test_withdrawn_labels_are_not_found_by_themselves",
    ),
    Mutant(
        "a-small-class-searched-in-the-nearest-lists-alone",
        "engine/search/shortlist.py",
        "            if numbers[place, -1] < 0:",
        "            if numbers[place, -1] < -1:",
        f"{INDEX}::test_a_class_of_few_labels_is_searched_to_its_last_one",
    ),
    Mutant(
        "index-of-another-state-used",
        "engine/search/index.py",
        "        if (header.key, header.count) != (key, vectors.count):\n",
        "        if header.count != vectors.count:\n",
        f"{INDEX}::test_an_index_of_something_else_is_stale",
    ),
    Mutant(
        "index-of-other-embeddings-used",
        "engine/search/index.py",
        "        if not fits or header.fingerprint != vectors.fingerprint(header.count):\n",
        "        if not fits:\n",
        f"{INDEX}::test_an_index_of_something_else_is_stale",
    ),
    Mutant(
        "hash-of-the-index-not-compared",
        "engine/search/files.py",
        "        if self._left or self._digest.hexdigest() != self._header.body_sha256:\n",
        "        if self._left:\n",
        f"{INDEX}::test_a_damaged_or_foreign_file_is_never_trusted_and_built_anew",
    ),
    Mutant(
        "rows-of-the-index-not-checked",
        "engine/search/index.py",
        "            if size and (rows.min() < 0 or rows.max() >= header.count):\n",
        "            if size and rows.min() < 0:\n",
        FORGED,
    ),
    Mutant(
        "codes-of-another-faiss-used",
        "engine/search/index.py",
        "        if header.faiss != faiss.__version__:\n",
        "        if not header.faiss:\n",
        FORGED,
    ),
    Mutant(
        "added-labels-left-out",
        "engine/search/index.py",
        "                compressed.add(vectors.vectors, header.count, context.part(0, 2))\n",
        "                compressed.add(vectors.vectors, vectors.count - 1, context.part(0, 2))\n",
        f"{INDEX}::test_added_labels_are_added_to_the_index_and_the_old_one_goes_on",
    ),
    Mutant(
        "outgrown-lists-kept",
        "engine/search/index.py",
        "            if header.count < vectors.count <= GROWTH * header.trained:\n",
        "            if header.count < vectors.count:\n",
        f"{INDEX}::test_a_library_that_outgrew_its_lists_gets_new_ones",
    ),
    Mutant(
        "self-test-compares-the-index-with-itself",
        "engine/search/self_test.py",
        "    exact = flat(vectors, queries, 1, context=context)\n",
        "    exact = search(queries, 1)\n",
        f"{INDEX}::test_the_self_test_sees_an_index_that_looks_into_too_few_lists",
    ),
    Mutant(
        "first-match-always-sure",
        "engine/search/shortlist.py",
        "not similarity[place, -1] >= SURE]",
        "not similarity[place, -1] >= 0]",
        f"{SHORT_LIST}::test_only_queries_without_a_near_match_are_searched_again",
    ),
    Mutant(
        "best-match-sure-is-enough-for-all",
        "engine/search/shortlist.py",
        "not similarity[place, -1] >= SURE]",
        "not similarity[place, 0] >= SURE]",
        f"{SHORT_LIST}::test_a_near_match_is_not_enough_where_more_are_wanted",
    ),
    Mutant(
        "sure-matches-searched-again",
        "engine/search/shortlist.py",
        "            places = [place for place in places if not similarity[place, -1] >= SURE]\n",
        "",
        f"{SHORT_LIST}::test_only_queries_without_a_near_match_are_searched_again",
    ),
    Mutant(
        "fewest-lists-always-enough",
        "engine/search/index.py",
        "            if share >= FOUND:\n",
        "            if share >= 0:\n",
        f"{INDEX}::test_the_right_label_comes_first_and_its_similarity_is_exact",
    ),
    Mutant(
        "benchmark-counts-embeddings-for-labels",
        "engine/workflows/evaluation/search_benchmark.py",
        "        return (hits.numbers[:, 0] - 1) // simulated.variants\n",
        "        return hits.numbers[:, 0] - 1\n",
        f"{BENCHMARK}::test_another_variant_of_the_label_counts_as_the_label",
    ),
    Mutant(
        "strangers-left-out-of-the-decisions",
        "engine/workflows/evaluation/search_benchmark.py",
        '        "decisions": rate(own == passed),\n',
        '        "decisions": rate((own == passed)[genuine]),\n',
        f"{BENCHMARK}::test_exact_search_beside_itself_agrees_with_itself",
    ),
)
