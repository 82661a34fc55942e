"""GET /widget.js: the chat widget that a portal embeds with one line of HTML.

Its source is in web/widget/, one file per part. Here the parts become one script, so that a page makes one
request: texts (simplified, traditional, English), style sheet, then the parts in the order of _PARTS. All
stand in one function: the widget adds nothing to the portal's page but the element <policy-qa-widget>.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import Response
from opencc import OpenCC

from kb.models import MAX_QUESTION_CHARS

router = APIRouter()

FOLDER = Path(__file__).absolute().parent / "widget"
_PARTS = (
    *("dom", "api", "sources", "answer", "leave", "keeping", "typing", "panel"),
    *("conversation", "script", "main"),
)
_KEPT_SECONDS = 300  # so that portals get a corrected widget within minutes


@cache
def widget_script() -> str:
    """The whole widget as one script."""
    texts = json.loads((FOLDER / "texts.json").read_text(encoding="utf-8"))
    constants = {
        "TEXTS": {
            "zh-CN": texts,
            "zh-Hant": {name: _traditional(words) for name, words in texts.items()},
            "en": json.loads((FOLDER / "texts.en.json").read_text(encoding="utf-8")),
        },
        "CSS_TEXT": (FOLDER / "widget.css").read_text(encoding="utf-8"),
        "LIMIT": MAX_QUESTION_CHARS,
    }
    # document.currentScript is set only while the script runs.
    lines = ['(() => {\n"use strict";\nconst OWN_SCRIPT = document.currentScript;']
    lines += [f"const {name} = {json.dumps(value, ensure_ascii=False)};" for name, value in constants.items()]
    lines += [(FOLDER / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS]
    return "\n".join((*lines, "})();\n"))


@router.get("/widget.js")
def widget(request: Request) -> Response:
    """The widget script; any site may load it (CORS decides which sites may ask)."""
    script = widget_script().encode()
    headers = {
        "ETag": f'"{hashlib.sha256(script).hexdigest()[:20]}"',
        "Cache-Control": f"public, max-age={_KEPT_SECONDS}",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    # A compressing proxy marks the ETag as weak.
    if request.headers.get("If-None-Match", "").removeprefix("W/") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(script, media_type="text/javascript; charset=utf-8", headers=headers)


def _traditional(words: str | list[str]) -> str | list[str]:
    """Texts of the widget in traditional characters; the button that switches back stays 简体."""
    if isinstance(words, list):
        return [str(_to_traditional().convert(word)) for word in words]
    return "简体" if words == "繁體" else str(_to_traditional().convert(words))


@cache
def _to_traditional() -> OpenCC:
    return OpenCC("s2t")
