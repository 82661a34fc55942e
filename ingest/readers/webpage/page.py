"""A saved web page -> the text of the policy on it, its tables, and what its meta tags say.

trafilatura extracts the paragraphs of the policy; the text is then read from the smallest element that holds
nearly all of them, so that tables, headings and repeated lines stay whole. Where trafilatura finds nothing,
the whole body is read. The meta tags are those that 《政府网站发展指引》 (国办发〔2017〕47号) prescribes for
government sites, such as ArticleTitle and PubDate.
"""

import re
from collections.abc import Mapping

import trafilatura
from lxml import etree, html

from ingest.raw_text import Hint, RawText
from ingest.readers.assembly import Assembly
from ingest.readers.plain_text import decoded
from ingest.readers.webpage.blocks import SKIPPED, add_blocks, without_space, words_of
from ingest.readers.webpage.box import take_box
from kb.errors import DocumentError

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*+=\s*+(?:[\"']\s*+)?([\w-]{2,20})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w-]{2,20})", re.IGNORECASE)
_HEAD_BYTES = 8_000
# Declared encoding -> real encoding: pages declared as GB2312 hold GBK in practice.
_ENCODINGS = {"gb2312": "gb18030", "gbk": "gb18030", "gb_2312-80": "gb18030", "big5": "big5hkscs"}
# Hint -> its meta tags (in lower case); the first one present counts.
_META: tuple[tuple[Hint, tuple[str, ...]], ...] = (
    ("title", ("articletitle", "og:title", "dc.title", "title")),
    ("published_date", ("pubdate", "publishdate", "article:published_time", "dc.date", "firstpublishedtime")),
    ("issuer", ("contentsource", "source", "dc.publisher")),
    ("topic", ("columnname", "article:section")),
    ("source_url", ("url", "og:url")),
    ("number", ("documentnumber", "filenum", "wenhao")),
    ("index_number", ("indexnumber", "indexno", "suoyinhao")),
)
# Hint -> the field of the page's information box that it may come from.
_BOXED: tuple[tuple[Hint, str], ...] = (
    ("index_number", "index_number"),
    ("number", "number"),
    ("issuer", "issuer"),
    ("topic", "topic"),
    ("published_date", "published"),
    ("title", "title"),
)
_EMBEDDED = re.compile(r"data:[\w/+.-]+;base64,[\w+/=\s]+")  # pictures that a browser saved within the page
_NEARLY_ALL = 0.9  # of the extract's words
_PARTS_OF_BLOCKS = ("tbody", "thead", "tr", "li", "p", "span", "font", "b", "strong", "center")
_TITLE_WITHIN = 600  # characters at the beginning of the text that are searched for its title


def looks_like_page(content: bytes) -> bool:
    """Whether a file is HTML: an html or doctype tag at its beginning."""
    head = content[:2_000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    head = re.sub(rb"^(?>\s++|<\?xml[^>]*+>|<!--.*?-->)++", b"", head, flags=re.DOTALL)
    return head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<meta", b"<table", b"<div"))


def read_page(content: bytes, url: str = "") -> RawText:
    """The text of the policy on a page; `url` is the address of the page, if known.

    Raises:
        DocumentError: in no known encoding, or without any words.
    """
    root = _parsed(_page_text(content))
    body = root.find("body")
    body = root if body is None else body
    box = take_box(body)
    hints = _hints(root, box)
    if url:
        hints["source_url"] = url
    region = _main_region(root, body)
    raw = _assembled(region, hints, box)
    if not raw.text.strip():
        raise DocumentError(
            "这个网页里没有正文（可能是由脚本显示的）；请在浏览器里打开，另存为 PDF 或完整网页后再导入"
        )
    title = hints.get("title", "")
    return raw if _has_title(raw.text, title) else _assembled(region, hints, box, above=title)


def _assembled(
    region: html.HtmlElement, hints: Mapping[Hint, str], box: Mapping[str, str], *, above: str = ""
) -> RawText:
    """The text of `region`, below `above`, a title that stands elsewhere on the page."""
    assembly = Assembly()
    assembly.title(above)
    add_blocks(assembly, region, title=hints.get("title", ""))
    return assembly.raw_text(hints).model_copy(update={"box": box})


def _has_title(text: str, title: str) -> bool:
    return without_space(title) in without_space(text[:_TITLE_WITHIN].replace("#", ""))


def _page_text(content: bytes) -> str:
    head = content[:_HEAD_BYTES]
    match = _CHARSET.search(head) or _XML_ENCODING.search(head)
    declared = match[1].decode("ascii").lower() if match else None
    return decoded(content, _ENCODINGS.get(declared or "", declared))


def _parsed(text: str) -> html.HtmlElement:
    parser = html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=False, no_network=True)
    text = re.sub(
        r"^\s*<\?xml[^>]*>", "", _EMBEDDED.sub("", text)
    )  # lxml refuses a text that declares its encoding
    try:
        return html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise DocumentError("这个网页里没有内容；请在浏览器里打开后另存为完整网页再导入") from error


def _hints(root: html.HtmlElement, box: Mapping[str, str]) -> dict[Hint, str]:
    tags: dict[str, str] = {}
    for tag in root.iter("meta"):
        name = (tag.get("name") or tag.get("property") or "").strip().lower()
        value = " ".join((tag.get("content") or "").split())
        if name and value:
            tags.setdefault(name, value)
    hints: dict[Hint, str] = {}
    for hint, names in _META:
        value = next((tags[name] for name in names if name in tags), "")
        if value:
            hints[hint] = value
    for hint, field in _BOXED:
        if field in box:
            hints.setdefault(hint, box[field])
    _add_title(root, tags, hints)
    canonical = next((link.get("href") for link in root.iter("link") if link.get("rel") == "canonical"), None)
    if canonical and canonical.startswith("http"):
        hints.setdefault("source_url", canonical)
    return hints


def _add_title(root: html.HtmlElement, tags: Mapping[str, str], hints: dict[Hint, str]) -> None:
    """Add a title where no meta tag gave one: the only h1, else the page's title without the site's name."""
    if "title" in hints:
        return
    headings = [words for h1 in root.iter("h1") if (words := " ".join(words_of(h1).split()))]
    page_title = " ".join((root.findtext("head/title") or "").split())
    site = tags.get("sitename", "")
    bare = re.split(r"\s{0,8}[-_|—–]{1,2}\s{0,8}(?=[^-_|—–]{0,60}(?:网|政府|门户|平台)$)|_", page_title)[0]
    bare = bare.removesuffix(site).rstrip(" -_|—") if site else bare
    title = headings[0] if len(headings) == 1 and len(headings[0]) > 4 else bare
    if title:
        hints["title"] = title


def _main_region(root: html.HtmlElement, body: html.HtmlElement) -> html.HtmlElement:
    """The smallest element with nearly all of the text that trafilatura finds; the body if it finds none."""
    source = etree.tostring(root, encoding="unicode", method="html")
    extract = trafilatura.extract(
        source, favor_recall=True, include_comments=False, include_tables=True, deduplicate=False
    )
    extract_grams = _grams(extract or "")
    region = body
    if len(extract_grams) < 20:
        return region
    body_count = len(extract_grams & _grams(words_of(body)))
    while True:
        inner = [child for child in region if isinstance(child.tag, str) and child.tag not in SKIPPED]
        counts = {child: len(extract_grams & _grams(words_of(child))) for child in inner}
        best = max(inner, key=lambda child: counts[child], default=None)
        if best is None or counts[best] < _NEARLY_ALL * body_count:
            break
        region = best
    while region.tag in _PARTS_OF_BLOCKS:  # a row is read with its table, a span with its paragraph
        region = region.getparent()
    return region


def _grams(text: str) -> set[str]:
    """All runs of eight characters of `text` without white space, by which texts are compared."""
    bare = re.sub(r"[\s|]", "", text)
    return {bare[i : i + 8] for i in range(len(bare) - 7)}
