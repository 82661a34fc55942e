"""The shipped reader: which passage answers, with which words; and what happens where it cannot be used."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from factories import make_hit

from kb.embedding.embedder import Embedder
from kb.errors import SettingsError
from kb.hits import Hit, Hits, PassageReading
from kb.models import Signal, Span
from kb.reading.marks import marked
from kb.reading.reader import Reader, open_reader
from kb.retrieval.second_reading import DEPTH, likeliest_first, with_readings

QUESTION = "老年人优待证几天能办好？"
ANSWERS = "第七条 社区居民委员会应当自收到申请之日起五个工作日内发放老年人优待证。"
NEIGHBOURS = (
    "第六条 年满六十周岁的老年人可以凭身份证申领老年人优待证。",
    "第八条 老年人优待证遗失的，可以向原发证单位申请补发，不收取费用。",
    "第十五条 公共图书馆、文化馆应当向老年人免费开放。",
)


@pytest.fixture(scope="module")
def reader(embedder: Embedder) -> Reader:
    """The reader that comes with the program."""
    opened = open_reader("bundled", embedder)
    assert opened is not None
    return opened


def test_passage_that_answers_is_found_among_its_neighbours(reader: Reader):
    likelihoods = [reading.likelihood for reading in reader.read(QUESTION, [*NEIGHBOURS, ANSWERS])]
    assert likelihoods.index(max(likelihoods)) == len(NEIGHBOURS)


def test_words_that_answer_are_marked_more_than_others(reader: Reader):
    hit = make_hit(ANSWERS)
    (reading,) = reader.read(QUESTION, [hit.chunk.indexed_text])
    read = hit.model_copy(update={"reading": reading})
    at = ANSWERS.index("五个工作日内")
    likelihoods = marked(read, [Span(start=0, end=3), Span(start=at, end=at + 6)])
    assert likelihoods is not None
    assert likelihoods[1] > 0.5 > likelihoods[0]


def test_marks_follow_one_another_through_the_whole_passage(reader: Reader):
    (reading,) = reader.read(QUESTION, [ANSWERS])
    assert (reading.marks[0].start, reading.marks[-1].end) == (0, len(ANSWERS))
    assert all(
        a.end <= b.start or a.start == b.start for a, b in zip(reading.marks, reading.marks[1:], strict=False)
    )


def test_passage_read_among_others_reads_as_alone(reader: Reader):
    together = reader.read(QUESTION, [*NEIGHBOURS, ANSWERS, ANSWERS * 8])
    (alone,) = reader.read(QUESTION, [ANSWERS])
    assert together[len(NEIGHBOURS)].relevance == pytest.approx(alone.relevance, abs=0.3)


def test_passage_longer_than_the_reader_takes_is_read_up_to_its_limit(reader: Reader):
    (reading,) = reader.read(QUESTION, [ANSWERS * 40])
    assert 0 < reading.marks[-1].end < len(ANSWERS * 40)


def test_no_passages_give_no_readings(reader: Reader):
    assert reader.read(QUESTION, []) == []


def test_questions_of_several_threads_are_read_alike(reader: Reader):
    with ThreadPoolExecutor(4) as pool:
        read = list(pool.map(lambda _: reader.read(QUESTION, [ANSWERS])[0].relevance, range(8)))
    assert max(read) - min(read) < 0.01


def test_reader_that_is_switched_off_is_not_opened(embedder: Embedder):
    assert open_reader("off", embedder) is None


def test_reader_is_not_opened_beside_another_embedding_model(tmp_path: Path):
    assert open_reader("bundled", Embedder(str(tmp_path), tmp_path)) is None


def test_missing_file_of_a_reader_is_named(embedder: Embedder, tmp_path: Path):
    with pytest.raises(SettingsError, match=r"KB_READER=.*没有"):
        open_reader(str(tmp_path / "own.npz"), embedder)


def test_passage_that_answers_comes_first_once_it_is_read(reader: Reader):
    texts = [*NEIGHBOURS, ANSWERS]
    found = Hits(kept=tuple(make_hit(text, score=0.8 - place / 100) for place, text in enumerate(texts)))
    read = with_readings(reader, QUESTION, found)
    assert [hit.chunk.text for hit in read.kept] == texts
    assert likeliest_first(read).kept[0].chunk.text == ANSWERS


def test_hits_beyond_the_depth_are_not_read_and_come_last(reader: Reader):
    found = Hits(
        kept=tuple(make_hit(ANSWERS, score=1 - place / 100, start=place * 50) for place in range(DEPTH + 2))
    )
    read = with_readings(reader, QUESTION, found)
    assert read.kept[DEPTH:] == found.kept[DEPTH:]
    assert likeliest_first(read).kept[DEPTH:] == found.kept[DEPTH:]


def test_hit_behind_that_is_best_known_to_answer_takes_the_last_place_of_those_read(reader: Reader):
    hits = [make_hit(ANSWERS, score=1 - place / 100, start=place * 50) for place in range(DEPTH + 2)]
    hits[-1] = hits[-1].model_copy(update={"signals": {Signal.ASKED: 0.4}})
    read = with_readings(reader, QUESTION, Hits(kept=tuple(hits)))
    assert [hit.reading is not None for hit in read.kept] == [True] * (DEPTH - 1) + [False, False, True]
    assert [hit.chunk for hit in read.kept] == [hit.chunk for hit in hits]


def test_hit_behind_that_is_hardly_known_to_answer_is_not_read(reader: Reader):
    hits = [make_hit(ANSWERS, score=1 - place / 100, start=place * 50) for place in range(DEPTH + 2)]
    hits[-1] = hits[-1].model_copy(update={"signals": {Signal.ASKED: 0.05}})
    read = with_readings(reader, QUESTION, Hits(kept=tuple(hits)))
    assert [hit.reading is not None for hit in read.kept] == [True] * DEPTH + [False, False]


def test_passage_that_reader_and_known_questions_find_comes_before_what_one_of_them_finds():
    def found(relevance: float, known: float) -> Hit:
        reading = PassageReading(relevance, ())
        return make_hit(ANSWERS, score=0.8).model_copy(
            update={"reading": reading, "signals": {Signal.ASKED: known}}
        )

    hits = (found(0.5, 0.0), found(-3.0, 0.3), found(-0.5, 0.3))
    assert likeliest_first(Hits(kept=hits)).kept[0].reading == hits[2].reading


def test_hits_that_were_not_read_keep_their_order():
    hits = Hits(kept=tuple(make_hit(text, score=0.8) for text in NEIGHBOURS))
    assert likeliest_first(hits) == hits


def test_rows_of_a_table_that_come_first_stay_in_their_order_unmarked():
    rows = (
        "场馆：区图书馆；开放时间：9:00—20:30；闭馆日：星期一",
        "场馆：区游泳馆；开放时间：13:00—21:30；闭馆日：星期三",
    )
    readings = (PassageReading(-3.0, ()), PassageReading(3.0, ()))
    found = tuple(
        make_hit(row, score=score).model_copy(update={"reading": reading})
        for row, score, reading in zip(rows, (0.8, 0.7), readings, strict=True)
    )
    ordered = likeliest_first(Hits(kept=found)).kept
    assert [hit.chunk.text for hit in ordered] == list(rows)
    assert all(marked(hit, [Span(start=0, end=3)]) is None for hit in ordered)  # no mark chooses the row


def test_damaged_reader_leaves_the_hits_and_is_reported(embedder: Embedder, caplog: pytest.LogCaptureFixture):
    found = Hits(kept=tuple(make_hit(text, score=0.8) for text in NEIGHBOURS))
    damaged = Reader(embedder, lambda: b"no model")
    assert with_readings(damaged, QUESTION, found) == found
    assert "阅读模型" in caplog.text
