"""kb.question.spelling: typing errors and pinyin become words of the documents; other queries stay."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from factories import CORPUS

from kb.language.normalise import canonical
from kb.language.pinyin import fold
from kb.language.tokens import words
from kb.question.spelling import Speller


def speller_of(*passages: str) -> Speller:
    """A speller whose documents are `passages`."""
    counts = Counter(word for passage in passages for word in set(words(passage)))
    return Speller(lambda: counts, lambda stretch: sum(stretch in passage for passage in passages))


def passages_of(path: Path, length: int = 200) -> list[str]:
    text = canonical(path.read_text(encoding="utf-8"))
    return [text[start : start + length] for start in range(0, len(text), length)]


@pytest.fixture(scope="module")
def speller() -> Speller:
    """A speller whose documents are the shipped ones."""
    paths = sorted(CORPUS.glob("*.[mt][dx]*"))
    return speller_of(*(passage for path in paths for passage in passages_of(path)))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("政物公开由谁负责", "政务公开由谁负责", id="homophone"),
        pytest.param("牵头丹位是谁", "牵头单位是谁", id="homophone_in_a_phrase"),
        pytest.param("责任但位", "责任单位", id="another_tone"),
        pytest.param("义务教肓招生", "义务教育招生", id="shape"),
        pytest.param("政府开放曰", "政府开放日", id="shape_of_a_plain_word"),
        pytest.param("政策解达员的名单", "政策解答员的名单", id="first_syllable_of_a_long_name"),
        pytest.param("行政规范性文建清理", "行政规范性文件清理", id="between_two_words"),
        pytest.param("信仿条例什么时候施行", "信访条例什么时候施行", id="two_characters"),
        pytest.param("物业管里条例", "物业管理条例", id="common_function_character"),
        pytest.param("社会报险", "社会保险", id="four_characters"),
        pytest.param("无障爱设施", "无障碍设施", id="three_characters"),
        pytest.param("公伤保险谁来交", "工伤保险谁来交", id="words_that_sound_like_a_long_word"),
        pytest.param("工商保险谁来交", "工伤保险谁来交", id="another_word_that_sounds_like_it"),
        pytest.param("优化营商环竟，责任但位是谁", "优化营商环境，责任单位是谁", id="two_errors"),
    ],
)
def test_typing_error_is_corrected_to_word_of_documents(speller: Speller, typed: str, meant: str):
    assert speller.correct(typed).text == meant


def test_changes_list_typed_and_corrected_words(speller: Speller):
    assert speller.correct("政物公开由谁负责").changes == (("政物", "政务"),)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("zhengwu gongkai 由谁负责", "政务公开 由谁负责", id="words_then_characters"),
        pytest.param("zheng wu gong kai 由谁负责", "政务公开 由谁负责", id="syllables"),
        pytest.param("zhengwugongkai", "政务公开", id="run_together"),
        pytest.param("kaifangri 一年几次", "开放日 一年几次", id="one_word"),
        pytest.param("shui fuze zhengce jiedu", "谁负责政策解读", id="all_pinyin"),
        pytest.param("政府开放日由shui牵头", "政府开放日由谁牵头", id="inside_characters"),
        pytest.param("政策 zixun 窗口", "政策 咨询 窗口", id="homophone_chosen_by_its_neighbours"),
        pytest.param("baomi fa shenme shihou", "保密法什么时候", id="function_words"),
        pytest.param("PPP xiangmu", "PPP 项目", id="beside_an_abbreviation"),
    ],
)
def test_pinyin_becomes_words_of_documents(speller: Speller, typed: str, meant: str):
    assert speller.correct(typed).text == meant


@pytest.mark.parametrize(
    "typed",
    [
        "政务公开由谁负责？",
        "IPv6支持度要达到多少",
        "ＩＰｖ６ 支持度",
        "APP 在哪里下载",
        "PPP项目",
        "WiFi 密码",
        "www.zhengce.com 打不开",
        "how long does it take",
        "can we manage it online",
        "made in China",
        "浔府办发〔2023〕12号",
        "第二十九次常务会",
        "动产质权什么时候设立",
        "在微信群里骂人",
        "办理还是注销",
        "区人社局的电话",
        "三年内不得申请",
        "能分二十期吗",
        "",
        "？",
    ],
)
def test_query_without_error_is_left_as_typed(speller: Speller, typed: str):
    assert speller.correct(typed).text == typed
    assert speller.correct(typed).changes == ()


def test_sentences_of_the_documents_are_never_altered(speller: Speller):
    text = (CORPUS / "信访工作条例(2022-02-25).md").read_text(encoding="utf-8")
    sentences = [line.strip() for line in text.splitlines() if line.strip()]
    assert len(sentences) > 50
    assert [change for sentence in sentences for change in speller.correct(sentence).changes] == []


def test_word_of_documents_is_not_corrected_to_more_frequent_word():
    plain = speller_of(*["责任单位：区教体局"] * 30, "丹位是一个地名")
    assert plain.correct("丹位在哪里").text == "丹位在哪里"


def test_word_written_twice_is_not_corrected():
    laws = speller_of(*["主管部门的职权范围"] * 30)
    assert laws.correct("动产执权和权利执权").changes == ()


def test_speller_uses_new_vocabulary_when_documents_change():
    vocabulary: Mapping[str, int] = {}
    speller = Speller(lambda: vocabulary, lambda _stretch: 0)
    assert speller.correct("zhengwu").text == "zhengwu"
    vocabulary = {"政务": 3}
    assert speller.correct("zhengwu").text == "政务"


def test_documents_are_not_searched_for_query_without_error():
    searches: list[str] = []
    speller = Speller(
        lambda: {"政务": 30, "公开": 30, "负责": 9}, lambda stretch: len(searches.append(stretch) or "")
    )
    speller.correct("政务公开由谁负责")
    assert searches == []


@pytest.mark.parametrize(
    ("one", "other"),
    [("zhang", "zan"), ("neng", "len"), ("shi", "si"), ("ying", "yin"), ("chuan", "cuan")],
)
def test_fold_joins_syllables_that_speakers_confuse(one: str, other: str):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("kang", "gang"), ("hui", "fei"), ("zhe", "zhi")])
def test_fold_keeps_different_syllables_apart(one: str, other: str):
    assert fold(one) != fold(other)


SPOKEN = {"社保": "社会保险", "低保": "最低生活保障", "公积金": "住房公积金", "不交社保": "不缴纳社会保险费"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        pytest.param("社宝怎么交", "社保怎么交", id="everyday_word_of_two_characters"),
        pytest.param("低宝怎么申请", "低保怎么申请", id="tone_the_same"),
        pytest.param("公鸡金怎么提", "公积金怎么提", id="another_word_within_three_characters"),
        pytest.param("住房攻击金提取", "住房公积金提取", id="official_word"),
        pytest.param("shebao怎么交", "社保怎么交", id="pinyin"),
    ],
)
def test_everyday_word_typed_with_other_characters_is_restored(typed: str, meant: str):
    speller = Speller(lambda: {"职工": 40, "缴纳": 20}, lambda stretch: 0, lambda: SPOKEN)
    assert speller.correct(typed).text == meant


@pytest.mark.parametrize("typed", ["单位补交社保", "街边厕所给路人用吗", "几条街算主要街道", "房产家庭共有"])
def test_other_words_that_sound_like_one_are_left(typed: str):
    words = {"任用": 6, "结算": 6, "产假": 6, "规定": 700}
    speller = Speller(lambda: words, lambda stretch: 0, lambda: SPOKEN)
    assert speller.correct(typed).changes == ()
