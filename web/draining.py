"""Leaving service without losing an answer: say so, then close the door, then finish what is under way.

After SIGTERM /readyz says "draining" for KB_DRAIN_S seconds while requests are still taken, so that a
balancer that looks every few seconds sends visitors elsewhere before a connection can be refused.
"""

import asyncio
from collections.abc import Callable
from time import monotonic

from fastapi import FastAPI

from kb.settings import Settings

_LEAST = 25.0  # seconds for answers without a language model, on a machine with more visitors than processors
_MORE = 5.0  # beyond the time that the language model may take
_TURN = 0.1


def grace(settings: Settings) -> float:
    """Seconds that answers under way get once no request is taken any more."""
    return (settings.llm_total_s if settings.llm_base_url else _LEAST) + _MORE


def is_draining(app: FastAPI) -> bool:
    """Whether the program was told to stop."""
    return bool(getattr(app.state, "is_draining", False))


async def drain(app: FastAPI, seconds: float, is_hurried: Callable[[], bool]) -> None:
    """Say that the program leaves service; return after `seconds`, or when `is_hurried`."""
    app.state.is_draining = True
    end = monotonic() + seconds
    while monotonic() < end and not is_hurried():
        await asyncio.sleep(_TURN)
