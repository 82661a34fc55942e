"""What of an answer fits into a message."""

import pytest

from web.channels.short import LIMIT, fitted

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
