"""What of an answer fits into a message."""

import pytest

from web.channels.short import LIMIT, fitted, with_more

CUT = "……（没有显示完，条件和例外请看全文）"
SENTENCE = "行政机关收到政府信息公开申请，能够当场答复的，应当当场予以答复。"


def test_long_words_end_with_a_sentence_and_say_that_there_is_more():
    shown = fitted(SENTENCE * 40, "出处：《条例》", CUT)
    assert len(shown.encode()) <= LIMIT
    words, cut, tail = shown.partition(CUT)
    assert words == SENTENCE * (len(words) // len(SENTENCE)) and len(words) > 500
    assert cut and tail == "\n\n出处：《条例》"


@pytest.mark.parametrize(
    "words", ["字" * 5_000, "a" * 5_000, "𠮷" * 2_000], ids=["no_sentence", "ascii", "four_bytes"]
)
def test_words_without_an_end_are_cut_within_the_limit(words: str):
    shown = fitted(words, "出处" * 2_000, CUT)
    assert len(shown.encode()) <= LIMIT and CUT in shown


def test_short_words_stay_whole():
    assert fitted("可以。", "", CUT) == "可以。"


def test_another_paragraph_leaves_the_links_of_a_long_text_within_the_limit():
    full = fitted(SENTENCE * 40, "全文：https://zcwd.example.gov.cn/chat/answer/a1", CUT)
    shown = with_more(full, "您刚才发来的问题也在查找。")
    assert len(shown.encode()) <= LIMIT and shown.startswith(SENTENCE * 10)
    assert shown.endswith(
        "\n\n全文：https://zcwd.example.gov.cn/chat/answer/a1\n\n您刚才发来的问题也在查找。"
    )


@pytest.mark.parametrize("text", ["字" * 5_000, "字\n\n" + "尾" * 5_000], ids=["one_paragraph", "long_end"])
def test_another_paragraph_below_a_text_without_links_is_within_the_limit(text: str):
    shown = with_more(text, "也在查找。")
    assert len(shown.encode()) <= LIMIT and shown.endswith("……\n\n也在查找。")


def test_another_paragraph_below_a_short_text_leaves_it_whole():
    assert with_more("可以。\n\n全文：/a", "也在查找。") == "可以。\n\n全文：/a\n\n也在查找。"
