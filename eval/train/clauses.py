"""Questions made from clauses of laws by rule: what the reader warms up on, never what it is judged by.

A clause that holds a value, an organ, a permission or a list becomes a question for it, in official or in
everyday words; the value is the answer. Its article answers, its neighbours do not, and neither does the
article without that clause. Ten thousand such pairs cost nothing, and teach where a question's words stand
in a passage, and to look for the point asked (docs/decisions/0073-clauses.md).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random

from eval.train.examples import Example, Passage
from kb.models import Model, Span

_NUMBER = r"(?:\d[\d.,，]*|[一二三四五六七八九十百千万两]{1,8})"
_UNITS = {
    "个工作日": ("几个工作日", "多少个工作日", "几天"),
    "个月": ("几个月", "多少个月", "多长时间"),
    "周岁": ("几周岁", "多少周岁", "多大年纪"),
    "小时": ("几个小时", "多少小时", "多久"),
    "平方米": ("多少平方米", "多大面积"),
    "万元": ("多少万元", "多少钱"),
    "日": ("几日", "多少日", "几天", "多少天", "多久"),
    "年": ("几年", "多少年", "多久"),
    "元": ("多少元", "多少钱"),
    "倍": ("几倍", "多少倍"),
    "人": ("几人", "多少人", "几个人"),
    "次": ("几次", "多少次"),
    "米": ("几米", "多少米"),
}
_BEFORE = r"(?<![第\d一二三四五六七八九十百月年〔以上至])"
_VALUE = re.compile(  # a whole range; no year, no date
    rf"{_BEFORE}(?!(?:19|20)\d\d年)(?:{_NUMBER}(?:个工作日|个月|周岁|[日年万元倍人]{{1,2}})(?:以上|至))?"
    rf"{_NUMBER}(?={'|'.join(_UNITS)})"
)
_SHARE = re.compile(rf"百分之{_NUMBER}|\d+(?:\.\d+)?[%％]")
_ORGAN = re.compile(
    r"\A(?:由)?([^，。；：、的]{2,18}?(?:部门|机关|机构|政府|委员会|法院|检察院|单位|银行|人))"
    r"(?=应当|负责|可以|不得|有权|主管|制定|审批|批准)"
)
_ALLOWED = re.compile(r"(?<!也)(可以|不得|应当|有权|必须)")
_LIST = re.compile(r"([^。；\n]{4,40}?)(?:下列|以下)([^。；：\n]{1,20})：\n")
_ITEMS = re.compile(r"\n*((?:[（(][一二三四五六七八九十]{1,3}[)）][^\n]*\n*)+)")
_PENALTY = re.compile(r"([^。；\n]{6,60}?的)，[^。；\n]{0,40}?((?:并)?处[^。；，\n]{3,40}?罚款)")
_SENTENCE = re.compile(r"[^。；\n]+[。；：]")
_ARTICLE = re.compile(r"第[一二三四五六七八九十百千]+条(?:之[一二三四五六七八九十])?(?=[\s　])")
_HEADING = re.compile(r"#{2,4}\s*(.+)")
_OFFICIAL = (
    ("应当", ("要", "得", "应该", "需要", "")),
    ("不得", ("不能", "不准", "不许")),
    ("可以", ("能", "能不能", "")),
    ("之日起", ("起", "之后", "")),
    ("以内", ("内",)),
    ("劳动者", ("员工", "职工", "打工的")),
    ("用人单位", ("单位", "公司", "老板")),
    ("申请人", ("我", "申请的人")),
    ("公民", ("个人", "老百姓")),
    ("未经", ("没经过", "没有")),
    ("逾期", ("过期", "超过时间")),
    ("缴纳", ("交", "缴")),
    ("依法", ("",)),
    ("予以", ("",)),
    ("进行", ("",)),
    ("有关", ("",)),
    ("本条例", ("",)),
    ("本办法", ("",)),
    ("本法", ("",)),
    ("其", ("", "他")),
    ("或者", ("或", "还是")),
    ("以及", ("和",)),
    ("的规定", ("",)),
)
_COMMON = ("who", "yesno")  # nearly every article has them: the others first
_LONGEST, _SHORTEST = 320, 40  # characters of an article
_LEAST = 6  # characters of a question


class Article(Model):
    """An article of a law: its heading and its text, the number first."""

    law: str
    heading: str
    text: str

    @property
    def shown(self) -> str:
        """The text as the index shows it."""
        number = self.text.split()[0]
        return "\n".join(filter(None, (self.law, self.heading, number, self.text)))


class Point(Model):
    """A question, where its answer stands in the article, and the sentence without which it is unsaid."""

    question: str
    answer: Span
    sentence: Span
    kind: str


def articles_of(markdown: str) -> list[Article]:
    """The articles of a law in Markdown: a title with #, chapters with ##, articles that begin a line."""
    title, heading, found = "", "", list[Article]()
    lines: list[str] = []

    def close() -> None:
        text = "\n\n".join(lines)
        if lines and _SHORTEST <= len(text) <= _LONGEST:
            found.append(Article(law=title, heading=heading, text=text))
        lines.clear()

    for line in (line.strip() for line in markdown.splitlines()):
        if line.startswith("# "):
            title = line[2:].strip()
        elif match := _HEADING.match(line):
            close()
            heading = match[1]
        elif _ARTICLE.match(line):
            close()
            lines.append(line)
        elif line and lines and not line.startswith("<!--"):
            lines.append(line)
    close()
    return found


def points_of(article: Article, random: Random) -> Iterator[Point]:
    """The questions that the clauses of `article` answer."""
    begin = len(article.text.split()[0])
    for match in _SENTENCE.finditer(article.text, begin):
        sentence = Span(start=match.start(), end=match.end())
        words = match[0]
        lead = len(words) - len(words.lstrip())
        for question, start, end, kind in _asked(words.strip(), random):
            place = match.start() + lead
            yield Point(
                question=question,
                answer=Span(start=place + start, end=place + end),
                sentence=sentence,
                kind=kind,
            )
    for match in _LIST.finditer(article.text, begin):
        items = _ITEMS.match(article.text, match.end())
        if items:
            listed = Span(start=items.start(1), end=items.start(1) + len(items[1].rstrip()))
            question = f"{match[1].strip()}{random.choice(('哪些', '什么'))}{match[2]}"
            yield Point(question=question, answer=listed, sentence=listed, kind="list")


def _asked(sentence: str, random: Random) -> Iterator[tuple[str, int, int, str]]:
    """(question, start and end of the answer in `sentence`, kind) for each point of a sentence."""
    for match in _VALUE.finditer(sentence):
        unit = next(unit for unit in _UNITS if sentence.startswith(unit, match.end()))
        end = match.end() + len(unit)
        yield _around(sentence, match.start(), end, random.choice(_UNITS[unit])), match.start(), end, "number"
    for match in _SHARE.finditer(sentence):
        asked = random.choice(("百分之几", "多大比例", "百分之多少"))
        yield _around(sentence, match.start(), match.end(), asked), match.start(), match.end(), "number"
    if organ := _ORGAN.match(sentence):
        asked = random.choice(("谁", "由谁", "哪个部门", "什么单位", "哪里"))
        done = _short(sentence[organ.end() :]).removeprefix("应当").removeprefix("负责")
        if len(done) >= _LEAST and not organ[1].startswith("对"):
            turned = random.random() < 0.5 and f"{done}归{random.choice(('谁', '哪个部门'))}管"
            yield turned or f"{asked}{done}", organ.start(1), organ.end(1), "who"
    if penalty := _PENALTY.search(sentence):
        asked = random.choice(("怎么处罚", "罚多少", "罚款多少", "会罚多少钱"))
        yield f"{penalty[1].removesuffix('的')}{asked}", penalty.start(2), penalty.end(2), "penalty"
    clause = sentence.split("，")[0].rstrip("。；")
    if (modal := _ALLOWED.search(clause)) and len(clause) < 40:
        form = random.choice(("{}能不能{}", "{}可以{}吗", "{}要不要{}", "{}需要{}吗"))
        yield form.format(clause[: modal.start()], clause[modal.end() :]), 0, len(clause), "yesno"


def _around(sentence: str, start: int, end: int, asked: str) -> str:
    """The clause with a value, the words of asking in its place; often with the clause before it."""
    before = sentence[:start].split("，")
    after = re.split(r"[，。；]", sentence[end:])[0]
    words = before[-1] if len(before[-1]) + len(after) >= _LEAST else "".join(before[-2:])
    return f"{words}{asked}{after}"


def _short(words: str) -> str:
    return re.split(r"[，。；：]", words)[0][:40]


def everyday(question: str, plain: Mapping[str, Sequence[str]], random: Random) -> str:
    """The question as people might say it: everyday words, some words left out, asked at the end."""
    for official, choices in _OFFICIAL:
        if official in question and random.random() < 0.7:
            question = question.replace(official, random.choice(choices))
    for official in sorted((word for word in plain if word in question), key=len, reverse=True)[:3]:
        if random.random() < 0.5:
            question = question.replace(official, random.choice(plain[official]), 1)
    if len(question) > 24 and random.random() < 0.6:  # nobody repeats a whole clause
        question = question[random.randrange(len(question) - 20) :]
    if random.random() < 0.2:
        cut = random.randrange(max(1, len(question) - 3))
        question = question[:cut] + question[cut + 2 :]
    return question + random.choice(("？", "？", "?", ""))


def examples(
    laws: Mapping[str, Sequence[Article]], plain: Mapping[str, Sequence[str]], count: int, random: Random
) -> Iterator[Example]:
    """About `count` questions, evenly from the `laws`, each with two or three passages."""
    share = max(1, count // max(1, len(laws)))
    for law, articles in sorted(laws.items()):
        chosen = [(article, point) for article in articles for point in points_of(article, random)]
        random.shuffle(chosen)
        chosen.sort(key=lambda pair: random.random() + (pair[1].kind in _COMMON))
        for number, (article, point) in enumerate(chosen[: share + 1]):
            question = everyday(point.question, plain, random) if random.random() < 0.8 else point.question
            if len(question) < _LEAST:
                continue
            near = _near(article, articles, question, random)
            kind = f"clause-{point.kind}"
            if passages := _passages(article, point, near, random):
                yield Example(
                    qid=f"{law}-{number}", group=law, question=question, kind=kind, passages=passages
                )


def _passages(article: Article, point: Point, near: Sequence[Article], random: Random) -> tuple[Passage, ...]:
    """The article, whole or without the sentence that answers, and its neighbours."""
    before = len(article.shown) - len(article.text)
    others = tuple(Passage(text=one.shown, label=0) for one in near)
    if random.random() < 0.3:
        sentence = point.sentence
        rest = article.text[: sentence.start] + article.text[sentence.end :]
        if len(rest) < _SHORTEST or article.text[point.answer.start : point.answer.end] in rest:
            return ()
        shown = article.model_copy(update={"text": rest}).shown
        return (Passage(text=shown, label=0), *others)
    span = Span(start=before + point.answer.start, end=before + point.answer.end)
    return (Passage(text=article.shown, label=1, spans=(span,)), *others)


def _near(article: Article, articles: Sequence[Article], question: str, random: Random) -> list[Article]:
    """One or two articles of the same law that share most character pairs with the question."""
    pairs = {question[at : at + 2] for at in range(len(question) - 1)}
    held = {
        other.text: sum(pair in other.text for pair in pairs) for other in articles if other is not article
    }
    mine = sum(pair in article.text for pair in pairs)
    ranked = sorted(
        (other for other in articles if other is not article and held[other.text] < mine),
        key=lambda other: -held[other.text],
    )
    return ranked[: random.choice((1, 1, 2))]


def plain_words(lines: Iterable[str]) -> dict[str, list[str]]:
    """Official word -> everyday words, from lines such as 娃娃 娃 = 儿童 (kb/lexicon/synonyms.txt)."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if "=" in line and not line.startswith("#"):
            left, right = line.split("=")
            found.setdefault(right.strip(), []).extend(word.replace("~", "") for word in left.split())
    return found


def laws_in(folder: Path, left_out: Iterable[str]) -> dict[str, list[Article]]:
    """Title -> articles of the laws in `folder`; not those whose names stand in a title of `left_out`."""
    hidden = [_name(title) for title in left_out]
    laws: dict[str, list[Article]] = {}
    for file in sorted(folder.rglob("*.md")):
        name = _name(file.stem)
        if not any(name in title or title in name for title in hidden if title):
            laws.setdefault(file.stem, articles_of(file.read_text(encoding="utf-8")))
    return {law: articles for law, articles in laws.items() if len(articles) > 1}


def _name(title: str) -> str:
    """The words of a title that name it, without its date and its country."""
    first = title.splitlines()[0] if title else ""
    return re.sub(r"[（(].*|中华人民共和国|《|》|\s", "", first)[:40]
