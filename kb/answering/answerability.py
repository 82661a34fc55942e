"""Answerability: does the quoted passage say the asked point? The last check before an answer is given.

Retrieval finds the paragraph on the right subject, but a similar question may ask for a point that it does
not say (the salary of a 政策解答员, another district's list, another year's plan). Each rule checks one such
point; a question that asks for none of them passes. 当场 and 立即 answer a question for days without a
number; 及时 only one that asks for more beside.
"""

import re
from collections.abc import Callable

import rjieba

from kb.answering.values.asked_value import ValueKind, wanted_value
from kb.answering.values.mentions import mentions
from kb.language.facets import EVIDENT, Facet
from kb.language.normalise import canonical
from kb.question.places import BEFORE_OTHER_AREAS

_AMOUNT = re.compile(
    r"多少[钱元]|(?<!哪)几[块元毛](?:钱)?|[几多少]{1,2}万元?|花(?:了|掉)?多少|多少(?:工资|薪水|奖金|补贴)|"
    r"(?:工资|薪水|薪酬|奖金)(?:标准)?(?:是|有|要|发|为)?(?:多少|几)"
)
_MONEY = re.compile(r"(?<!单)元(?![素旦])")
_FREE = re.compile(r"免费|免收|不收|不得收|免除")
_CHARGED = re.compile(r"(?<!不)(?<!得)收取")
_DAYS = re.compile(r"(?:几|多少)个?(?:天|日|工作日)")
_AT_ONCE = re.compile(r"及时|立即|当场|即时|随时|按时|按照规定")
_CONTACT = re.compile(
    r"电话(?:号码)?(?:是|多少|$)|热线(?:是|电话)|联系方式|(?:电话|手机)号码|网址|邮箱(?:是|地址)"
)
# Measure word of a question -> the words accepted in an answer.
_MEASURES = {
    **{"名": "名|人", "人": "名|人", "家": "家|个", "条": "条|项"},
    **{word: word for word in ("次", "期", "分钟", "小时", "分")},
}
_COUNT = re.compile(rf"(?:多少|(?<!哪)几)(?P<measure>{'|'.join(_MEASURES)})")
_COUNTED = {
    measure: re.compile(rf"[\d一二两三四五六七八九十百千万半数每]\s{{0,4}}(?:{words})|分之|过半数|%")
    for measure, words in _MEASURES.items()
}
_ADDRESS = re.compile(r"哪条[路街]|几号楼|[路街]几号|地址(?:是|在|$)|门牌")
_STREET = re.compile(r"[路街道巷]\s{0,4}\d{1,8}\s{0,4}号|大道|大厦|[一二三四五六七八九\d]楼|地址[:：]")
_CLOCK = re.compile(r"几点(?!几|意见|要求|建议|内容)|几点几分")
_CLOCK_TIME = re.compile(r"\d{1,2}[:：]\d{2}|[\d一二三四五六七八九十]{1,3}(?:点|时(?!间))|[上下]午|小时|全天")
_NUMBER_ASKED = re.compile(r"多少|(?<![好哪这那第])几(?![乎何率近])")
_WHETHER = re.compile(
    r"[吗么嘛吧]\W{0,3}\Z|还是|是否|能否|([\u4e00-\u9fff])不\1|有没有|(?:不|没)\W{0,3}\Z|怎|如何|谁|什么|哪|为何"
)
# Numbers that count nothing: of articles, items and documents.
_LABEL = re.compile(
    r"第[\d零〇一二三四五六七八九十百千]{1,9}[条款项章节编目号]|[(（][\d一二三四五六七八九十]{1,3}[)）]|[〔\[(（]\d{4}[〕\])）]\s{0,2}\d{1,5}\s{0,2}号"
    r"|^\s{0,4}(?:\d{1,2}|[一二三四五六七八九十]{1,3})[、.．]",
    re.MULTILINE,
)
# What answers beside a number of the kind: a moment, a share of something, a word.
_MOMENT = re.compile(
    r"[年月季][底初末中]|[上中下]旬|[时后前]|之日|期间|期满|当[日天月年]|[次每同本][日月年周天]|季度|随|长期"
)
_PERIOD = re.compile(
    r"终[身生]|永久|长期|半[年月日天]|每[年月日天周]|季度|学期|当[日天场]|立即|即时|随时|不[限受].{0,6}(?:时间|期限)"
    r"|\d[(（]个?(?:工作日|[日天年月周])"
)
_PART = re.compile(r"[\d一二三四五六七八九十两数]{1,3}[倍成]|半数|过半|一半|全[额部]|分之|百分点|[%％‰]|免")
_UNTIL = re.compile(r"[至到]\s{0,2}(?:20\d\d|\d{1,2}月|[^，。；\n]{1,12}(?:止|时|前|日))|之?前")
_FIGURE = re.compile(r"[\d两三四五六七八九十百千万]|二(?!是)|一(?=[个次年月日天周人名份元套户处亩层米小分])")
_GROWN = re.compile(r"成年|退休年龄|[老少]年")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?=年)")
_COUNTRY = re.compile(r"日本|美国|英国|德国|法国|韩国|俄罗斯|新加坡|加拿大|澳大利亚|印度|越南|香港|澳门|台湾")
_NOT_LOCAL = frozenset(("中国", "全国", "中华人民共和国"))
_NO_PLACE = re.compile(f"[{BEFORE_OTHER_AREAS}]区")
_DISTRICT = re.compile(r"[\u4e00-\u9fff]{2}(?:县(?!级|政府|直|域)|区(?![别域分直]))")


def unsaid(query: str, said: str, title: str, document: str) -> str | None:
    """The first point (in Chinese) that `query` asks for and the quoted words `said` do not say, or None.

    `title` and `document` are the title and the text of the document that the quote comes from.

    >>> unsaid("政策解答员工资多少", "确定1-2名政策解答员", "", "")
    '金额'
    """
    question, quote, context = canonical(query), canonical(said), canonical(f"{title}\n{document}")
    points: tuple[tuple[str, bool], ...] = (
        ("金额", bool(_AMOUNT.search(question)) and not _tells_amount(quote)),
        ("地址", bool(_ADDRESS.search(question)) and not _STREET.search(quote)),
        ("联系方式", bool(_CONTACT.search(question)) and not EVIDENT[Facet.CONTACT].search(quote)),
        ("数量", any(not _counts(match["measure"], quote) for match in _COUNT.finditer(question))),
        ("期限", bool(_DAYS.search(question)) and not _tells_time(quote)),
        ("钟点", bool(_CLOCK.search(question)) and not _CLOCK_TIME.search(quote)),
        *((name, True) for name in _other_value(question, quote)),
        ("数量", _asks_number(question) and not _is_number_in(quote)),
        ("年份", _other_year(question, context)),
        ("地区", _other_place(question, canonical(title), context) or _elsewhere(question, context)),
    )
    return next((name for name, is_missing in points if is_missing), None)


def _asks_number(question: str) -> bool:
    return bool(_NUMBER_ASKED.search(question)) and not _WHETHER.search(question)


def _is_number_in(quote: str) -> bool:
    """Whether a number that counts something is quoted, or a word for one."""
    words = _LABEL.sub("", quote)
    return any(pattern.search(words) for pattern in (_FIGURE, _PART, _PERIOD, _FREE))


def _other_value(question: str, quote: str) -> tuple[str, ...]:
    """The kind of value (in Chinese) that the question asks for, when none of that kind is quoted."""
    wanted = wanted_value(question)
    if wanted is None:
        return ()
    name, instead = _KINDS[wanted.kind]
    is_quoted = instead(quote) or any(mentions(_LABEL.sub("", quote), wanted.kind))
    return () if is_quoted else (name,)


def _counts(measure: str, quoted: str) -> bool:
    """Whether `quoted` holds a number with this measure word: 1-2名, 每年一次, 三分之二以上的业主."""
    return bool(_COUNTED[measure].search(quoted))


def _tells_amount(quoted: str) -> bool:
    """Whether a sum or "free" is quoted; 不收取费用 with 可以收取信息处理费 leaves the sum open."""
    return bool(_MONEY.search(quoted) or (_FREE.search(quoted) and not _CHARGED.search(quoted)))


def _tells_time(quoted: str) -> bool:
    return bool(EVIDENT[Facet.TIME].search(quoted) or _AT_ONCE.search(quoted))


_KINDS: dict[ValueKind, tuple[str, Callable[[str], object]]] = {
    ValueKind.MONEY: ("金额", lambda quote: _tells_amount(quote) or _PART.search(quote)),
    ValueKind.SHARE: ("比例", _PART.search),
    ValueKind.AGE: ("年龄", _GROWN.search),
    ValueKind.DURATION: ("期限", lambda quote: _PERIOD.search(quote) or _UNTIL.search(quote)),
    ValueKind.DATE: ("时间", lambda quote: EVIDENT[Facet.TIME].search(quote) or _MOMENT.search(quote)),
    ValueKind.COUNT: ("数量", _is_number_in),
}


def _other_year(asked: str, document: str) -> bool:
    """Whether the question names years and the document names only other years."""
    asked_years, document_years = set(_YEAR.findall(asked)), set(_YEAR.findall(document))
    return bool(asked_years and document_years) and not asked_years & document_years


def _other_place(asked: str, title: str, document: str) -> bool:
    """Whether the document holds none of the places that the question names, and its title names another."""
    asked_places = _places(asked)
    return (
        bool(asked_places) and not any(place in document for place in asked_places) and bool(_places(title))
    )


def _places(text: str) -> set[str]:
    """Provinces, cities, districts and counties named in canonical `text`, without 省 and 市."""
    districts = {match[0] for match in _DISTRICT.finditer(text) if not _NO_PLACE.search(match[0])}
    place_names = {
        word.removesuffix("市").removesuffix("省") for word, tag in rjieba.tag(text, False) if tag == "ns"
    }
    return districts | {word for word in place_names if len(word) > 1 and word not in _NOT_LOCAL}


def _elsewhere(asked: str, document: str) -> bool:
    """Whether the question names another country or region that the document does not mention."""
    return any(match[0] not in document for match in _COUNTRY.finditer(asked))
