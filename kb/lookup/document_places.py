"""The places that documents are of, read from their titles and issuers, and the places of the service itself.

No setting says where the service stands: its places are those that most of its documents are of.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache

from kb.models import Model, Status
from kb.question.places import places_in
from kb.storage.documents import Documents


class Map(Model):
    """The places of each document by its id, as its title names them, and those of the service."""

    places: Mapping[str, tuple[str, ...]]
    own: frozenset[str]

    def of(self, document_id: str) -> tuple[str, ...]:
        """The places of a document; none for a national one."""
        return self.places.get(document_id, ())


class DocumentPlaces:
    """Reads the places of `documents`, once for each state of the collection."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._known: tuple[int, Map] | None = None

    def current(self) -> Map:
        """The places as of now."""
        revision = self._documents.revision
        known = self._known
        if known is None or known[0] != revision:
            known = self._known = revision, _read(self._documents)
        return known[1]

    def speak_of(self, place: str) -> bool:
        """Whether any document speaks of `place`."""
        return bool(self._documents.documents_with(place))


@lru_cache(maxsize=65_536)  # while documents are brought in, the collection is read again and again
def _named(title: str, issuer: str) -> tuple[str, ...]:
    return places_in(f"{title} {issuer}")


def _read(documents: Documents) -> Map:
    heads = [(head, _named(head.title, head.issuer or "")) for head in documents.heads()]
    counts = Counter(place for head, found in heads if head.status is Status.IN_FORCE for place in found)
    most = max(counts.values(), default=0)
    own = frozenset(place for place, times in counts.items() if times == most)
    return Map(places={head.id: found for head, found in heads}, own=own)
