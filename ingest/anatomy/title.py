"""The title of a document: which pieces of the head form it, and how sure that is.

Tried in this order: a Markdown title, the title field of an information box, pieces that end like a title of
an official document (joined when it is broken over lines), the headline that opens a text on one line, the
title in the page's tags, the first line, the file name. For a notice that only prints another document, that
document's title is taken.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import NamedTuple

from ingest.anatomy.head import HeadPiece, is_heading_line, is_organ

# The endings of titles of official documents (《党政机关公文处理工作条例》 2012, 第八条, and laws).
_KINDS_OF_DOCUMENT = (
    "通知|通告|公告|公报|意见|决定|决议|命令|令|议案|请示|批复|函|复函|报告|纪要|条例|规定|办法|细则|规则|法|方案|要点|计划|规划|"
    "纲要|指南|指引|目录|清单|解释|答复|措施|预案|标准|制度|解读|问答|倡议书|公开信|提示|说明|章程|名单|公示|汇编|发布会|倡议|"
    "一览表|须知|流程|工作安排|告知书|承诺书|建议书"
)
_ENDS_TITLE = re.compile(rf"(?:{_KINDS_OF_DOCUMENT})[》]?(?:[（(〔【《][^）)]{{1,30}}[）)〕】》])?$")
_OFFICIAL = re.compile(r"关于|印发|转发|《|^(?:中华人民共和国|[一-鿿]{2,12}(?:条例|办法|规定|细则)$)")
_EDITION = re.compile(r"[（(](?:19|20)\d\d年?(?:第.{1,2}次)?修[订正改](?:本|版|稿)?[）)]")
_DATE_BEHIND = re.compile(r"[(（]\d{4}[\d年月日./\-—]{0,12}[)）]$")
_UNFINISHED = ("关于", "和", "与", "、", "的")
_CLOSING_WORDS = re.compile("特此|此(?:复|函|致)|现将|附件?[:：\\d]")
_NUMBERED = re.compile("第.{1,4}(?:部分|编|章)")
_PRINTS = re.compile(r"(?:关于)?(?:印发|发布|公布|下发)[^《]{0,20}《(.{4,100}?)》[^《》]{0,8}?通知$")
_FILE_HEADER = re.compile(r".{2,40}文件")
_MAX_TITLE = 120
_MASTHEAD = re.compile(
    "(?:(?!关于).){0,40}(?:公告|通告|公报|令|文件)"
)  # 最高人民法院　公　告, above the title
_SPREAD = 0.7  # least share of single characters among the words of a letter-spaced title
_MAX_WRAPPED = 4  # lines that a title may be broken into
_MAX_HEADLINE = 60  # characters of a second headline
_COLUMN = re.compile("^【[^】]{2,20}】(?=.)")  # the name of a site column (栏目) before a headline
# A second line this long with a comma is not part of the headline.
_KICKER = re.compile("(?=.{26})[^，\n]{0,120}+，.*")
_ROW = re.compile("[^：；]{1,20}：[^；]{0,80}；[^：；]{1,20}：")  # of a table
_REPEATED = 0.8  # share of characters from which a piece counts as a repetition
_OPENING = 12  # a title begins within this many pieces


class FoundTitle(NamedTuple):
    """The title, how sure it is (0 to 1) and where it was found; `notice`: the title of the notice that only
    prints the document, "" without one."""

    value: str
    confidence: float
    reason: str
    notice: str = ""


def read_title(
    text: str, pieces: Sequence[HeadPiece], box: Mapping[str, str], hint: str | None, file_name: str
) -> FoundTitle:
    """The title of `text`, whose head is `pieces` and whose information box is `box`.

    `hint` is the title in the page's tags, None when there is none.
    """
    from_text = _from_text(text, pieces, box)
    hint = closed_up(hint) if hint else None
    if hint:
        return _with_hint(from_text, hint)
    if from_text is not None and (from_text.confidence >= 0.6 or not _is_telling(file_name)):
        return from_text
    stem = _name_without_date(file_name)
    if _is_telling(file_name):
        return FoundTitle(stem, 0.5, "文件名（正文中没有识别到标题）")
    return from_text or FoundTitle(stem or file_name, 0.1, "文件名（正文中没有识别到标题）")


def _from_text(text: str, pieces: Sequence[HeadPiece], box: Mapping[str, str]) -> FoundTitle | None:
    pieces = [bare for piece in pieces if (bare := _without_marks(piece)).text]
    for piece in pieces:
        if piece.text.startswith("# "):
            return FoundTitle(closed_up(piece.text[2:].strip()), 0.98, "正文的一级标题")
    if title := box.get("title"):
        return FoundTitle(closed_up(title), 0.95, "信息栏“标题”")
    for first in range(min(len(pieces), _OPENING)):
        if title := _official_title(pieces, first):
            printed_title = _printed_title(title, text)
            if printed_title:
                return FoundTitle(printed_title, 0.95, "印发通知的标题，正文附有全文", title)
            sure = bool(_OFFICIAL.search(title))
            return FoundTitle(title, 0.95 if sure else 0.8, "正文开头，以文种结尾")
        if first == 0 and (headline := _headline(pieces)):
            return FoundTitle(headline, 0.8, "正文开头的一行")
    return _first_line(pieces)


def _official_title(pieces: Sequence[HeadPiece], first: int) -> str | None:
    """A title that begins with piece `first` and ends with a kind of document."""
    title, is_open = "", False
    for place, piece in enumerate(pieces[first : first + _MAX_WRAPPED], start=first + 1):
        words = piece.text if _MASTHEAD.fullmatch(closed_up(piece.text)) else closed_up(piece.text)
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
            return _bare(title) + _edition_below(pieces, place)
    return None


def _edition_below(pieces: Sequence[HeadPiece], place: int) -> str:
    """The edition that a line of its own names under a title: （2010年修订）; "" without one."""
    below = pieces[place].text if place < len(pieces) else ""
    return below if _EDITION.fullmatch(below) else ""


def _without_marks(piece: HeadPiece) -> HeadPiece:
    """A heading without the marks of its level, of a folding part (折叠), and without a word said twice."""
    if not piece.text.startswith("##"):
        return piece
    words = piece.text.lstrip("#").strip().removeprefix("折叠").strip()
    first, _, rest = words.partition(" ")
    return piece.model_copy(update={"text": rest if rest.startswith(first) else words})


def closed_up(title: str) -> str:
    """A title without the spaces that only spread its characters: 关 于 举 办 招 聘 会 的 通 知."""
    parts = title.split()
    singles = sum(len(part) == 1 for part in parts)
    return "".join(parts) if len(parts) > 1 and singles >= _SPREAD * len(parts) else title


def _goes_on(title: str, words: str) -> bool:
    """Whether a piece that ends with a comma continues a title, broken within its brackets."""
    return words.endswith(("、", "，")) and is_heading_line(words.rstrip("、，")) and _is_open(title + words)


def _is_open(title: str) -> bool:
    return title.count("《") > title.count("》") or title.count("（") > title.count("）")


def _bare(title: str) -> str:
    """`title` without a 《…》 that encloses all of it."""
    whole = title.startswith("《") and title.endswith("》") and title.count("《") == 1
    return title.strip("《》") if whole else title


def _headline(pieces: Sequence[HeadPiece]) -> str | None:
    """The headline of a text on one line: its first piece, joined with the second when that belongs to it.

    With three or more heading pieces, the pieces after the first are separate kickers.
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
        return None  # on separate lines a headline cannot be told from a short paragraph
    whole = " ".join(lines) if len(lines) <= 2 or len(lines[0]) < 8 else lines[0]
    return closed_up(whole) if len(whole) >= 4 else None


def _is_repeated(before: str, words: str) -> bool:
    """Whether `words` mostly repeat `before`."""
    return len(words) >= 6 and sum(char in before for char in words) / len(words) >= _REPEATED


def _first_line(pieces: Sequence[HeadPiece]) -> FoundTitle | None:
    if not pieces:
        return None
    words = closed_up(pieces[0].text)
    if _ROW.match(words):
        return None
    if _is_open(words) and len(pieces) > 1:
        words += pieces[1].text
    if is_heading_line(words) and len(words) >= 4:
        return FoundTitle(words, 0.6, "正文第一行")
    return FoundTitle(words[:_MAX_TITLE], 0.2, "正文第一行，不像标题")


def _with_hint(found: FoundTitle | None, hint: str) -> FoundTitle:
    """Combine the title of the text with that of the page's tags; an official title of the text wins."""
    hint = re.split("[_|｜]", hint.strip(), maxsplit=1)[0].rstrip()
    if found is None:
        return FoundTitle(hint, 0.8, "网页标签中的标题")
    is_same = _squeezed(found.value) == _squeezed(hint)
    if is_same or _squeezed(found.value) in _squeezed(hint) or _squeezed(hint) in _squeezed(found.value):
        longer = found.value if len(_squeezed(found.value)) >= len(_squeezed(hint)) else hint
        return FoundTitle(longer, 0.99, f"{found.reason}，与网页标签一致", found.notice)
    if found.confidence >= 0.95:
        return FoundTitle(found.value, 0.75, f"{found.reason}；网页标签写作“{hint}”", found.notice)
    return FoundTitle(hint, 0.75, f"网页标签；正文开头写作“{found.value[:40]}”")


def _squeezed(title: str) -> str:
    return re.sub(r"\s", "", title)


def _printed_title(notice: str, text: str) -> str | None:
    """Title of the document that `notice` prints, if it has a line of its own in the text; else None."""
    prints = _PRINTS.search(notice)
    if prints is None:
        return None
    printed_squeezed = _squeezed(prints[1])
    has_own_line = any(re.sub(r"[\s#]", "", line) == printed_squeezed for line in text.split("\n"))
    return prints[1] if has_own_line else None


def _is_telling(file_name: str) -> bool:
    """Whether a file name has four or more Chinese characters, unlike 3efa4379.txt or 扫描件001.pdf."""
    return len(re.findall(r"[一-鿿]", _name_without_date(file_name))) >= 4


def _name_without_date(file_name: str) -> str:
    """The file name without its suffix and a date in brackets at its end."""
    stem = PurePath(file_name).stem
    return _DATE_BEHIND.sub("", stem).strip()
