"""Whom an answer names to be asked: the units in its passages, then the departments of the district's map.

A question that nothing answers is about its own words, else about the document that comes nearest to it; the
departments named here are those whose desk it comes to (kb.queue.grouping).
"""

from collections.abc import Callable, Iterable, Sequence

from kb.answers import Answer, AnswerKind
from kb.controls.responsible import MapRow, departments_for
from kb.staff.contacts import Contacts
from kb.storage.documents import Documents

CONTACTS = 3  # named at most


class Responsible:
    """Names the departments and contacts of an answer; `rows` gives the map that holds now."""

    def __init__(
        self, documents: Documents, contacts: Contacts, rows: Callable[[], Sequence[MapRow]]
    ) -> None:
        self._documents = documents
        self._contacts = contacts
        self._rows = rows

    def named(self, answer: Answer) -> Answer:
        """`answer` with all its departments, and the contacts of these."""
        departments = tuple(dict.fromkeys((*answer.departments, *self._mapped(answer))))
        contacts = self._contacts.of(departments)[:CONTACTS]
        return answer.model_copy(update={"departments": departments, "contacts": contacts})

    def _mapped(self, answer: Answer) -> tuple[str, ...]:
        """The departments of the map for `answer`."""
        rows = self._rows()
        if not rows or answer.kind is AnswerKind.COURTESY:
            return ()
        if answer.kind is not AnswerKind.REFUSED:
            return self._of(rows, answer.rewritten, (one.document_id for one in answer.citations))
        asked = departments_for(rows, answer.rewritten, ())
        nearest = (one.document_id for one in answer.candidates[:1])
        return asked or self._of(rows, "", nearest)

    def _of(self, rows: Sequence[MapRow], question: str, ids: Iterable[str]) -> tuple[str, ...]:
        wanted = frozenset(ids)
        heads = [head for head in self._documents.heads() if head.id in wanted] if wanted else []
        return departments_for(rows, question, heads)
