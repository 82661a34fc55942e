"""Turns a query into ranked passages (kb.retrieval.retriever), with an index (kb.retrieval.store)."""
