"""Statements of a document about the validity of others: which documents it repeals or amends.

    《A办法》（浔府办发〔2018〕3号）同时废止           a tail behind one or more documents
    决定废止《A办法》、《B规定》                       a verb before them
    下列文件予以废止：1.《A》 2.《B》…                 a list, or an annex of such a document
    关于修改《A条例》的决定                            the title
    对《A条例》作如下修改                              a sentence

Only documents named by 《title》 or by 发文字号 count, and only where the whole document is repealed: not one
article (《A》第三条同时废止), and not in a draft, a report or an interpretation.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from ingest.anatomy.named_documents import DOCUMENT_NAME, NamedDocument, enumerations, find_named
from ingest.notation.dates import DATE_PATTERN, read_date
from kb.models import Span, Statement, Status

_ENDED = "(?:废止|作废|失效|停止执行|不再执行|停止使用)"
_ADVERB = "(?:现|同时|一并|即行|即时|相应|自行|予以|随之|均|即|自动|也|宣布|全部)"
_TAIL = re.compile(
    r"(?:[（(][^）)《》]{1,20}[）)])?(?:及其[^《》。；，]{2,12})?"
    r"(?:等[\d一二三四五六七八九十]{0,6}[件个份部]?(?:行政)?(?:规范性)?(?:文件|规定|办法)?)?(?:同名)?(?:文件|通知|规定|办法)?"
    r"(?:已[^《》。；，]{2,30})?[，,、\s]{0,40}+"
    rf"(?:(?:自[ ]?(?P<since>{DATE_PATTERN})[ ]?起"
    r"|自(?:本[^，。]{1,8})?(?:施行|实施|印发|公布|发布|执行)之日起)[，,\s]{0,20}+)?"
    # subtle: in 根据《A》，废止《B》 the verb belongs to B
    rf"{_ADVERB}{{0,3}}{_ENDED}(?!的|后|前|之|了?[^《》。；，]{{0,30}}《)"
)
_MARK = r"[\s（(]{0,20}[一二三四五六七八九十\d]{1,8}[）)、.．]{1,4}\s{0,20}"  # of an item
_VERB = re.compile(rf"(?:{_ADVERB}|决定|即日起|起|，|：|^|^{_MARK}){{1,3}}废止(?:了)?[^《》。；，]{{0,30}}$")
_LIST_LEAD = re.compile(
    rf"(?:下列|以下|下述|附件所列|如下)[^。；]{{0,40}}(?:{_ENDED})|(?:{_ENDED})[^。；]{{0,20}}(?:下列|以下|如下)"
)
_LIST_HEADING = re.compile(
    rf"\A\W{{0,80}}+[^。；《》]{{0,30}}(?:{_ENDED})的?[^。；《》]{{0,20}}(?:目录|清单|名单|一览表)(?:[（(][^）)]{{0,60}}[）)])?\W{{0,80}}"
)
_OTHER_LEAD = re.compile(
    "(?:继续有效|予以保留|修改|修订|拟修|保留)[^。；《》]{0,20}(?:目录|清单|文件|规定|：|$)"
)
_LIST_TITLE = re.compile(
    rf"关于(?:公布)?[^《》]{{0,30}}(?:{_ENDED})(?!止)[^《》]{{0,40}}(?:决定|通知|公告|公布|命令|令)"
)
_AMENDED = re.compile(
    r"(?:的?(?:部分|有关|个别)(?:条款|内容|条文))?(?:予以|作出?|做出?|进行)(?:如下|以下)?(?:修改|修订)"
)
_PLANNED = re.compile("正在|抓紧|启动|尽快|适时|加快|着手|计划|将(?:适时|尽快|组织|会同)?对|将(?:予以|进行)")
_OBJECT = re.compile(r"(?:对|将)[^《》。；，]{0,30}$")  # 对《A》作如下修改
_AGENT = re.compile(
    r"(?:由|被|经|根据|依据|按照|依照|参照)[^《》。；，]{0,12}$"
)  # 由《A》废止: A is not repealed
_AMENDING_TITLE = re.compile(r"关于(?:修改|修订|修正|调整)(?P<names>.{0,400})的(?:决定|通知|公告|决议)")
_ITEM = re.compile(
    r"[\s\d一二三四五六七八九十.．、（）()|｜\-*#]{0,60}+"
    r"(?:[一-鿿、]{1,40}(?:印发|发布|公布|制定|下发)的?|[一-鿿]{0,20}关于[^。；《》]{4,80})?"
    r"[\s（(|｜]{0,20}"
)
_MOST_BEFORE = 120  # characters: no verb or agent, with the words behind it, is longer
_LONGEST_ITEM = 80  # characters: a longer sentence without an item ends a list
_NOT_SAID = re.compile(
    "征求意见|草案|送审|拟|建议|不得|尚未|是否|能否|被废止|废止前|废止后|废止的|如果|可以废止|应当废止"
)
_NO_SOURCE = re.compile("征求意见|草案|解读|答记者问|问答|新闻|起草说明|修订说明|解释说明|对照表")
_WRAPPED = re.compile(rf"\s{{0,40}}{_ADVERB}{{0,3}}{_ENDED}|(?<=[、和及]\n)\s{{0,40}}《")  # the line goes on


def find_statements(
    text: str, title: str, effective: date | None, issued: date | None
) -> tuple[Statement, ...]:
    """The statements of a document about others.

    Where no day is given, `since` is the day the document takes effect (`effective`) or was issued.
    """
    if _NO_SOURCE.search(title):
        return ()
    begins = effective or issued
    unique: dict[tuple[object, ...], Statement] = {}
    for statement in (*_amended(text, title, begins), *_repealed(text, title, begins)):
        key = (statement.effect, statement.title, statement.number, statement.dated)
        unique.setdefault(key, statement)
    return tuple(sorted(unique.values(), key=lambda statement: statement.span.start))


def _repealed(text: str, title: str, begins: date | None) -> Iterator[Statement]:
    in_list = False
    is_list_document = bool(_LIST_TITLE.search(title))
    squeezed_title = _squeezed(title)
    for start, end in _sentences(text):
        sentence = text[start:end]
        lead = None if _squeezed(sentence) in squeezed_title else _lead_of(sentence, is_list_document)
        in_list = in_list if lead is None else lead
        if not in_list and not re.search(_ENDED, sentence):
            continue
        named_documents = find_named(text, start, end)
        is_item = (
            in_list and bool(named_documents) and bool(_ITEM.fullmatch(text, start, named_documents[0].start))
        )
        if in_list and not is_item and len(sentence.strip()) > _LONGEST_ITEM:
            in_list = bool(lead)
        chosen = named_documents if is_item else _ended_in(text, sentence, named_documents, start, end)
        whole = [named_document for named_document in chosen if not _is_partial(text, named_document)]
        yield from _statements(Status.REPEALED, whole, _since(sentence) or begins, _trimmed(text, start, end))


def _statements(
    effect: Status, named: Sequence[NamedDocument], since: date | None, span: Span
) -> Iterator[Statement]:
    """A statement of the sentence at `span` on each of the documents that it names."""
    for document in named:
        yield Statement(
            effect=effect,
            title=document.title,
            number=document.number,
            dated=document.dated,
            since=since,
            span=span,
        )


def _lead_of(sentence: str, is_list_document: bool) -> bool | None:
    """Whether a sentence opens a list of repealed documents, ends one (False), or neither (None)."""
    doubtful = bool(_NOT_SAID.search(re.sub("废止的", "", sentence)))
    if _LIST_HEADING.fullmatch(sentence):
        return not doubtful
    if _OTHER_LEAD.search(sentence) and not re.search(_ENDED, sentence):
        return False
    ends_in_list = is_list_document or sentence.rstrip().endswith(("：", ":"))
    return True if _LIST_LEAD.search(sentence) and ends_in_list and not doubtful else None


def _ended_in(
    text: str, sentence: str, named: Sequence[NamedDocument], start: int, end: int
) -> list[NamedDocument]:
    """The documents of a sentence that it repeals."""
    if not named or not re.search(_ENDED, sentence) or _NOT_SAID.search(sentence):
        return []
    repealed: list[NamedDocument] = []
    for run in enumerations(text, named):
        tail = _TAIL.match(text, run[-1].end, end)
        before = _before(text, start, run[0].start)
        verb, agent = _VERB.search(before), _AGENT.search(before)
        if verb or tail:
            repealed.extend(_behind_comma(text, run) if agent and not verb else run)
    return repealed


def _before(text: str, start: int, end: int) -> str:
    """The words of a sentence from `start` up to a document at `end`, as many as a pattern can need.

    Where words are left out, a mark takes their place: what must open a sentence does not match behind it.
    """
    return text[start:end] if end - start <= _MOST_BEFORE else "\0" + text[end - _MOST_BEFORE : end]


def _behind_comma(text: str, run: Sequence[NamedDocument]) -> Sequence[NamedDocument]:
    """The part of `run` behind its first comma: in 根据《A》，《B》同时废止 only B is repealed."""
    commas = (i for i in range(1, len(run)) if re.search("[，,]", text[run[i - 1].end : run[i].start]))
    return run[next(commas, len(run)) :]


def _amended(text: str, title: str, begins: date | None) -> Iterator[Statement]:
    heading = _AMENDING_TITLE.search(title)
    if heading:
        place = max(0, text.find(title[:10]))
        line_end = text.find("\n", place)
        span = Span(start=place, end=min(line_end if line_end > 0 else len(text), place + len(title) + 20))
        for name in DOCUMENT_NAME.finditer(title.replace("〈", "《").replace("〉", "》")):
            yield Statement(effect=Status.AMENDED, title=name["title"], since=begins, span=span)
    for start, end in _sentences(text):
        sentence = text[start:end]
        if not _AMENDED.search(sentence) or _NOT_SAID.search(sentence) or _PLANNED.search(sentence):
            continue
        named_documents = find_named(text, start, end)
        if not named_documents:
            continue
        since, span = _since(sentence) or begins, _trimmed(text, start, end)
        for run in enumerations(text, named_documents):
            if _AMENDED.match(text, run[-1].end, end) and _OBJECT.search(_before(text, start, run[0].start)):
                yield from _statements(Status.AMENDED, run, since, span)


def _is_partial(text: str, named: NamedDocument) -> bool:
    """Whether only a part of the document is named: 《A》第三条, 《A》中有关…的规定."""
    behind = text[named.end : named.end + 12]
    return bool(
        re.match(r"\s{0,12}(?:第[^，。]{1,8}[条款项章节]|中(?!共)|有关|的有关|相关|的相关|关于|涉及)", behind)
    )


def _since(sentence: str) -> date | None:
    """The day from which a sentence repeals: 自2024年5月1日起废止, 自…起施行…同时废止."""
    days = re.findall(rf"自[ ]?({DATE_PATTERN})[ ]?起", sentence)
    return read_date(days[-1]) if days else None


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Sentences and list lines as (start, end); a stop inside 《》 does not end a sentence."""
    start, depth = 0, 0
    for place, char in enumerate(text):
        if char == "《":
            depth += 1
        elif char == "》":
            depth = max(0, depth - 1)
        elif char == "\n" or (char in "。；;" and depth == 0):
            depth = 0
            if char == "\n" and _WRAPPED.match(text, place + 1):
                continue
            if place > start:
                yield start, place + (char != "\n")
            start = place + 1
    if start < len(text):
        yield start, len(text)


def _squeezed(text: str) -> str:
    return re.sub(r"[\s#]", "", text) or "\0"


def _trimmed(text: str, start: int, end: int) -> Span:
    words = text[start:end]
    begin = start + len(words) - len(words.lstrip())
    return Span(start=begin, end=max(begin, start + len(words.rstrip())))
