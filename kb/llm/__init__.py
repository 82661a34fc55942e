"""The language model as we use it: how it is asked (`language_model`), what it is given (`prompts`, `passages`), and
whether what it says is true to that (`grounding`). Imported only where a model is set."""
