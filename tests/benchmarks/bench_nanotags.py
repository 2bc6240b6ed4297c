"""Real flakes used as tags: recaptures found among all enrolled by their silhouettes. One JSON object.

Nothing is trained. The threshold for rejection is the overlap that one in a hundred of the *enrolled* captures reaches
with another enrolled one: recaptures take no part in it. ``suspects`` are enrolled captures that reach it with another
identity: the same flake enrolled twice, or flakes that their outlines do not tell apart. ``turned_copies`` are
recaptures whose surroundings share their noise with the enrolled capture: not another capture but the same one, turned;
``fresh`` counts the others. ``contrast`` is the second score, how much the light differs that the flakes take from
their surroundings: fresh recaptures beside their own, beside the most alike outlines of others, and the counterfeits.

    python -m tests.benchmarks.bench_nanotags
"""

import json
import os
import time
from pathlib import Path

import cv2
import numpy as np

from engine.evaluation.curves import auc
from engine.evaluation.rates import cluster_bootstrap
from engine.methods.micro_pattern.silhouettes import SilhouetteHit, Silhouettes
from tests.benchmarks.nanotags import Tag, enrolled, nanotags, shared_grain

TIGHT = 0.01  # share of enrolled captures that may pass with another enrolled one
SAME_GRAIN = 0.5  # correlation of the noise beside two flakes: copies reach 0.8, fresh captures stay below 0.3
BESIDE = 5  # other flakes of the most alike outlines, for each recapture


def main() -> None:
    """Print the figures."""
    root = Path(
        os.environ.get("TOUCHSTONE_REAL_DATA", Path(__file__).resolve().parents[3] / "shared" / "data" / "real")
    )
    if not (root / "2dm-nanotags").is_dir():
        print(json.dumps({"benchmark": "nanotags", "skipped": "the real images are not here"}))
        return
    cv2.setNumThreads(1)
    start = time.perf_counter()
    tags = nanotags(root)
    cut_s = (time.perf_counter() - start) / len(tags)
    known = enrolled(tags)
    library = Silhouettes([outline for _, outline in known])
    others = sorted((_nearest_other(library, known, place) for place in range(len(known))), reverse=True)
    threshold = float(np.quantile([overlap for overlap, *_ in others], 1 - TIGHT))
    queries = [tag for tag in tags if tag.recaptured or tag.role == "counterfeit"]
    start = time.perf_counter()
    for tag in queries:
        if tag.silhouette is not None:
            library.find(tag.silhouette)
    find_s = (time.perf_counter() - start) / len(queries)
    answers = [_answer(library, known, tag) for tag in queries]
    right = [answer for answer in answers if answer["role"] == "recapture"]
    own = {tag.identity: tag for tag, _ in known}
    copies = [tag.name for tag in queries if tag.silhouette and shared_grain(tag, own[tag.identity]) > SAME_GRAIN]
    fresh = [answer for answer in right if answer["name"] not in copies]
    print(
        json.dumps({
            "benchmark": "nanotags", "enrolled": len(known), "not_cut_out": [t.name for t in tags if not t.silhouette],
            "recaptures": len(right), "top_1": sum(answer["rank"] == 1 for answer in right),
            "top_5": sum(answer["rank"] <= 5 for answer in right), "threshold": round(threshold, 4),
            "turned_copies": copies, "fresh": len(fresh), "fresh_top_1": sum(answer["rank"] == 1 for answer in fresh),
            "fresh_top_5": sum(answer["rank"] <= 5 for answer in fresh),
            "contrast": _contrast(library, known, [tag for tag in queries if tag.name not in copies]),
            "accepted_and_right": sum(a["rank"] == 1 and a["overlap"] >= threshold for a in right),
            "accepted_and_wrong": sum(a["rank"] > 1 and a["overlap"] >= threshold for a in right),
            "missed": [answer for answer in right if answer["rank"] > 1 or answer["overlap"] < threshold],
            "counterfeits": [answer for answer in answers if answer["role"] == "counterfeit"],
            "own_overlap_min": min(answer["overlap"] for answer in right if answer["rank"] == 1),
            "next_overlap_max": max(answer["next"] for answer in right if answer["rank"] == 1),
            "suspects": [
                [round(overlap, 4), round(ratio, 3), name, other]
                for overlap, ratio, name, other in others if overlap >= threshold and name < other
            ],
            "cut_out_ms": round(1e3 * cut_s, 2), "find_ms": round(1e3 * find_s, 2),
        })
    )  # fmt: skip


def _nearest_other(library: Silhouettes, known: list, place: int) -> tuple[float, float, str, str]:
    tag, outline = known[place]
    hit = next(hit for hit in library.find(outline) if hit.place != place)
    return hit.overlap, hit.size_ratio, tag.identity, known[hit.place][0].identity


def _contrast(library: Silhouettes, known: list, fresh: list[Tag]) -> dict:
    """Return how far contrasts lie apart, and how well that tells: intervals draw whole flakes anew."""
    own: dict[str, list[float]] = {"recapture": [], "counterfeit": []}
    others: list[list[float]] = []
    flakes: list[str] = []
    for tag in fresh:
        assert tag.silhouette is not None
        hits = library.find(tag.silhouette, len(known))
        same, other = (
            [hit for hit in hits if (known[hit.place][0].identity == tag.identity) is kind] for kind in (True, False)
        )
        own[tag.role].append(_apart(same[0]))
        if tag.role == "recapture":
            others.append([_apart(hit) for hit in other[:BESIDE]])
            flakes.append(tag.identity)
    genuine, wrong = -np.array(own["recapture"]), -np.array(others)
    interval = cluster_bootstrap(lambda n: auc(genuine[n], wrong[n].ravel()), flakes, seed=0)
    return {
        "own": sorted(round(-float(v), 3) for v in genuine), "counterfeits": [round(v, 3) for v in own["counterfeit"]],
        "auc_others": round(auc(genuine, wrong.ravel()), 3),
        "auc_others_95": [round(interval.low, 3), round(interval.high, 3)],
        "auc_counterfeits": round(auc(genuine, -np.array(own["counterfeit"])), 3),
        "counterfeits_and_flakes_counterfeited": [len(own["counterfeit"]), 1],
    }  # fmt: skip


def _apart(hit: SilhouetteHit) -> float:
    return hit.contrast_apart if np.isfinite(hit.contrast_apart) else 0.0  # not known: tells against none


def _answer(library: Silhouettes, known: list, tag: Tag) -> dict:
    if tag.silhouette is None:
        return {"name": tag.name, "role": tag.role, "rank": len(known) + 1, "overlap": 0.0, "next": 0.0}
    hits = library.find(tag.silhouette, len(known))
    rank = next(place for place, hit in enumerate(hits, 1) if known[hit.place][0].identity == tag.identity)
    return {
        "name": tag.name, "role": tag.role, "rank": rank, "overlap": round(hits[0].overlap, 4),
        "next": round(hits[1].overlap, 4), "first": known[hits[0].place][0].identity,
        "size_ratio": round(hits[0].size_ratio, 3),
    }  # fmt: skip


if __name__ == "__main__":
    main()
