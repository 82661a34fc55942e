"""The documents that a question can name: found by their titles and those of their attachments."""

import re
from collections.abc import Sequence

from kb.controls.rules import Rules
from kb.language.normalise import canonical
from kb.lookup.articles.article_question import Law
from kb.lookup.articles.titles import Fit, bare_name, matching, names_of
from kb.models import DocumentSummary, Filters, Model, Status
from kb.question.time_words import Version
from kb.storage.documents import Documents

_HEAD = 3_000  # characters
_ISSUER = re.compile("(?:国务院|全国人大(?:常委会)?|中共中央|国家|中国)的?")
_CHANGED = re.compile(
    r"(?P<year>(?:19|20)\d\d)年\d{1,2}月\d{1,2}日[^\n]{0,80}?(?:通过|公布|发布|修订|修正|修改|批准)"
)


class Choice(Model):
    """The documents that a question may mean by a law: one, several that are left open, or none.

    `editions` are those of other years or ages, where the one that was asked for is missing.
    """

    law: Law
    documents: tuple[DocumentSummary, ...] = ()
    fit: Fit | None = None
    editions: tuple[DocumentSummary, ...] = ()
    near: tuple[DocumentSummary, ...] = ()


class NamedDocuments:
    """Finds documents by name; the list of titles is kept until documents change."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._summaries: tuple[int, tuple[DocumentSummary, ...]] = (-1, ())

    def visible(self, filters: Filters, rules: Rules) -> tuple[DocumentSummary, ...]:
        """The documents that may be cited, newest first: those that pass the form's `filters`."""
        revision, summaries = self._summaries
        current = self._documents.revision
        if revision != current:
            summaries = tuple(self._documents.summaries())
            self._summaries = (current, summaries)
        if not rules.excluded and filters == Filters():
            return summaries
        return tuple(one for one in summaries if one.id not in rules.excluded and _passes(one, filters))

    def choose(self, law: Law, visible: Sequence[DocumentSummary]) -> Choice:
        """The documents among `visible` that `law` means: its edition in force, unless it names another."""
        attached = self._documents.attached()
        match = matching(law.name, visible, attached)
        if law.words != law.name:  # a year may belong to the name itself: 2023年浔阳区政务公开工作要点
            as_written = matching(law.words, visible, attached)
            keeps_year = law.year is None or str(law.year) in as_written.name
            if as_written.fit in (Fit.EXACT, Fit.TAIL) and keeps_year:
                match = as_written
                law = law.model_copy(update={"name": law.words, "year": None, "version": None})
        if match.fit is None and (issuer := _ISSUER.match(law.name)):
            law = law.model_copy(update={"name": law.name[issuer.end() :]})
            match = matching(law.name, visible, attached)
        if match.fit is None:
            return Choice(law=law, near=match.near or _longer(match.name, visible))
        editions = self._of_edition(law, match.documents)
        return Choice(
            law=law, documents=editions, fit=match.fit, editions=() if editions else match.documents
        )

    def knows(self, law: Law, visible: Sequence[DocumentSummary]) -> bool:
        """Whether there is a document that `law` may mean, of any edition."""
        return self.choose(law, visible).fit is not None

    def named_in(self, text: str, visible: Sequence[DocumentSummary]) -> Law | None:
        """The law whose whole title stands in the canonical `text`, the longest of several."""
        attached = self._documents.attached()
        titles = (title for one in visible for title in (one.title, *attached.get(one.id, ())))
        names = (name for title in titles for name in names_of(title) if len(name) > 2 and name in text)
        name = max(names, key=len, default=None)
        return Law(words=name, name=name) if name else None

    def _of_edition(self, law: Law, documents: tuple[DocumentSummary, ...]) -> tuple[DocumentSummary, ...]:
        """Those of `documents` that are of the year or age that `law` names; else those in force."""
        if law.year is not None:
            dated = tuple(one for one in documents if one.dated and one.dated.year == law.year)
            return dated or tuple(one for one in documents if self._last_changed(one) == law.year)
        if law.version is Version.OLD:
            return tuple(one for one in documents if one.status is not Status.IN_FORCE) or documents[1:]
        in_force = tuple(one for one in documents if one.status is Status.IN_FORCE)
        return self._newest(in_force or documents)

    def _last_changed(self, summary: DocumentSummary) -> int | None:
        """The last year in which the head of a document says that it was adopted or changed."""
        document = self._documents.get(summary.id)
        if document is None:
            return None
        head = document.text[: document.sections[0].span.start if document.sections else 0]
        years = (int(found["year"]) for found in _CHANGED.finditer(canonical(head[:_HEAD])))
        return max(years, default=None)

    def _newest(self, documents: tuple[DocumentSummary, ...]) -> tuple[DocumentSummary, ...]:
        """The newest of `documents`, which come newest first, if they are editions of one text."""
        names = {bare_name(one.title) for one in documents}
        days = {one.dated for one in documents}
        if len(documents) < 2 or len(names) > 1 or len(days) < len(documents) or None in days:
            return documents
        read = [self._documents.get(one.id) for one in documents]
        issuers = {document.issuer for document in read if document and document.issuer}
        return documents if len(issuers) > 1 else documents[:1]


def _passes(document: DocumentSummary, filters: Filters) -> bool:
    """Whether `document` passes `filters`."""
    if filters.document_ids and document.id not in filters.document_ids:
        return False
    if filters.status and document.status is not filters.status:
        return False
    return filters.passes_day(document.dated)


def _longer(name: str, visible: Sequence[DocumentSummary]) -> tuple[DocumentSummary, ...]:
    """Documents whose title is the end of `name`: 物业管理条例 for 某省物业管理条例."""
    return tuple(
        one for one in visible if len(bare_name(one.title)) > 2 and name.endswith(bare_name(one.title))
    )
