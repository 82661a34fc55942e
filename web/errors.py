"""Turns errors into a status code and one Chinese sentence; the only catch-all of the web program."""

import logging
import uuid

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kb.errors import (
    ClosedError,
    ConflictError,
    InputError,
    KbError,
    NoSpaceError,
    NotAllowedError,
    NotFoundError,
    NotReadyError,
    QuestionError,
)
from kb.space import is_full
from web.state import knowledge_base

logger = logging.getLogger(__name__)

_STATUS = {  # other KbErrors: 503
    QuestionError: 422,
    InputError: 422,
    NotFoundError: 404,
    NotAllowedError: 403,
    ConflictError: 409,
    ClosedError: 503,
    NotReadyError: 503,
    NoSpaceError: 507,
}
_OWN_FAILURES = (NoSpaceError,)  # of those in _STATUS; they are logged like the others
_HTTP = {404: "没有这个页面。", 405: "这个地址不支持这种请求方式。"}
_HTTP_OTHER = "请求不能处理（{status}）。"
_BAD_REQUEST = "请求的格式不对：{places}。"
_CRASH = "系统出错了，已记录（编号 {error_id}），请稍后再试。"


def install(app: FastAPI) -> None:
    """Make `app` answer every error with {"error": sentence} and the matching status code."""
    app.add_exception_handler(KbError, _kb_error)
    app.add_exception_handler(OSError, _os_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _crash)


def sentence_for(error: Exception) -> str:
    """The sentence a citizen sees for `error`; an unexpected error is logged under an id given in it."""
    if is_full(error):
        error = NoSpaceError(f"磁盘空间不足：{error}；请清理磁盘")
    if isinstance(error, KbError):
        if isinstance(error, _OWN_FAILURES) or not isinstance(error, tuple(_STATUS)):
            logger.error("%s", error.operator)
        return error.citizen
    error_id = uuid.uuid4().hex[:8]
    logger.error("unexpected error %s", error_id, exc_info=error)
    return _CRASH.format(error_id=error_id)


def status_for(error: KbError) -> int:
    """The HTTP status code of `error`; 503 when its class is not in _STATUS."""
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 503)


def headers_for(error: KbError) -> dict[str, str]:
    """The HTTP headers of `error`: when to ask again, where that is known."""
    return {"Retry-After": str(error.wait)} if isinstance(error, NotReadyError) else {}


def _kb_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, KbError)
    sentence = knowledge_base(request).controls.rules().say(sentence_for(error))
    return JSONResponse({"error": sentence}, status_for(error), headers_for(error))


def _os_error(_request: Request, error: Exception) -> JSONResponse:
    """A full disk wherever a file is written; any other error of a file is unexpected."""
    if not is_full(error):
        raise error
    return JSONResponse({"error": sentence_for(error)}, _STATUS[NoSpaceError])


def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    places = "；".join(".".join(str(part) for part in item["loc"]) for item in error.errors())
    return JSONResponse({"error": _BAD_REQUEST.format(places=places)}, 422)


def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    sentence = _HTTP.get(error.status_code, _HTTP_OTHER.format(status=error.status_code))
    return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)


def _crash(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": sentence_for(error)}, 500)
