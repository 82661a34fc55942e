"""Recognises utterances that ask the documents nothing: greetings, thanks, calls for a person or for help.

Such an utterance holds nothing else (kb.question.phrases, kb/lexicon/courtesies.txt): 你好，请问低保怎么申请
asks for something, and `without_frame` leaves what it asks. Beyond the lists: a wish to complain about
somebody, unless a rule is asked for; signs and letters without meaning; English.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from itertools import pairwise

from kb.answers import Ending
from kb.language.normalise import canonical, question_key
from kb.language.word_lists import word_list
from kb.question.phrases import LONGEST, Phrases, read_phrases

_FIRST = (  # what an utterance is, if it can be several; the others follow in the order of the list
    Ending.EMERGENCY,
    Ending.IDENTITY,
    Ending.PERSON,
    Ending.COMPLAINT,
)
_CLAUSE = re.compile(r"[,，。.!！;；~\s]")
_WISH = re.compile(
    r"(?:我们?|本人|俺)?(?:今天)?(?P<wish>要|想要?|必须|准备|打算)?(?:实名|匿名)?(?:去)?"
    r"(?P<act>投诉|举报|反映|控告|检举|告)(?:一下)?(?P<whom>[^?？]{1,32})"
)
_ASKS = re.compile(
    r"[吗么?？]|什么|怎|咋|谁|哪|多少|多久|多长|几[天日个年次]|如何|是否|能不能|可不可以|有没有|是不是|可以|会不会|还是|该找|应该|"
    r"请问|归|规定"
)
_MATTER = re.compile(
    r"(?:流程|程序|条件|材料|时限|期限|时效|奖励|办法|制度|范围|标准|权利|处理|答复|反馈|结果)$"
)
_ANYBODY = re.compile(
    r"(?:我们|我家|我|一个|一家|这个|那个|某个|某|小区|的|本地|无良|黑心|隔壁|楼上|楼下|附近){0,5}+"
    r"(?:人|他们?|她|物业(?:公司)?|开发商|邻居|公司|老板|单位|领导|医院|医生|学校|老师|商家|店家|饭店|餐馆|中介|房东|工地|"
    r"网吧|企业|工厂|银行|快递|司机|出租车|公交|村干部|村委会|居委会|社区|街道|城管|交警|警察|派出所|工作人员|你们|骗子)"
)
_GREETING = (
    r"(?:你们|您们|大家|[你您])好[呀啊哇]?|[早中下晚]上?午?好|(?:在不在|[在有]人?)[吗么嘛]|嗨|嘿|喂|哈喽|(?:hello|hi|hey)(?![a-z])|打扰(?:了|一下)|"
    r"不好意思|劳驾|麻烦(?:一下|[你您]们?)?|辛苦(?:了|[你您]们?了?)"
)
_ADDRESS = (
    r"(?:师傅|大[哥姐爷妈]|叔叔?|阿姨|同志|领导|老师|[美帅][女哥]|小哥哥?|小姐姐?|亲|客服|工作人员|机器人|小?助手)"
    r"们?好?[,，。!！ ]"
)
_ASKING = (
    r"(?:我们?|俺|咱们?)?(?:想要?|要|来)?(?:跟|向)?[你您]?们?(?:请问|请教|咨询|打听|问问|问(?=[一个下])|了解(?=一?下))"
    r"(?:一?下子?|个(?:问题|事情?))?|(?:我们?|俺)?想知道"
)
_OPENING = re.compile(rf"(?:(?:{_GREETING}|{_ADDRESS}|{_ASKING})[,，、。.!！?？~～:： ]*+)++")
_CLOSING = re.compile(
    r"(?<![,，。.!！?？~～ ])[,，。.!！?？~～ ]++"
    r"(?:(?:非常|十分|太|万分)?(?:谢谢|感谢|多谢|谢)[你您]?们?[了啦啊哈呀]?|"
    r"(?:麻烦|辛苦|拜托)[你您]?们?了?|在线等|急急?急?|求解答?|请(?:回复|解答|告知|赐教))[,，。.!！~～ ]*\Z"
)
_DIALECT = (("啥", "什么"), ("咋", "怎么"), ("俺", "我"), ("侬", "你"), ("哪儿", "哪里"), ("干嘛", "干什么"))
_ASKED_BACK = re.compile(r"(?:不|没|没有|木有)(?:啊|呀|呢|哦)?\Z")  # at the end of a question
_LEAST_ASKED = 2  # characters that a frame must leave
_LATIN = re.compile(r"[a-z'-]+")
_HAN = re.compile(r"[㐀-鿿]")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_INTERJECTIONS = frozenset("哈啊嗯呵啦呃哦额嘿呜喔哎唉嘻呀咦")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890")
_VOWELS, _UNSPEAKABLE = frozenset("aeiouv0123456789"), 6  # letters: shorter ones may be initials (zwgk)
_RUN, _SHORTEST_RUN = 0.75, 4  # share of neighbouring letters that are neighbours on the keyboard


def courtesy_of(text: str) -> Ending | None:
    """What `text` is, when it asks the documents nothing; None for every question.

    >>> courtesy_of("你好，麻烦转人工"), courtesy_of("你好，请问低保怎么申请")
    (<Ending.PERSON: 'person'>, None)
    """
    return _courtesy_of(canonical(text)) if len(text) <= 4 * LONGEST else None


def without_frame(text: str) -> str:
    """`text` without the greeting, the address and the thanks around a question; other texts as they are.

    >>> without_frame("你好，我想问下低保怎么办，谢谢"), without_frame("师傅，转人工"), without_frame("你好")
    ('低保怎么办', '转人工', '你好')
    """
    if courtesy_of(text) is not None:
        return text
    said = text.strip()
    opening = _OPENING.match(said.lower())
    asked = said[opening.end() :] if opening else said
    closing = _CLOSING.search(asked)
    asked = (asked[: closing.start()] if closing else asked).strip()
    return asked if len(asked) >= _LEAST_ASKED else text


def without_courtesies(turns: tuple[str, ...]) -> tuple[str, ...]:
    """The earlier questions `turns` without what was no question."""
    return tuple(turn for turn in turns if courtesy_of(turn) is None)


@lru_cache(maxsize=4_096)
def _courtesy_of(plain: str) -> Ending | None:
    key = question_key(plain)
    for said in dict.fromkeys((key, _in_common_words(key))):
        listed = next((ending for ending, phrases in _groups().items() if phrases.make(said)), None)
        if listed is not None:
            return listed
    if _is_wish_to_complain(plain):
        return Ending.COMPLAINT
    if is_english(plain):
        return Ending.ENGLISH
    return Ending.NONSENSE if _is_nonsense(key) else None


def _in_common_words(key: str) -> str:
    """`key` in the words of the list: 你叫啥名 is 你叫什么名, 有人没 is 有人吗."""
    common = key
    for dialect, usual in _DIALECT:
        common = common.replace(dialect, usual)
    return _ASKED_BACK.sub("吗", common)


@lru_cache(maxsize=1)
def _groups() -> Mapping[Ending, Phrases]:
    """kb/lexicon/courtesies.txt, in the order in which an utterance is tried."""
    groups = {Ending(name): phrases for name, phrases in read_phrases(word_list("courtesies.txt")).items()}
    return {ending: groups[ending] for ending in dict.fromkeys((*_FIRST, *groups))}


def _is_wish_to_complain(plain: str) -> bool:
    """Whether somebody only wants to complain about somebody: 我要投诉物业乱收费; nothing is asked."""
    first, *rest = _CLAUSE.split(plain, maxsplit=1)
    greeted = bool(rest) and any(phrases.make(question_key(first)) for phrases in _groups().values())
    said = (rest[0] if greeted else plain).strip(" ,，。.!！")
    wish = _WISH.fullmatch(said)
    if wish is None or _ASKS.search(said) or _MATTER.search(said):
        return False
    if wish["wish"]:
        return wish["act"] != "告" or bool(_ANYBODY.match(wish["whom"]))
    return wish["act"] != "告" and bool(_ANYBODY.fullmatch(wish["whom"]))


def is_english(plain: str) -> bool:
    """Whether the canonical text is English: at least two words, one of them no pinyin."""
    words = _LATIN.findall(plain)
    return len(words) > 1 and not _HAN.search(plain) and any(word in english_words()[0] for word in words)


@lru_cache(maxsize=1)
def english_words() -> tuple[frozenset[str], Mapping[str, str]]:
    """kb/lexicon/english_words.txt: words that show English, and terms with their Chinese, longest first."""
    lines = [line.split("=") for line in word_list("english_words.txt") if not line.startswith("[")]
    terms = {line[0].strip(): line[1].strip() for line in lines if len(line) == 2}
    shown = frozenset(word for line in lines if len(line) == 1 for word in line[0].split())
    return shown, dict(sorted(terms.items(), key=lambda term: -len(term[0])))


def in_chinese(plain: str) -> str:
    """The terms of an English question in Chinese, in their order; empty when none is known.

    >>> in_chinese("how long does information disclosure take")
    '政府信息公开 多久'
    """
    _, terms = english_words()
    text, found = f" {' '.join(_LATIN.findall(plain))} ", []
    for term, chinese in terms.items():
        place = text.find(f" {term} ")
        if place >= 0:
            found.append((chinese in _ASKED_LAST, place, chinese))
            text = text.replace(f" {term} ", " " * (len(term) + 2))
    return " ".join(dict.fromkeys(chinese for _, _, chinese in sorted(found)))


_ASKED_LAST = ("多久", "多少钱", "在哪里", "谁", "什么时候")


def _is_nonsense(key: str) -> bool:
    """Whether letters, digits and characters mean nothing: none, one repeated, a run on the keyboard."""
    if not key or set(key) <= _INTERJECTIONS:
        return True
    if key.isdigit():
        return not _YEAR.fullmatch(key)
    if len(key) > 2 and len(set(key)) == 1:
        return True
    if not key.isascii() or len(key) < _SHORTEST_RUN:
        return False
    if len(key) >= _UNSPEAKABLE and not set(key) & _VOWELS:
        return True
    runs = sum(_are_neighbours(*pair) for pair in pairwise(key))
    return runs >= _RUN * (len(key) - 1)


def _are_neighbours(one: str, other: str) -> bool:
    return any(one in row and other in row and abs(row.index(one) - row.index(other)) <= 1 for row in _ROWS)
