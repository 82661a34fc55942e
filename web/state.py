"""Gives routes the knowledge base."""

from fastapi import Request

from kb.knowledge_base import KnowledgeBase


def knowledge_base(request: Request) -> KnowledgeBase:
    """The knowledge base that the program was started with."""
    kb = request.app.state.kb
    assert isinstance(kb, KnowledgeBase)
    return kb
