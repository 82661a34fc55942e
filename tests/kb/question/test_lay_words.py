"""kb.question.lay_words: everyday words become official ones, as whole words only."""

from collections import Counter
from itertools import chain

import pytest
import rjieba
from factories import CORPUS

from kb.language.normalise import canonical
from kb.question.lay_words import inflected, lay_words_in, read_synonyms, to_official, with_inflections

SYNONYMS = with_inflections(
    [
        ("红头文件", "规范性文件"),
        ("娃", "儿童"),
        ("娃上学", "入学接受义务教育"),
        ("招人", "招用人员"),
        ("吃~低保", "最低生活保障"),
        ("低保", "最低生活保障"),
        ("下岗", "失业"),
        ("医保", "基本医疗保险"),
        ("养老保险", "基本养老保险"),
        ("工钱", "工资"),
        ("上户口", "户口登记"),
        ("政府大院", "政府机构"),
        ("公积金", "住房公积金"),
        ("法定公积金", "法定公积金"),
    ]
)


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        pytest.param("红头文件清理归哪个局管", "规范性文件清理归哪个局管", id="word"),
        pytest.param("娃上学要交钱吗", "入学接受义务教育要交钱吗", id="longest_first"),
        pytest.param("紅頭文件清理", "规范性文件清理", id="traditional"),
        pytest.param("規範性文件", "規範性文件", id="left_as_typed_without_lay_words"),
        pytest.param("拖着工钱不发,娃咋办", "拖着工资不发,儿童咋办", id="several"),
        pytest.param("吃上低保的人", "最低生活保障的人", id="inflected"),
        pytest.param("低保人们里", "最低生活保障人们里", id="before_another_word"),
        pytest.param("政府大院里头", "政府机构里头", id="before_a_particle_that_jieba_takes_in"),
        pytest.param("吃着低保找了活", "最低生活保障找了活", id="inflected_otherwise"),
    ],
)
def test_lay_words_become_official_ones(typed: str, query: str):
    assert to_official(typed, SYNONYMS) == query


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("厂里招不招人", id="question_that_offers_both_sides"),
        pytest.param("网上户口登记", id="across_two_words"),
        pytest.param("女娃哈哈饮料", id="inside_a_name"),
        pytest.param("医保局几点上班", id="name_of_an_office"),
        pytest.param("《城乡医保条例》何时施行", id="title"),
        pytest.param("基本养老保险怎么转移", id="official_word_itself"),
        pytest.param("法定公积金提多少", id="longer_word_that_keeps_its_own"),
    ],
)
def test_part_of_something_else_is_left_as_typed(typed: str):
    assert to_official(typed, SYNONYMS) == typed


def test_words_that_only_look_like_an_office_do_not_keep_a_lay_word():
    assert to_official("医保处理要多久", SYNONYMS) == "基本医疗保险处理要多久"


def test_places_of_lay_words_are_those_of_the_canonical_question():
    (wording,) = lay_words_in("他下岗了", SYNONYMS)
    assert (wording.start, wording.end, wording.said, wording.official) == (1, 3, "下岗", "失业")


def test_entry_with_inflection_stands_for_all_its_forms():
    assert {"吃低保", "吃上低保", "吃过低保"} <= set(inflected("吃~低保"))
    assert inflected("U盘") == ("u盘",)


def test_entry_of_its_own_wins_over_the_form_of_another():
    words = with_inflections([("上过户口", "户口登记"), ("上~户口", "落户")])
    assert words["上过户口"] == "户口登记" and words["上户口"] == "落户"


def test_every_shipped_lay_word_is_found_in_a_question():
    """jieba cuts at the borders of each word of the list, or it would never be replaced."""
    synonyms = read_synonyms()
    lost = [
        said
        for said, official in synonyms.items()
        if said != official and [found.said for found in lay_words_in(said, synonyms)] != [said]
    ]
    assert len(synonyms) > 600
    assert lost == []


def test_shipped_lay_words_are_rarer_in_shipped_documents_than_their_official_words():
    """A word that the documents use must not be replaced, or it could not find them."""
    documents = (*CORPUS.glob("*.md"), *CORPUS.glob("*.txt"))  # without side files, which speak as people do
    texts = [canonical(path.read_text(encoding="utf-8")) for path in documents]
    counts = Counter(chain.from_iterable(rjieba.cut(text, False) for text in texts))
    usual = [
        said
        for said, official in read_synonyms().items()
        if counts[said]
        and said not in official
        and counts[said] > sum(text.count(official) for text in texts)
    ]
    assert usual == []


def test_no_entry_of_the_list_repeats_a_shorter_one():
    """职工医保 would be replaced where 医保 stays, because the documents say it more often."""
    synonyms = read_synonyms()
    repeated = [
        said
        for said, official in synonyms.items()
        for shorter in synonyms
        if len(shorter) > 1
        and shorter != said
        and shorter in said
        and said.replace(shorter, synonyms[shorter], 1) == official
    ]
    assert repeated == []
