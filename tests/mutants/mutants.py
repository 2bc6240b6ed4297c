"""All mutants, by the part of the product they are put into."""

from tests.mutants.mutant import Mutant
from tests.mutants.of_codes import MUTANTS as OF_CODES
from tests.mutants.of_codes_page import MUTANTS as OF_CODES_PAGE
from tests.mutants.of_compare import MUTANTS as OF_COMPARE
from tests.mutants.of_compare_labels import MUTANTS as OF_COMPARE_LABELS
from tests.mutants.of_contour_judge import MUTANTS as OF_CONTOUR_JUDGE
from tests.mutants.of_evaluation import MUTANTS as OF_EVALUATION
from tests.mutants.of_images import MUTANTS as OF_IMAGES
from tests.mutants.of_label_evaluation import MUTANTS as OF_LABEL_EVALUATION
from tests.mutants.of_library import MUTANTS as OF_LIBRARY
from tests.mutants.of_library_page import MUTANTS as OF_LIBRARY_PAGE
from tests.mutants.of_matched_points import MUTANTS as OF_MATCHED_POINTS
from tests.mutants.of_recogniser import MUTANTS as OF_RECOGNISER
from tests.mutants.of_register import MUTANTS as OF_REGISTER
from tests.mutants.of_results import MUTANTS as OF_RESULTS
from tests.mutants.of_search import MUTANTS as OF_SEARCH
from tests.mutants.of_sheets import MUTANTS as OF_SHEETS
from tests.mutants.of_store import MUTANTS as OF_STORE
from tests.mutants.of_window import MUTANTS as OF_WINDOW

__all__ = ["MUTANTS", "Mutant"]

MUTANTS: tuple[Mutant, ...] = (
    *OF_STORE,
    *OF_REGISTER,
    *OF_IMAGES,
    *OF_RESULTS,
    *OF_WINDOW,
    *OF_CODES_PAGE,
    *OF_COMPARE,
    *OF_COMPARE_LABELS,
    *OF_EVALUATION,
    *OF_CODES,
    *OF_SHEETS,
    *OF_SEARCH,
    *OF_MATCHED_POINTS,
    *OF_LIBRARY,
    *OF_LIBRARY_PAGE,
    *OF_LABEL_EVALUATION,
    *OF_CONTOUR_JUDGE,
    *OF_RECOGNISER,
)
