"""Settings: the only reader of the environment (KB_*).

Read once, by a program's `main`; every other object gets what it needs by constructor.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from kb.errors import SettingsError


class Settings(BaseSettings):
    """All settings; unset means embedded parts only (Qdrant Edge, SQLite, no language model)."""

    model_config = SettingsConfigDict(env_prefix="KB_", frozen=True, extra="forbid")

    home: Path = Path("var")
    embed_model: str = "bundled"
    embed_dtype: str = "auto"
    rerank_model: str | None = None  # a sentence-transformers CrossEncoder
    host: str = "127.0.0.1"
    port: int = Field(default=7860, ge=0, le=65_535)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment.

    pydantic-settings silently passes over misspelt variables, so unknown KB_* names are looked for here.

    Raises:
        SettingsError: an unknown KB_* name, or a value of the wrong type.
    """
    names = os.environ if environ is None else environ
    known = {f"KB_{field.upper()}" for field in Settings.model_fields}
    unknown = sorted(name for name in names if name.startswith("KB_") and name not in known)
    if unknown:
        raise SettingsError(f"不认识的环境变量 {'、'.join(unknown)}；可用的有 {'、'.join(sorted(known))}")
    try:
        return Settings()
    except ValidationError as error:
        wrong = "；".join(f"KB_{str(e['loc'][0]).upper()}={e['input']!r}: {e['msg']}" for e in error.errors())
        raise SettingsError(f"环境变量的值不对：{wrong}") from error
