"""The title of a document: which pieces of the head are it, and how sure that is.

In this order: a Markdown title, the title's field of an information box, what ends as titles of official
documents end (put together when it is broken over lines), the headline that opens a text on one line, the
title that the page was tagged with, the first line, the file name. A notice that merely prints another
document gives way to that document's title.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from ingest.anatomy.head import Piece, is_heading_line, is_organ

# What titles of official documents end with (《党政机关公文处理工作条例》 2012, 第八条, and laws).
_KINDS_OF_DOCUMENT = (
    "通知|通告|公告|公报|意见|决定|决议|命令|令|议案|请示|批复|函|复函|报告|纪要|条例|规定|办法|细则|规则|法|方案|要点|计划|规划|"
    "纲要|指南|指引|目录|清单|解释|答复|措施|预案|标准|制度|解读|问答|倡议书|公开信|提示|说明|章程|名单|公示|汇编|发布会|倡议|"
    "一览表|须知|流程|工作安排|告知书|承诺书|建议书"
)
_ENDS_TITLE = re.compile(rf"(?:{_KINDS_OF_DOCUMENT})[》]?(?:[（(〔【《][^）)]{{1,30}}[）)〕】》])?$")
_OFFICIAL = re.compile(r"关于|印发|转发|《|^(?:中华人民共和国|[一-鿿]{2,12}(?:条例|办法|规定|细则)$)")
_UNFINISHED = ("关于", "和", "与", "、", "的")
_CLOSING_WORDS = re.compile("特此|此(?:复|函|致)|现将|附件?[:：\\d]")
_NUMBERED = re.compile("第.{1,4}(?:部分|编|章)")
_PRINTS = re.compile(r"(?:关于)?(?:印发|转发|发布|公布|下发)[^《]{0,20}《(.{4,100}?)》[^《》]{0,8}?通知$")
_FILE_HEADER = re.compile(r".{2,40}文件")
_MAX_TITLE = 120
_MAX_WRAPPED = 4  # lines that a title may be broken into
_MAX_HEADLINE = 60  # characters of a second headline
_COLUMN = re.compile("^【[^】]{2,20}】(?=.)")  # the name of a column before a headline
_KICKER = re.compile(
    "(?=.{26}).*，.*"
)  # a second line as long as this with a comma is no part of the headline
_REPEATED = 0.8  # share of characters
_OPENING = 12  # pieces a title may begin in


class FoundTitle(NamedTuple):
    """The title, how sure it is (0 to 1) and where it was found."""

    value: str
    confidence: float
    reason: str


def read_title(
    text: str, pieces: Sequence[Piece], box: Mapping[str, str], hint: str | None, file_name: str
) -> FoundTitle:
    """The title of `text`, whose head is `pieces` and whose information box is `box`.

    `hint` is the title that the page was tagged with.
    """
    found = _from_text(text, pieces, box)
    if hint:
        return _with_hint(found, hint)
    if found is not None and (found.confidence >= 0.6 or not _is_telling(file_name)):
        return found
    stem = _name_without_date(file_name)
    if _is_telling(file_name):
        return FoundTitle(stem, 0.5, "文件名（正文中没有识别到标题）")
    return found or FoundTitle(stem or file_name, 0.1, "文件名（正文中没有识别到标题）")


def _from_text(text: str, pieces: Sequence[Piece], box: Mapping[str, str]) -> FoundTitle | None:
    for piece in pieces:
        if piece.text.startswith("# "):
            return FoundTitle(piece.text[2:].strip(), 0.98, "正文的一级标题")
    if title := box.get("title"):
        return FoundTitle(title, 0.95, "信息栏“标题”")
    for first in range(min(len(pieces), _OPENING)):
        if title := _official_title(pieces, first):
            printed = _printed_title(title, text)
            if printed:
                return FoundTitle(printed, 0.95, "印发通知的标题，正文附有全文")
            sure = bool(_OFFICIAL.search(title))
            return FoundTitle(title, 0.95 if sure else 0.8, "正文开头，以文种结尾")
        if first == 0 and (headline := _headline(pieces)):
            return FoundTitle(headline, 0.8, "正文开头的一行")
    return _first_line(pieces)


def _official_title(pieces: Sequence[Piece], first: int) -> str | None:
    """A title that begins with piece `first` and ends with a kind of document."""
    title, is_open = "", False
    for piece in pieces[first : first + _MAX_WRAPPED]:
        words = piece.text
        if title and not is_open and _is_repeated(title, words):
            return None
        if not (is_open or is_heading_line(words) or _goes_on(title, words)):
            return None
        if _NUMBERED.match(words) or len(title) + len(words) > _MAX_TITLE or _FILE_HEADER.fullmatch(words):
            return None
        title += words
        is_open = _is_open(title)
        if _CLOSING_WORDS.match(title):
            return None
        if not is_open and len(title) >= 4 and _ENDS_TITLE.search(title):
            return _bare(title)
    return None


def _goes_on(title: str, words: str) -> bool:
    """Whether a piece that ends with a comma is broken within the brackets of a title."""
    return words.endswith(("、", "，")) and is_heading_line(words.rstrip("、，")) and _is_open(title + words)


def _is_open(title: str) -> bool:
    return title.count("《") > title.count("》") or title.count("（") > title.count("）")


def _bare(title: str) -> str:
    """《…》 that encloses the whole title is taken off."""
    whole = title.startswith("《") and title.endswith("》") and title.count("《") == 1
    return title.strip("《》") if whole else title


def _headline(pieces: Sequence[Piece]) -> str | None:
    """The headline of a text on one line: its first piece, and the second when one more belongs to it.

    Of three or more pieces the further ones are kickers of their own.
    """
    lines: list[str] = []
    for piece in pieces:
        words = piece.text if lines else _COLUMN.sub("", piece.text)
        if not is_heading_line(words) or (lines and piece.opens) or len(piece.text) > _MAX_HEADLINE:
            break
        if lines and (is_organ(piece.text) or _is_repeated(" ".join(lines), piece.text)):
            break
        lines.append(piece.text)
    if not lines or len(lines) == len(pieces) or is_organ(lines[0]) or _NUMBERED.match(lines[0]):
        return None
    if lines[0].endswith(_UNFINISHED):
        return None
    if len(lines) == 2 and (_is_repeated(lines[0], pieces[2].text) or _KICKER.fullmatch(lines[1])):
        lines = lines[:1]
    body = pieces[len(lines)].text
    if pieces[0].opens and pieces[1].opens and len(body) < len(lines[0]):
        return None  # lines of their own: nothing tells a headline from a short paragraph
    whole = " ".join(lines) if len(lines) <= 2 or len(lines[0]) < 8 else lines[0]
    return whole if len(whole) >= 4 else None


def _is_repeated(before: str, words: str) -> bool:
    """Whether `words` say again what stands before them."""
    return len(words) >= 6 and sum(char in before for char in words) / len(words) >= _REPEATED


def _first_line(pieces: Sequence[Piece]) -> FoundTitle | None:
    if not pieces:
        return None
    words = pieces[0].text
    if _is_open(words) and len(pieces) > 1:
        words += pieces[1].text
    if is_heading_line(words) and len(words) >= 4:
        return FoundTitle(words, 0.6, "正文第一行")
    return FoundTitle(words[:_MAX_TITLE], 0.2, "正文第一行，不像标题")


def _with_hint(found: FoundTitle | None, hint: str) -> FoundTitle:
    """What the text and the page's tag say together; the text's official title counts more than a tag."""
    hint = re.split(r"\s*[_|｜]\s*", hint.strip())[0]
    if found is None:
        return FoundTitle(hint, 0.8, "网页标签中的标题")
    same = _squeezed(found.value) == _squeezed(hint)
    if same or _squeezed(found.value) in _squeezed(hint) or _squeezed(hint) in _squeezed(found.value):
        longer = found.value if len(_squeezed(found.value)) >= len(_squeezed(hint)) else hint
        return FoundTitle(longer, 0.99, f"{found.reason}，与网页标签一致")
    if found.confidence >= 0.95:
        return FoundTitle(found.value, 0.75, f"{found.reason}；网页标签写作“{hint}”")
    return FoundTitle(hint, 0.75, f"网页标签；正文开头写作“{found.value[:40]}”")


def _squeezed(title: str) -> str:
    return re.sub(r"\s", "", title)


def _printed_title(notice: str, text: str) -> str | None:
    """Title of the document that a notice prints, if it stands in the text on a line of its own."""
    prints = _PRINTS.search(notice)
    if prints is None:
        return None
    printed = _squeezed(prints[1])
    alone = any(re.sub(r"[\s#]", "", line) == printed for line in text.split("\n"))
    return prints[1] if alone else None


def _is_telling(file_name: str) -> bool:
    """Whether a file name says anything: 通知.docx, not 3efa4379.txt or 扫描件001.pdf."""
    return len(re.findall(r"[一-鿿]", _name_without_date(file_name))) >= 4


def _name_without_date(file_name: str) -> str:
    """File name without ending and the date in brackets."""
    stem = PurePath(file_name).stem
    return re.sub(r"[(（]\d{4}[^)）]*[)）]$", "", stem).strip()
