"""Entries found by words: the index gives the same as a linear scan, whatever the words are."""

from hypothesis import given
from hypothesis import strategies as st

from kb.desk.word_search import FaqWords
from kb.faq.models import FaqEntry
from kb.language.normalise import canonical

ENTRIES = (
    FaqEntry(id="1", question="低保怎么申请？", variants=("低保去哪办",), answer="到街道办事处申请。"),
    FaqEntry(id="2", question="公租房怎么申请？", answer="收入低于標準的家庭可以申请。"),
    FaqEntry(id="3", question="申请", answer="低保"),
)


def test_entries_with_words_in_the_question_come_before_words_in_the_answer():
    entries = FaqWords(ENTRIES).holding({"低保", "申请"}, 0.5, 2)
    assert [entry.id for entry in entries] == ["1", "3", "2"]
    assert [entry.id for entry in FaqWords(ENTRIES).holding({"标准"}, 0.5, 2)] == ["2"]
    assert FaqWords(()).holding({"低保"}, 0.5, 2) == []


def test_index_made_from_another_reads_only_changed_entries():
    before = FaqWords(ENTRIES)
    changed = ENTRIES[0].model_copy(update={"answer": "请网上申请。"})
    after = FaqWords((changed, *ENTRIES[1:]), before)
    assert after.read["2"] is before.read["2"]
    assert [entry.id for entry in after.holding({"网上"}, 1, 2)] == ["1"]
    assert after.holding({"街道"}, 1, 2) == []


TEXT = st.text("低保申请.*公\n房", min_size=1, max_size=8).filter(str.strip)


@given(st.lists(st.tuples(TEXT, TEXT), max_size=6), st.sets(TEXT.map(canonical).filter(bool), min_size=1))
def test_word_index_equals_linear_scan(pairs: list[tuple[str, str]], words: set[str]):
    entries = [
        FaqEntry(id=str(number), question=question, answer=answer)
        for number, (question, answer) in enumerate(pairs)
    ]
    share = 0.5
    scores = {}
    for entry in entries:
        in_question = sum(word in canonical(entry.question) for word in words)
        in_answer = sum(
            word in canonical(entry.answer) for word in words if word not in canonical(entry.question)
        )
        if (in_question + in_answer) / len(words) >= share:
            scores[entry.id] = 2 * in_question + in_answer
    expected = sorted(scores, key=lambda entry_id: -scores[entry_id])
    assert [entry.id for entry in FaqWords(entries).holding(words, share, 2)] == expected
