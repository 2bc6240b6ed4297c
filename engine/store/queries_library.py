"""What can be asked of a store about libraries: their labels, embeddings, and what was withdrawn."""

from engine.core.library import Embedding, LabelBatch, Library, Withdrawal
from engine.store.kinds import text_key
from engine.store.queries import record_of, segment_of
from engine.store.queries_codes import CodeQueries


class LibraryQueries(CodeQueries):
    """The part of a store's reading half that knows libraries."""

    def libraries(self) -> tuple[Library, ...]:
        """Return the libraries in the order they were made."""
        return self._all(Library, "library made")

    def library(self, library_id: str) -> Library:
        """Return the library; raises InputError where there is none."""
        return self._one(Library, "library made", library_id)

    def label_batches(self, library_id: str) -> tuple[LabelBatch, ...]:
        """Return the batches of labels of a library in the order they were enrolled, that of their numbers."""
        return self._all(LabelBatch, "labels enrolled", library_id)

    def label_batches_of(self, library_id: str, sha256: str) -> tuple[LabelBatch, ...]:
        """Return the batches of a library whose labels were cut, among others, from the field of that SHA-256."""
        batches = self._all(LabelBatch, "labels enrolled", text_key(sha256))
        return tuple(batch for batch in batches if batch.library_id == library_id and sha256 in batch.field_sha256)

    def embeddings(self, batch_id: str) -> tuple[Embedding, ...]:
        """Return the embeddings of a batch that were made after its enrolment, in their order."""
        return self._all(Embedding, "labels embedded", batch_id)

    def withdrawals(self, library_id: str) -> tuple[tuple[int, Withdrawal], ...]:
        """Return the withdrawals from a library in their order, each with the sequence number of its event."""
        events = self._events(self._projection.find("labels withdrawn", library_id))
        return tuple((event.sequence, record_of(event, Withdrawal)) for event in events)

    def library_state(self, library_id: str) -> str:
        """Return a text that changes whenever anything was recorded of the library; reads nothing."""
        kinds = ("library made", "labels enrolled", "labels withdrawn")
        found = [*(self._projection.find(kind, library_id) for kind in kinds), self._projection.find("labels embedded")]
        return " ".join(entries[-1].hash if entries else "-" for entries in found)

    def segment_sha256(self, kind: str, key: str) -> str:
        """Return the SHA-256 of the segment beside the record of that kind and identifier; "" where there is none."""
        segment = segment_of(self.event_of(kind, key))
        return segment.sha256 if segment else ""

    def batch_sequences(self, library_id: str) -> tuple[int, ...]:
        """Return the sequence numbers of the events that enrolled a library's batches, in their order."""
        return tuple(entry.sequence for entry in self._projection.find("labels enrolled", library_id))
