"""What an index is doing, and what is said to a question that comes before it is ready."""

from enum import StrEnum

from kb.errors import NotReadyError
from kb.models import Model

_SOONEST, _LATEST = 5, 600  # seconds a caller may be told to wait


class Phase(StrEnum):
    """What the index is doing."""

    OPENING = "opening"
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class IndexState(Model):
    """The phase; while building, the passages done of all; after a failure, the operator's sentence."""

    phase: Phase
    done: int = 0
    total: int = 0
    seconds_left: int | None = None
    failure: str | None = None


def not_ready(state: IndexState) -> NotReadyError:
    """The error for a question that comes while the index is in `state`."""
    wait = min(max(state.seconds_left or 0, _SOONEST), _LATEST)
    if state.phase is Phase.FAILED:
        return NotReadyError(f"索引不能使用：{state.failure}", _FAILED, _LATEST // 10)
    if state.phase is Phase.BUILDING and state.seconds_left is not None:
        sentence = _BUILDING.format(percent=100 * state.done // state.total, left=in_words(wait))
        return NotReadyError(sentence, sentence, wait)
    return NotReadyError(_STARTING, _STARTING, wait)


def in_words(seconds: int) -> str:
    """A duration as a person says it.

    >>> in_words(20), in_words(61), in_words(600)
    ('不到 1 分钟', '2 分钟', '10 分钟')
    """
    return "不到 1 分钟" if seconds < 60 else f"{-(-seconds // 60)} 分钟"


_ELSE = "原文查看、解答员电话和留言照常可用。"
_STARTING = f"政策问答正在启动，请稍后再问；{_ELSE}"
_BUILDING = f"政策问答正在整理文件索引（已完成 {{percent}}%），大约{{left}}后恢复回答；{_ELSE}"
_FAILED = f"政策问答暂时不能回答，恢复后即可再问；{_ELSE}"
