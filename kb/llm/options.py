"""How the language model is asked: what an operator sets (KB_LLM_*), and what is said to it."""

from collections.abc import Generator
from typing import Protocol

from pydantic import SecretStr

from kb.models import Model
from kb.settings import Settings


class LlmOptions(Model):
    """Address and limits; seconds and tokens as in kb.settings."""

    base_url: str
    model: str
    api_key: SecretStr | None = None
    connect_s: float = 5
    first_token_s: float = 30
    total_s: float = 90
    concurrency: int = 4
    context_tokens: int = 3_072
    answer_tokens: int = 400


class Messages(Model):
    """What is said: the rules, and the data they are applied to."""

    system: str
    user: str


def llm_options(settings: Settings) -> LlmOptions | None:
    """What `settings` say about the language model; None when there is none."""
    if settings.llm_base_url is None or settings.llm_model is None:
        return None
    return LlmOptions(
        base_url=settings.llm_base_url.rstrip("/"),
        model=settings.llm_model,
        api_key=settings.llm_api_key,
        connect_s=settings.llm_connect_s,
        first_token_s=settings.llm_first_token_s,
        total_s=settings.llm_total_s,
        concurrency=settings.llm_concurrency,
        context_tokens=settings.llm_context_tokens,
        answer_tokens=settings.llm_answer_tokens,
    )


class Speaker(Protocol):
    """The language model as it is used here (kb.llm.language_model.LanguageModel)."""

    options: LlmOptions

    def stream(
        self, messages: Messages, max_tokens: int | None = None, until: float | None = None
    ) -> Generator[str, None, None]:
        """What it says to `messages`, piece by piece; raises LlmError."""
