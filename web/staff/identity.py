"""The member of staff behind a request, as web.edge.guard found them by the session cookie.

The guard checks every request under /console and /api/staff, so no route and no console event can forget the
check; this module only reads its result.
"""

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request

from kb.errors import NotAllowedError
from kb.staff.permissions import Staff
from kb.staff.sign_in import Duty

if TYPE_CHECKING:
    import gradio as gr

CONSOLE_PATH = "/console"
SCOPE_KEY = "staff"  # where the guard leaves the Staff in the ASGI scope
PASSWORD_PATH, SECOND_STEP_PATH = "/password", "/second-step"
DUTY_PATHS = {Duty.CHANGE_PASSWORD: PASSWORD_PATH, Duty.SET_UP_SECOND_STEP: SECOND_STEP_PATH}
NOT_LOGGED_IN = "没有登录，或登录已过期，请重新登录。"


def staff_of(request: Request) -> Staff:
    """FastAPI dependency: the signed-in member of staff; 401 when nobody is signed in."""
    staff = request.scope.get(SCOPE_KEY)
    if not isinstance(staff, Staff):
        raise HTTPException(401, NOT_LOGGED_IN)
    return staff


def staff_in_console(request: "gr.Request") -> Staff:
    """The signed-in member of staff, in a Gradio handler of the console.

    Raises:
        NotAllowedError: nobody is signed in.
    """
    inner = request.request  # the request that brought the event
    staff = inner.scope.get(SCOPE_KEY) if inner else None
    if not isinstance(staff, Staff):
        raise NotAllowedError(NOT_LOGGED_IN)
    return staff
