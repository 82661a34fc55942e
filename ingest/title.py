"""The title of a document, and the head lines it is looked for in."""

import re
from pathlib import PurePath

# What titles of official documents end with (《党政机关公文处理工作条例》 2012, 第八条, and laws).
_KINDS_OF_DOCUMENT = (
    "通知|通告|公告|公报|意见|决定|决议|命令|令|议案|请示|批复|函|复函|报告|纪要|条例|规定|办法|细则|规则|法|方案|要点|计划|规划|"
    "纲要|指南|指引|目录|清单|解释|答复|措施|预案|标准|制度|解读|问答|倡议书|公开信|提示|说明|章程|名单"
)
_ENDS_TITLE = re.compile(rf"(?:{_KINDS_OF_DOCUMENT})(?:[（(〔【《][^）)]{{1,30}}[）)〕】》])?$")
_FIRST_PART = re.compile(
    r"(?:#+[ \t]*)?(?:第[ \u3000]?[一1][ \u3000]?[编章节条]|一、|[（(]一[）)]|1[.．、](?!\d))"
)
_CLOSING_WORDS = re.compile("特此|此(?:复|函|致)|现将|附件?[:：\\d]")
_NUMBERED = re.compile("第.{1,4}(?:部分|编|章)")
_PRINTS = re.compile(r"(?:关于)?(?:印发|转发|发布|公布|下发)[^《]{0,20}《(.{4,100}?)》[^《》]{0,8}?通知$")
_HEAD_LINES = 40
_MAX_TITLE = 120
_MAX_WRAPPED = 4  # lines that a title may be broken into
_GAP = re.compile(r"[ \t\u3000]{2,}|\u3000|[ ](?=[一-鿿])")


def head_lines(text: str) -> tuple[str, ...]:
    """The lines before the first numbered part, stripped, without empty ones; at most 40.

    A text on one line is cut at runs of spaces.
    """
    lines: list[str] = []
    for line in text[:20_000].split("\n"):
        for piece in re.split(r"[ \t]{3,}|\u3000{2,}", line) if len(line) > 200 else [line]:
            piece = piece.strip()
            if _FIRST_PART.match(piece):
                return tuple(lines)
            if piece:
                lines.append(piece)
            if len(lines) >= _HEAD_LINES:
                return tuple(lines)
    return tuple(lines)


def read_title(text: str, file_name: str) -> str:
    """A Markdown title, else the title lines of the head, else the file name.

    A notice that merely prints another document gives way to that document's title.
    """
    lines = head_lines(text)
    for line in lines:
        if line.startswith("# "):
            return line[2:].strip()
    for first in range(min(len(lines), 12)):
        title = _title_at(lines, first)
        if title:
            return _printed_title(title, text) or title
    if lines and len(lines[0]) > _MAX_TITLE:
        opening = _GAP.split(lines[0])[0]
        if 4 <= len(opening) <= _MAX_TITLE:
            return opening
    stem = _name_without_date(file_name)
    return stem or (lines[0][:_MAX_TITLE] if lines else file_name)


def _title_at(lines: tuple[str, ...], first: int) -> str | None:
    """A title that begins at line `first`, put together when it is broken over several lines."""
    title = ""
    for line in lines[first : first + _MAX_WRAPPED]:
        if re.search("[。；：:;]", line) or _NUMBERED.match(line) or len(title) + len(line) > _MAX_TITLE:
            return None
        title += line
        if _CLOSING_WORDS.match(title):
            return None
        closed = title.count("《") <= title.count("》")
        if closed and len(title) >= 4 and _ENDS_TITLE.search(title):
            return (
                title.strip("《》")
                if title.count("《") == 1 and title[0] == "《" and title[-1] == "》"
                else title
            )
    return None


def _printed_title(notice: str, text: str) -> str | None:
    """Title of the document that a notice prints, if it stands in the text on a line of its own."""
    prints = _PRINTS.search(notice)
    if prints is None:
        return None
    printed = re.sub(r"\s", "", prints[1])
    alone = any(re.sub(r"[\s#]", "", line) == printed for line in text.split("\n"))
    return prints[1] if alone else None


def _name_without_date(file_name: str) -> str:
    """File name without ending and the date in brackets."""
    stem = PurePath(file_name).stem
    return re.sub(r"[(（]\d{4}[^)）]*[)）]$", "", stem).strip()
