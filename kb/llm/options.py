"""Options (KB_LLM_*), messages and protocol of the language model."""

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
    """The messages of a request: the rules (system), and the data they apply to (user)."""

    system: str
    user: str


def llm_options(settings: Settings) -> LlmOptions | None:
    """The options of the language model in `settings`; None when no model is set."""
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
    """What a language model must do (kb.llm.language_model.LanguageModel does it)."""

    options: LlmOptions

    def stream(
        self, messages: Messages, max_tokens: int | None = None, until: float | None = None
    ) -> Generator[str, None, None]:
        """Yield the answer to `messages` piece by piece, by `until` (monotonic seconds) at the latest.

        Raises:
            LlmError: the model said nothing, or did not finish.
        """
