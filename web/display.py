"""Pages from templates as the reader chose: ?large=1 large print, ?script=hant traditional characters.

Both choices are in the address, without cookies or scripts; every link between our pages keeps them.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from jinja2 import Environment, FileSystemLoader
from starlette.types import Receive, Scope, Send

from kb.models import Model
from kb.settings import Settings
from web.traditional import traditional_page

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["quoted"] = partial(quote, safe="")  # one segment of a path


class Display(Model):
    """How a page is shown."""

    large: bool = False
    hant: bool = False


class Fact(Model):
    """One line of a facts box: a label and its value."""

    name: str
    value: str


def display_of(request: Request) -> Display:
    """The display that the request's address asks for."""
    query = request.query_params
    return Display(large=query.get("large") == "1", hant=query.get("script") == "hant")


def address(display: Display, path: str, query: Mapping[str, str] | None = None, anchor: str = "") -> str:
    """`path` with its query and the parameters of `display`, ready for an href.

    >>> address(Display(large=True), "/chat", {"q": "低保"})
    '/chat?q=%E4%BD%8E%E4%BF%9D&large=1'
    """
    path, _, own_query = path.partition("?")
    choices = {"large": "1" if display.large else "", "script": "hant" if display.hant else ""}
    parameters = {**(query or {}), **{name: value for name, value in choices.items() if value}}
    parts = "&".join(filter(None, (own_query, urlencode(parameters))))
    return f"{path}{'?' if parts else ''}{parts}{anchor}"


def site_url(request: Request) -> str:
    """The address of the column as others reach it, without a slash at its end."""
    settings: Settings = request.app.state.kb.settings
    return settings.pages_url or str(request.base_url).rstrip("/")


def page(
    request: Request,
    template: str,
    content: Mapping[str, object],
    status: int = 200,
    here: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Render `template` with `content` as a response.

    Templates also get `to(path, query)` for links to our pages, `site` and `here`, which together are this
    page's address, and `large_url` and `script_url`, which show it with the other print size or script. The
    parameter `here` is the query that leads back to this page, when it is not the request's own.
    """
    display = display_of(request)
    query = dict(request.query_params) if here is None else dict(here)
    query = {name: value for name, value in query.items() if name not in ("large", "script")}
    path = request.url.path
    context = {
        "display": display,
        "hotline": request.app.state.kb.settings.hotline,
        "settings": request.app.state.kb.settings,
        "site": site_url(request),
        "here": path,
        "to": partial(address, display),
        "large_url": address(display.model_copy(update={"large": not display.large}), path, query),
        "script_url": address(display.model_copy(update={"hant": not display.hant}), path, query),
        **content,
    }
    html = _templates.get_template(template).render(request=request, **context)
    return HTMLResponse(traditional_page(html) if display.hant else html, status)


async def refuse(
    status: int,
    sentence: str,
    scope: Scope,
    receive: Receive,
    send: Send,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Answer a request with `sentence` instead of passing it on: a page for people, JSON for programs."""
    request = Request(scope, receive)
    wants_page = "text/html" in request.headers.get("accept", "") and not scope["path"].startswith("/api/")
    response: Response = JSONResponse({"error": sentence}, status)
    if wants_page:
        response = page(request, "sentence.html", {"title": "暂时不能处理", "sentence": sentence}, status, {})
    response.headers.update(headers or {})
    await response(scope, receive, send)
