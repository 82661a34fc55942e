"""The Markdown subset of FAQ answers, as HTML and as plain text; answers are stored as they were written.

    **bold**    - list    1. list    [words](https://…)    ![what it shows](/files/….png)

Nothing else is markup: HTML in an answer is shown as the characters it is. A link whose words begin with
在线办理 or 视频 is shown as a button, one to /files/ as an attachment. Pictures come from our own address.
One whose description begins with 图解 explains the matter: as wide as the page, and large when it is pressed.
What markdown-it made is cleaned by nh3 before it leaves, so that a fault of the one is caught by the other.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

FILES_PATH = "/files/"
_BOLD = "**"
_SIGNS = ("**", "](")  # without one of them a text has no inline markup
_SCHEMES = ("https:", "http:", "tel:", "mailto:")
_BUTTONS: Mapping[str, str] = {"在线办理": "service", "视频": "video"}
_DIAGRAM, _LARGER = "图解", "（点开看大图）"
_TAGS = {"p", "br", "strong", "ul", "ol", "li", "a", "img"}
_ATTRIBUTES = {"a": {"href", "class", "target"}, "img": {"src", "alt"}, "ol": {"start"}}
_CLASSES = {"service", "video", "attachment", "diagram"}


def html_of(answer: str) -> str | None:
    """The answer as HTML that is safe to show; None when it has no markup, so that its text says it all.

    >>> html_of("带**身份证**")
    '<p>带<strong>身份证</strong></p>'
    """
    return _html(answer)


@lru_cache(maxsize=1_024)
def _html(answer: str) -> str | None:
    tokens = _parser().parse(answer)
    if not any(_is_markup(token) for token in tokens):
        return None
    made = _parser().renderer.render(tokens, _parser().options, {})
    cleaned = nh3.clean(
        made,
        tags=_TAGS,
        attributes={**_ATTRIBUTES},
        url_schemes={scheme.rstrip(":") for scheme in _SCHEMES},
        attribute_filter=_filtered,
        link_rel="noopener noreferrer",
    )
    return cleaned.strip()


def plain_text(answer: str) -> str:
    """The answer without markup, for telephones, exports, reading aloud; addresses stand behind words.

    >>> plain_text("请[在线办理](https://www.example.gov.cn/a)，带**身份证**")
    '请在线办理（https://www.example.gov.cn/a），带身份证'
    """
    if not any(sign in answer for sign in _SIGNS):
        return answer
    return "\n".join(map(_plain_line, answer.split("\n")))


def files_in(answer: str) -> frozenset[str]:
    """The names of our own files that the answer shows."""
    if FILES_PATH not in answer:
        return frozenset()
    tokens = [child for token in _parser().parse(answer) for child in token.children or ()]
    shown = (str(token.attrs.get("src") or token.attrs.get("href") or "") for token in tokens)
    return frozenset(one.removeprefix(FILES_PATH) for one in shown if one.startswith(FILES_PATH))


def diagrams_in(answer: str) -> tuple[tuple[str, str], ...]:
    """The pictures of the answer that explain its matter: what each shows, and its address.

    >>> diagrams_in("![图解：怎么申请](/files/ab.png)")
    (('图解：怎么申请', '/files/ab.png'),)
    """
    if _DIAGRAM not in answer or FILES_PATH not in answer:
        return ()
    tokens = [child for token in _parser().parse(answer) for child in token.children or ()]
    return tuple((one.content, str(one.attrs["src"])) for one in tokens if _is_diagram(one))


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("zero", {"breaks": True, "html": False})
    parser.enable(["list", "newline", "link", "image"])
    # CommonMark's own rule leaves **重点：**内容 unmarked: it wants a space behind the colon.
    parser.inline.ruler.push("bold", _bold)
    parser.validateLink = _is_allowed  # type: ignore[method-assign]
    parser.core.ruler.push("kinds", _mark_links)
    parser.add_render_rule("image", _picture)
    return parser


def _bold(state: StateInline, silent: bool) -> bool:
    """The inline rule of **bold**: on one line, not empty."""
    start = state.pos + len(_BOLD)
    if not state.src.startswith(_BOLD, state.pos) or state.linkLevel > 1:
        return False
    end = state.src.find(_BOLD, start, state.posMax)
    words = state.src[start:end] if end > start else ""
    if not words.strip() or "\n" in words:
        return False
    if not silent:
        state.push("strong_open", "strong", 1)
        last, state.pos, state.posMax = state.posMax, start, end
        state.md.inline.tokenize(state)
        state.posMax = last
        state.push("strong_close", "strong", -1)
    state.pos = end + len(_BOLD)
    return True


def _is_allowed(url: str) -> bool:
    return url.strip().lower().startswith(_SCHEMES) or url.startswith(FILES_PATH)


def _mark_links(state: StateCore) -> None:
    """Core rule: what a link is for, as its class; of a picture from elsewhere its description stays."""
    for token in state.tokens:
        children: list[Token] = token.children or []
        for place, child in enumerate(children):
            if child.type == "image" and not str(child.attrs.get("src", "")).startswith(FILES_PATH):
                children[place] = Token("text", "", 0, content=child.content)
            elif child.type == "link_open":
                words = children[place + 1].content.strip() if place + 1 < len(children) else ""
                href = str(child.attrs.get("href", ""))
                kind = next((kind for begin, kind in _BUTTONS.items() if words.startswith(begin)), "")
                kind = kind or ("attachment" if href.startswith(FILES_PATH) else "")
                if kind:
                    child.attrs["class"] = kind
                child.attrs["target"] = "_blank"


def _is_diagram(token: Token) -> bool:
    is_picture = token.type == "image" and str(token.attrs.get("src", "")).startswith(FILES_PATH)
    return is_picture and token.content.startswith(_DIAGRAM)


def _picture(
    renderer: RendererHTML, tokens: Sequence[Token], index: int, options: OptionsDict, env: EnvType
) -> str:
    """The rule by which a picture becomes HTML; what stands below a diagram names it, for everybody."""
    token = tokens[index]
    if not _is_diagram(token):
        return renderer.image(tokens, index, options, env)
    address = escapeHtml(str(token.attrs["src"]))
    return (
        f'<a href="{address}" class="diagram" target="_blank"><img src="{address}" alt="">'
        f"{escapeHtml(token.content)}{_LARGER}</a>"
    )


def _filtered(tag: str, name: str, value: str) -> str | None:
    """What nh3 keeps of an attribute."""
    if name == "class":
        return value if value in _CLASSES else None
    if tag == "img" and name == "src":
        return value if value.startswith(FILES_PATH) else None
    return value


def _is_markup(token: Token) -> bool:
    if token.type in ("bullet_list_open", "ordered_list_open"):
        return True
    return any(child.type in ("strong_open", "link_open", "image") for child in token.children or ())


def _plain_line(line: str) -> str:
    """A line without inline markup; what stands before it (a list's number, spaces) stays."""
    bare = line.lstrip(" \t")
    tokens = _parser().parseInline(bare)
    children = tokens[0].children or [] if tokens else []
    words: list[str] = []
    address = ""
    for child in children:
        if child.type == "link_open":
            address = str(child.attrs.get("href", ""))
        elif child.type == "link_close":
            is_ours, is_said = address.startswith(FILES_PATH), "".join(words).endswith(address)
            words.append("（见网页附件）" if is_ours else "" if is_said else f"（{address}）")
        elif child.type == "image":
            shown = child.content if _is_diagram(child) else f"图：{child.content}"
            words.append(f"（{shown}）" if child.content else "")
        elif child.type in ("text", "text_special"):
            words.append(child.content)
    return line[: len(line) - len(bare)] + "".join(words)
