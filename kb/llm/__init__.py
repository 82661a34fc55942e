"""The language model: how it is asked (kb.llm.language_model, imported only where a model is set),
what it is given (kb.llm.prompts, kb.llm.passages), and whether its sentences are true to that
(kb.llm.grounding)."""
