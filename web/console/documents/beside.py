"""What was read beside the page itself, page by page, with what may be wrong at its place (no Gradio)."""

import html
from collections.abc import Sequence

from ingest.editing.previews import Preview, PreviewPassage
from kb.models import PlaceDoubt

_MOST_PAGES = 60  # pages to look at in the console: more hang browsers


def beside_html(preview: Preview) -> str:
    """The doubts by their places; printed pages and scans beside their text, those in doubt open."""
    doubts = preview.place_doubts
    general = [doubt for doubt in doubts if doubt.page is None or not preview.pictured]
    parts = [_list(general, paged=True)]
    if preview.pictured:
        pages = sorted(range(1, preview.pages + 1), key=lambda page: not _on(doubts, page))
        parts += [_page(preview, page, _on(doubts, page)) for page in pages[:_MOST_PAGES]]
        if len(pages) > _MOST_PAGES:
            parts.append(f"<p>这里列出 {_MOST_PAGES} 页，存疑的在前；其余请对照原件。</p>")
    body = "".join(parts)
    if not body:
        return ""
    count = f"存疑 {len(doubts)} 处" if doubts else "没有发现存疑之处"
    is_open = " open" if doubts else ""
    return f"<details{is_open}><summary>逐页对照（{count}）</summary>{body}</details>"


def _on(doubts: Sequence[PlaceDoubt], page: int) -> list[PlaceDoubt]:
    return [doubt for doubt in doubts if doubt.page == page]


def _list(doubts: Sequence[PlaceDoubt], *, paged: bool = False) -> str:
    items = "".join(
        f"<li>{f'第 {doubt.page} 页：' if paged and doubt.page else ''}{html.escape(doubt.sentence)}</li>"
        for doubt in doubts
    )
    return f'<ul class="place-doubts">{items}</ul>' if items else ""


def _page(preview: Preview, page: int, doubts: Sequence[PlaceDoubt]) -> str:
    """A page: what may be wrong and what was read on the left, the page itself on the right."""
    words = [doubt.words for doubt in doubts if doubt.words]
    texts = "".join(_passage(passage, words) for passage in preview.passages if passage.page == page)
    nothing = '<p class="told">这一页没有段落开始；文字接在上一页的段落里，或没有读出文字。</p>'
    source = f"/api/staff/documents/staged/{preview.id}/pages/{page}"
    picture = f'<img src="{source}" alt="第 {page} 页原样" loading="lazy">'
    marks = f"，存疑 {len(doubts)} 处" if doubts else ""
    return (
        f"<details{' open' if doubts else ''}><summary>第 {page} 页{marks}</summary>"
        f'<div class="beside"><div>{_list(doubts)}{texts or nothing}</div>'
        f'<a href="{source}" target="_blank" rel="noopener">{picture}</a></div></details>'
    )


def _passage(passage: PreviewPassage, words: Sequence[str]) -> str:
    text = html.escape(passage.text)
    for found in dict.fromkeys(html.escape(one) for one in words if len(one) > 1):
        text = text.replace(found, f"<mark>{found}</mark>")
    lines = (f"<mark>{line}</mark>" if line.strip() in words else line for line in text.split("\n"))
    return f"<p>{'<br>'.join(lines)}</p>"
