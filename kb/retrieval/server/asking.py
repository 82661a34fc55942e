"""How the server is asked: again after failures that pass, its errors in this program's words.

Every request may be made twice: writes name the points they change, so the second changes nothing more.
"""

from collections.abc import Callable, Sequence
from time import sleep
from typing import TypeVar

from httpx import TransportError
from qdrant_client.common.client_exceptions import QdrantException, ResourceExhaustedResponse
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from kb.errors import NoSpaceError, StoreAwayError, StoreError

Result = TypeVar("Result")

QUESTION = (0.1,)  # seconds between two attempts: somebody waits for the answer
WRITE = (0.5, 1.0, 2.0)
_LONGEST = 10.0  # seconds that a server may ask to wait
_TOO_MANY, _GONE, _NOT_ALLOWED, _BROKEN = 429, 404, (401, 403), 500
_NO_SPACE = ("No space left", "exceeds available disk space")


def ask(address: str, pauses: Sequence[float], request: Callable[[], Result]) -> Result:
    """What `request` to the server at `address` returns; it is made again after each of `pauses`.

    Raises:
        StoreAwayError: no answer, nobody is let in, or the collection is gone.
        NoSpaceError: the server's disk is full.
        StoreError: the server refuses the request, or is no Qdrant.
    """
    for pause in (*pauses, None):
        try:
            return request()
        except (ApiException, QdrantException, ValueError, AssertionError) as error:
            if pause is None or not _passes(error):
                raise _in_words(address, error) from error
            sleep(max(pause, min(_asked_for(error), _LONGEST)))
    raise AssertionError("the last attempt returns or raises")


def _passes(error: Exception) -> bool:
    """Whether the same request may succeed a moment later."""
    match error:
        case ResponseHandlingException():
            return isinstance(error.source, TransportError)
        case UnexpectedResponse():
            return error.status_code in (None, _TOO_MANY) or (error.status_code or 0) >= _BROKEN
        case _:
            return isinstance(error, ResourceExhaustedResponse)


def _asked_for(error: Exception) -> float:
    """Seconds after which the server wants to be asked again."""
    return float(error.retry_after_s) if isinstance(error, ResourceExhaustedResponse) else 0.0


def _in_words(address: str, error: Exception) -> StoreError:
    server = f"向量库服务器 {address} "
    if any(words in str(error) for words in _NO_SPACE):
        return NoSpaceError(f"{server}磁盘空间不足；请清理它的磁盘，腾出空间后自动恢复")
    if isinstance(error, UnexpectedResponse) and error.status_code in _NOT_ALLOWED:
        return StoreAwayError(f"{server}不让进（{error.status_code}）；请检查 KB_QDRANT_API_KEY")
    if isinstance(error, UnexpectedResponse) and error.status_code == _GONE:
        return StoreAwayError(f"{server}上的索引不在了（{_said(error)}）；会自动由原文重建")
    if _passes(error):
        cause = _said(error)
        return StoreAwayError(f"{server}没有回应（{cause}）；请检查它是否在运行、网络是否通，恢复后自动继续")
    return StoreError(f"{server}拒绝了请求，或者不是 Qdrant：{_said(error)}")


def _said(error: Exception) -> str:
    """What happened, on one line."""
    cause = error.source if isinstance(error, ResponseHandlingException) else error
    return " ".join(f"{type(cause).__name__}: {cause}".split())
