"""Documents without an index, and the look-up of articles in them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.anatomy.document import build_document
from ingest.raw_text import RawText
from ingest.readers.read import read
from kb.answers import Answer
from kb.controls.rules import Rules
from kb.lookup.articles.articles import Articles
from kb.models import Filters, PolicyDocument, Question, Status
from kb.question.understanding import Query
from kb.storage.database import open_database
from kb.storage.documents import Documents

OUTDATED = {
    "保守国家秘密法(2010-04-29).md": Status.AMENDED,
    "全国年节及纪念日放假办法(2013-12-11).md": Status.AMENDED,
    "军人抚恤优待条例(2019-03-02).md": Status.AMENDED,
    "职业教育法(1996-05-15).md": Status.AMENDED,
    "行政复议法(2017-09-01).md": Status.AMENDED,
    "信访条例(2005-01-10).md": Status.REPEALED,
}
LookUp = Callable[..., Answer | None]


def document_of(path: Path) -> PolicyDocument:
    """The document in the file `path`, with the status it has beside its newer edition."""
    document = build_document(read(path), source=path.name, path=str(path), sha256="0", document_id=path.stem)
    return document.model_copy(update={"status": OUTDATED.get(path.name, Status.IN_FORCE)})


def document_from(text: str, name: str) -> PolicyDocument:
    """The document with this text, read as from a file."""
    return build_document(RawText(text=text), source=name, path=name, sha256="0", document_id=name)


def documents_with(file: Path, documents: Sequence[PolicyDocument]) -> Documents:
    """A registry of `documents` in the SQLite file `file`."""
    registry = Documents(open_database(file), lambda text: ())
    registry.replace_all([(document, [], "f") for document in documents])
    return registry


def looking_up(registry: Documents) -> LookUp:
    """look_up(question, *history, filters=, rules=, corrections=): the answer of the article look-up."""
    articles = Articles(registry)

    def look_up(
        text: str,
        *history: str,
        filters: Filters | None = None,
        rules: Rules | None = None,
        corrections: tuple[tuple[str, str], ...] = (),
    ) -> Answer | None:
        question = Question(text=text, history=history, filters=filters or Filters())
        query = Query(text=text, filters=question.filters, own=text, corrections=corrections)
        return articles.answer(question, query, rules or Rules())

    return look_up
