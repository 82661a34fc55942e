"""Turns errors into a status code and one Chinese sentence; the only catch-all of the web program."""

import logging
import uuid
from collections.abc import Callable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic_core import PydanticSerializationError
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
from web.wrong_fields import wrong_fields

logger = logging.getLogger(__name__)

ShowNoPage = Callable[[Request], Response]

# What Python raises for input that types let pass: half a surrogate pair in an answer, a time before year 1.
ODD_INPUT_ERRORS = (UnicodeEncodeError, OverflowError, PydanticSerializationError)
_STATUS: Mapping[type[Exception], int] = {  # other KbErrors: 503
    QuestionError: 422,
    InputError: 422,
    NotFoundError: 404,
    NotAllowedError: 403,
    ConflictError: 409,
    ClosedError: 503,
    NotReadyError: 503,
    NoSpaceError: 507,
    **dict.fromkeys(ODD_INPUT_ERRORS, 422),
}
_OWN_FAILURES = (NoSpaceError,)  # of those in _STATUS; they are logged like the others
_HTTP = {
    400: "请求的内容读不懂：不是 UTF-8 的 JSON，或嵌套太深、数字太长。",
    404: "没有这个页面。",
    405: "这个地址不支持这种请求方式。",
}
_HTTP_OTHER = "请求不能处理（{status}）。"
_ODD_INPUT = "输入里有不能处理的内容：数字太大、日期超出范围，或者有不完整的字符；请检查后再试。"
_CRASH = "系统出错了，已记录（编号 {error_id}），请稍后再试。"


def install(app: FastAPI, no_page: ShowNoPage | None = None) -> None:
    """Make `app` answer every error with {"error": sentence} and the matching status code.

    `no_page` makes the page that a person gets at an address that there is not, instead of the JSON.
    """
    app.state.no_page = no_page
    app.add_exception_handler(KbError, _kb_error)
    app.add_exception_handler(OSError, _os_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    for kind in (*ODD_INPUT_ERRORS, Exception):
        app.add_exception_handler(kind, _crash)


def sentence_for(error: Exception) -> str:
    """The sentence a citizen sees for `error`; an unexpected error is logged under an id given in it."""
    if is_full(error):
        error = NoSpaceError(f"磁盘空间不足：{error}；请清理磁盘")
    if isinstance(error, KbError):
        if isinstance(error, _OWN_FAILURES) or not isinstance(error, tuple(_STATUS)):
            logger.error("%s", error.operator)
        return error.citizen
    if isinstance(error, ODD_INPUT_ERRORS):  # logged with its place, as it may be a fault of ours after all
        logger.warning("odd input", exc_info=error)
        return _ODD_INPUT
    error_id = uuid.uuid4().hex[:8]
    logger.error("unexpected error %s", error_id, exc_info=error)
    return _CRASH.format(error_id=error_id)


def status_for(error: Exception) -> int:
    """The HTTP status code of `error`: 503 for a KbError whose class is not in _STATUS, 500 for others."""
    other = 503 if isinstance(error, KbError) else 500
    return next((status for kind, status in _STATUS.items() if isinstance(error, kind)), other)


def headers_for(error: KbError) -> dict[str, str]:
    """The HTTP headers of `error`: when to ask again, where that is known."""
    return {"Retry-After": str(error.wait)} if isinstance(error, NotReadyError) else {}


def _as_page(request: Request, status: int) -> Response | None:
    """The page for a person at an address that there is not; None for programs, and for other errors."""
    show: ShowNoPage | None = request.app.state.no_page
    wants_page = "text/html" in request.headers.get("accept", "")
    is_program = request.url.path.startswith(("/api/", "/v1/"))
    if status != HTTPStatus.NOT_FOUND or show is None or is_program or not wants_page:
        return None
    return show(request)


def _kb_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, KbError)
    if shown := _as_page(request, status_for(error)):
        return shown
    sentence = knowledge_base(request).controls.rules().say(sentence_for(error))
    return JSONResponse({"error": sentence}, status_for(error), headers_for(error))


def _os_error(_request: Request, error: Exception) -> JSONResponse:
    """A full disk wherever a file is written; any other error of a file is unexpected."""
    if not is_full(error):
        raise error
    return JSONResponse({"error": sentence_for(error)}, _STATUS[NoSpaceError])


def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"error": wrong_fields(error.errors())}, 422)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = _HTTP.get(error.status_code, _HTTP_OTHER.format(status=error.status_code))
    if shown := _as_page(request, error.status_code):
        return shown
    return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)


def _crash(_request: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": sentence_for(error)}, status_for(error))
