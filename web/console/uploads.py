"""Receives the uploads of the console in place of Gradio's own route, which knows no owners and no quota."""

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ingest.editing.staging import MAX_UPLOAD
from kb.settings import Settings
from kb.staff.permissions import Staff
from web.arriving import Arriving
from web.staff.identity import staff_of
from web.uploads import discard, may_upload, new_folder, used

if TYPE_CHECKING:
    from gradio.routes import App

_PATH = "/gradio_api/upload"
_MAY_NOT = "您的角色不能上传文件；需要时请联系管理员。"
_NO_LENGTH = "上传没有说明大小，请用浏览器上传。"
_TOO_LARGE = "有文件超过 20 MB，请拆分后再上传。"
_FULL = "还没有处理的上传合计最多 {quota} MB，请先处理已上传的文件，或分几次上传。"
_NOT_STORED = "文件没有存下来：{reason}；请检查服务器的磁盘空间。"
_NOT_A_FORM = "上传的内容不完整或格式不对，请重新选择文件。"
_CLOSE = {"Connection": "close"}  # of a long body the rest is not read


def receive_uploads(app: "App", settings: Settings) -> None:
    """Let Gradio's `app` store each upload in the folder of its owner."""
    app.router.routes.insert(0, Route(_PATH, _Receiver(settings).receive, methods=["POST"]))


class _Receiver:
    """Receives uploads; remembers how much each account is uploading, which counts like what is stored."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._quota_mb = settings.upload_quota_mb
        self._arriving: dict[str, int] = {}  # account -> bytes

    async def receive(self, request: Request) -> Response:
        """The paths of the stored files as JSON; else a sentence, which Gradio's page shows as it is."""
        arriving = Arriving(request.receive)
        response = await self._received(Request(request.scope, arriving))
        if response.status_code >= HTTPStatus.BAD_REQUEST:
            await arriving.read_off()
        return response

    async def _received(self, request: Request) -> Response:
        staff = staff_of(request)
        announced = request.headers.get("content-length", "")
        if not may_upload(staff):
            return PlainTextResponse(_MAY_NOT, 403, _CLOSE)
        if not announced.isdecimal():
            return PlainTextResponse(_NO_LENGTH, 411, _CLOSE)
        size, arriving = int(announced), self._arriving.get(staff.name, 0)
        if size + arriving + used(self._home, staff.name) > self._quota_mb * 1_000_000:
            return PlainTextResponse(_FULL.format(quota=self._quota_mb), 413, _CLOSE)
        self._arriving[staff.name] = size + arriving
        try:
            return await self._stored(request, staff)
        finally:
            self._arriving[staff.name] -= size

    async def _stored(self, request: Request, staff: Staff) -> Response:
        """Store the files of the request; nothing of it stays when one of them is refused."""
        from gradio.route_utils import upload_fn
        from gradio.routes import file_upload_statuses

        upload_id = request.query_params.get("upload_id")
        folder: Path | None = None
        stored = False
        try:
            folder = new_folder(self._home, staff.name)
            progress = file_upload_statuses if upload_id else None
            paths, _, _ = await upload_fn(request, folder, MAX_UPLOAD, upload_id, upload_progress=progress)
            stored = True
            return JSONResponse(paths)
        except (MultiPartException, TypeError) as error:  # TypeError: a field "files" that is no file
            if "maximum allowed size" in str(error):
                return PlainTextResponse(_TOO_LARGE, 413, _CLOSE)
            return PlainTextResponse(_NOT_A_FORM, 400, _CLOSE)
        except OSError as error:
            return PlainTextResponse(_NOT_STORED.format(reason=error.strerror or error), 507, _CLOSE)
        except ClientDisconnect:
            return Response(status_code=400)
        finally:
            if folder is not None and not stored:
                discard(folder)
