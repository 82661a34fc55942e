"""Who asks: the member of staff whom the guard (web.edge.guard) found behind a request's session cookie.

The guard looks at every request under /console and /api/staff, so that no route and no event of the console
can forget to; here is only read what it found.
"""

from typing import TYPE_CHECKING

from fastapi import HTTPException, Request

from kb.errors import NotAllowedError
from kb.staff.permissions import Staff

if TYPE_CHECKING:
    import gradio as gr


CONSOLE_PATH = "/console"


if TYPE_CHECKING:
    import gradio as gr

SCOPE_KEY = "staff"  # where the guard leaves the Staff in the ASGI scope
NOT_LOGGED_IN = "没有登录，或登录已过期，请重新登录。"


def staff_of(request: Request) -> Staff:
    """FastAPI dependency: who asks; 401 when nobody is logged in."""
    staff = request.scope.get(SCOPE_KEY)
    if not isinstance(staff, Staff):
        raise HTTPException(401, NOT_LOGGED_IN)
    return staff


def staff_in_console(request: "gr.Request") -> Staff:
    """Who uses the console, in a Gradio handler.

    Raises:
        NotAllowedError: nobody is logged in.
    """
    inner = request.request  # the request that brought the event
    staff = inner.scope.get(SCOPE_KEY) if inner else None
    if not isinstance(staff, Staff):
        raise NotAllowedError(NOT_LOGGED_IN)
    return staff
