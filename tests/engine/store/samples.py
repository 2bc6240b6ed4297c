"""Records for the tests of the store: a small case, always the same apart from its identifiers."""

import numpy as np

from engine.core.case import Capture, Case, Device, Item, Opinion, Quality, Scale, ScaleSource, Standing
from engine.core.codes import (
    CodeCheck,
    CodeSeries,
    IdBatch,
    LifeBatch,
    RegisterState,
    Scheme,
    SeriesFacts,
    Voiding,
)
from engine.core.finding import Finding, Overlay, Provenance, Raster, ScaleUsed, Score
from engine.core.library import LABEL_PX, Embedding, FieldUsed, LabelBatch, Library, Withdrawal
from engine.core.pixels import Transform
from engine.core.records import new_id
from engine.core.seeds import generator
from engine.store import ScaleSet, Store, segments

SCALE = Scale(um_per_px_x=42.3, um_per_px_y=42.3, source=ScaleSource.ACTOR, relative_uncertainty=0.01)


def make_case() -> Case:
    return Case(id=new_id("case"), title="Label dispute", reference="R-7")


def make_item(case: Case, standing: Standing = Standing.QUESTIONED) -> Item:
    return Item(id=new_id("item"), case_id=case.id, name=f"Label A, {standing}", standing=standing)


def make_capture(item: Item, sha256: str, name: str = "a.png") -> Capture:
    quality = Quality(focus=0.1, clipped_low=0.0, clipped_high=0.01, noise=0.02)
    return Capture(
        id=new_id("capture"),
        item_id=item.id,
        sha256=sha256,
        page=0,
        file_name=name,
        media_type="image/png",
        byte_size=9,
        width=20,
        height=30,
        channels=1,
        bit_depth=8,
        device=Device.SCANNER,
        quality=quality,
    )


def make_raster(seed: int = 0, shape: tuple[int, ...] = (12, 9)) -> Raster:
    return Raster(generator(seed, "raster").normal(size=shape))


def make_overlay(capture: Capture, key: str, raster: Raster) -> Overlay:
    return Overlay(
        key=key,
        title=key,
        capture_id=capture.id,
        grid_to_capture=Transform.identity(),
        low=-1,
        high=1,
        raster=raster,
    )


def make_finding(case: Case, captures: tuple[Capture, ...], seed: int = 0, shape: tuple[int, int] = (12, 9)) -> Finding:
    overlays = (
        make_overlay(captures[0], "correlation", make_raster(seed, shape)),
        make_overlay(captures[0], "displacement", make_raster(seed, (6, 5, 2))),
    )
    return Finding(
        id=new_id("finding"),
        case_id=case.id,
        method="capture_comparison",
        title="Comparison",
        capture_ids=tuple(capture.id for capture in captures),
        scales=tuple(ScaleUsed(capture_id=capture.id, scale=capture.scale) for capture in captures),
        outcome="registered",
        scores=(Score(key="residual_px", title="Residual", value=0.25, unit="px"),),
        overlays=overlays,
        provenance=Provenance(
            method="capture_comparison",
            method_version="1",
            settings={"window": 64},
            input_sha256=tuple(capture.sha256 for capture in captures),
            seed=0,
            versions={"numpy": "2"},
            threads=1,
        ),
    )


def make_opinion(case: Case, findings: tuple[Finding, ...] = (), text: str = "No difference was observed.") -> Opinion:
    return Opinion(id=new_id("opinion"), case_id=case.id, text=text, finding_ids=tuple(each.id for each in findings))


def administrator(store: Store) -> str:
    return store.actors()[0].id


def take_in(store: Store, item: Item, data: bytes, name: str = "a.png") -> Capture:
    capture = make_capture(item, store.add_evidence(data, ".png"), name)
    store.commit(administrator(store), "capture taken in", capture)
    return capture


def fill(store: Store) -> tuple[Case, Finding]:
    """Put a whole small case into a store: two items, captures, scale, finding with overlays, opinion, draft."""
    actor = administrator(store)
    case = make_case()
    store.commit(actor, "case opened", case)
    captures = []
    for standing in Standing:
        item = make_item(case, standing)
        store.commit(actor, "item added", item)
        captures.append(take_in(store, item, b"bytes of the " + standing.encode()))
    store.commit(actor, "scale set", ScaleSet(capture_id=captures[0].id, scale=SCALE))
    finding = make_finding(case, tuple(store.capture(capture.id) for capture in captures))
    store.commit(actor, "finding made", finding)
    store.commit(actor, "opinion given", make_opinion(case, (finding,)))
    store.save_draft(f"opinion-{case.id}", {"text": "so far"})
    store.save_draft(f"opinion-{case.id}", {"text": "so far and further"})
    return case, finding


def make_series(store: Store, name: str = "Spring") -> CodeSeries:
    """Add sealed secrets and return a series that names them; the store takes any bytes for sealed."""
    facts = SeriesFacts(
        name=name,
        scheme=Scheme.ORDERED,
        pattern_count=3,
        module_px=12,
        black_px=72,
        print_dpi=600,
        version=4,
        error_level="M",
        epsilon=0.3,
        sha256="1" * 64,
    )
    sealed = store.add_secret(f"sealed secrets of {name} ".encode() * 20)
    return CodeSeries(id=new_id("series"), facts=facts, sealed_sha256=sealed)


def make_ids(series: CodeSeries, seed: int = 0, count: int = 40) -> tuple[IdBatch, dict[str, segments.Table]]:
    rng = generator(seed, "ids")
    batch = IdBatch(id=new_id("batch"), series_id=series.id, count=count, columns=("lot", "article"))
    return batch, {
        "ids": rng.integers(0, 256, (count, 10)).astype(np.uint8),
        "cells": rng.integers(0, 3, (count, 2)).astype("<i4"),
        "pool": np.frombuffer(b"A\0B\0\0", dtype=np.uint8),
    }


def make_steps(seed: int = 0, count: int = 7) -> tuple[LifeBatch, dict[str, segments.Table]]:
    rng = generator(seed, "steps")
    batch = LifeBatch(id=new_id("life"), count=count, source="steps.csv")
    return batch, {
        "ids": rng.integers(0, 256, (count, 10)).astype(np.uint8),
        "cells": np.tile(np.arange(5, dtype="<i4"), (count, 1)),
        "pool": np.frombuffer(b"retail\0002026-03-01T10:00:00Z\0Shop\0\0note\0", dtype=np.uint8),
    }


def make_check(series: CodeSeries) -> CodeCheck:
    return CodeCheck(
        id=new_id("check"),
        code_text="0123456789ABCDEF",
        product_id="0123456789ABCDEF",
        series_id=series.id,
        register_state=RegisterState.ISSUED,
        outcome="not measured",
        image_sha256="0" * 64,
    )


def fill_codes(store: Store, name: str = "Spring") -> CodeSeries:
    """Put a series into a store with sealed secrets, IDs, steps, a check and a voiding."""
    actor = administrator(store)
    series = make_series(store, name)
    store.commit(actor, "series made", series)
    for kind, (record, tables) in (("ids issued", make_ids(series)), ("steps recorded", make_steps())):
        store.commit(actor, kind, record, tables=tables)
    store.commit(actor, "code checked", make_check(series))
    store.commit(actor, "voided", Voiding(id=new_id("voiding"), series_id=series.id, reason="a trial"))
    return series


def make_labels(
    store: Store, library: Library, first: int = 1, count: int = 3, seed: int = 0
) -> tuple[LabelBatch, dict[str, segments.Table]]:
    """Add the bytes of a field and return a batch of labels cut from it."""
    rng = generator(seed, f"labels {first}")
    sha256 = store.add_evidence(rng.bytes(99), ".png")
    batch = LabelBatch(
        id=new_id("labels"),
        library_id=library.id,
        first_number=first,
        count=count,
        fields=(FieldUsed(file_name="field.png", sha256=sha256, found=count),),
        embedder_key="a" * 64,
        simulated=True,
    )
    return batch, {
        "crops": rng.integers(0, 256, (count, LABEL_PX * LABEL_PX)).astype(np.uint8),
        "places": np.tile(np.array([0, 1, 2, 3], dtype="<i4"), (count, 1)),
        "corners": rng.uniform(0, 1000, (count, 8)).astype("<f4"),
        "measures": rng.uniform(0, 1, (count, 2)).astype("<f4"),
        "vectors": make_vectors(count, first),
    }


def make_vectors(count: int, seed: int) -> np.ndarray:
    vectors = generator(seed, "vectors").normal(size=(count, 256))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype("<f4")


def make_embedding(batch: LabelBatch, key: str = "b" * 64) -> tuple[Embedding, dict[str, segments.Table]]:
    embedding = Embedding(id=new_id("embedding"), batch_id=batch.id, embedder_key=key, count=batch.count)
    classes = np.zeros(batch.count, dtype="<i4")
    return embedding, {"classes": classes, "vectors": make_vectors(batch.count, 99)}


def fill_library(store: Store, name: str = "Film 7") -> Library:
    """Put a library into a store: two batches of labels, one embedded anew, a withdrawal."""
    actor = administrator(store)
    library = Library(id=new_id("library"), name=name, simulated=True)
    store.commit(actor, "library made", library)
    for first in (1, 4):
        batch, tables = make_labels(store, library, first)
        store.commit(actor, "labels enrolled", batch, tables=tables)
    embedding, tables = make_embedding(batch)
    store.commit(actor, "labels embedded", embedding, tables=tables)
    withdrawal = Withdrawal(id=new_id("withdrawal"), library_id=library.id, numbers=(2,), reason="scratched")
    store.commit(actor, "labels withdrawn", withdrawal)
    return library
