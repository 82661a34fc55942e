"""The document viewer with documents that were never ingested, and its page as tests read it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

from fastapi import FastAPI
from fastapi.testclient import TestClient

from kb.knowledge_base import KnowledgeBase
from kb.models import DocumentSummary, PolicyDocument
from web.citizen import documents


class Shown(HTMLParser):
    """A parsed page: tags with attributes, the text, the text inside each <mark>."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marks: list[str] = []
        self._in_mark = False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "mark":
            self._in_mark = True
            self.marks.append("")

    def handle_endtag(self, tag):
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data):
        self.text += data
        if self._in_mark:
            self.marks[-1] += data

    def count(self, tag: str) -> int:
        return sum(1 for name, _ in self.tags if name == tag)

    def ids(self) -> list[str]:
        return [attributes["id"] for _, attributes in self.tags if attributes.get("id")]


class FewDocuments:
    """Takes the place of the registry, with documents that were never ingested."""

    def __init__(self, *documents: PolicyDocument) -> None:
        self._documents = {document.id: document for document in documents}

    def get(self, document_id: str) -> PolicyDocument | None:
        return self._documents.get(document_id)

    def heads(self) -> list[PolicyDocument]:
        return list(self._documents.values())

    def summaries(self, ids: Iterable[str] | None = None) -> list[DocumentSummary]:
        fields = DocumentSummary.model_fields.keys() - {"fingerprint", "chunks"}
        heads = [
            DocumentSummary(**{name: getattr(document, name) for name in fields}, fingerprint="f", chunks=1)
            for document in self._documents.values()
            if ids is None or document.id in list(ids)
        ]
        return sorted(heads, key=lambda head: head.dated or date.min, reverse=True)


def viewer(kb: KnowledgeBase, *shown: PolicyDocument) -> TestClient:
    """The viewer with only the documents `shown`."""
    app = FastAPI()
    app.state.kb = replace(kb, storage=replace(kb.storage, documents=FewDocuments(*shown)))
    app.include_router(documents.router)
    return TestClient(app)
