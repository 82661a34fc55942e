"""Adds a language model to the session's knowledge base, without ingesting again."""

from dataclasses import replace
from typing import Protocol

from kb.answering.answerer import Answerer
from kb.answering.generating import Generating
from kb.desk.assistant import Assistant
from kb.knowledge_base import KnowledgeBase
from kb.llm.language_model import LanguageModel
from kb.llm.options import LlmOptions
from kb.lookup.assignments import Assignments
from kb.lookup.responsible import Responsible
from kb.metrics import Metrics
from kb.question.condense import Condensing
from kb.question.departments import read_departments


class Serving(Protocol):
    """The server of a model, scripted or real."""

    url: str


def with_model(kb: KnowledgeBase, server: Serving, **options: object) -> KnowledgeBase:
    """A copy of `kb` that generates answers with `server`; `options` override the generous time limits."""
    limits = {"connect_s": 1.0, "first_token_s": 10.0, "total_s": 20.0, **options}
    metrics = Metrics()
    model = LanguageModel(LlmOptions(base_url=server.url, model="scripted", **limits), metrics)
    answerer = Answerer(
        documents=kb.storage.documents,
        embedder=kb.embedder,
        faq=kb.faq.matcher,
        retriever=kb.retrieval.retriever,
        understanding=kb.understanding,
        responsible=Responsible(kb.storage.documents, kb.staff.contacts, lambda: ()).named,
        look_ups=(Assignments(kb.storage.documents, read_departments()),),
        rules=kb.controls.rules,
        generating=Generating(model, kb.storage.documents.get),
        condensing=Condensing(model),
    )
    assistant = Assistant(
        model, answerer.ask_quoting, kb.storage.documents.get, kb.storage.engine, kb.staff.audit
    )
    return replace(kb, answerer=answerer, model=model, metrics=metrics, assistant=assistant)
