"""Documents are read and cut in other processes, within limits, while this one goes on answering."""

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from openpyxl import Workbook
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from word_files import of_paragraphs, saved

from ingest.limits import Limits
from ingest.pipeline import process_pool
from ingest.pipeline.process_pool import Readers, read_one
from ingest.pipeline.reading import Reading
from ingest.pipeline.reading_process import Task
from ingest.sources.source import Source, find_sources
from kb.embedding.embedder import Embedder
from kb.errors import DocumentError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Correction, Question
from kb.settings import Settings

LENGTH = 500_000  # bytes of a hostile file
FROZEN = f"《甲办法》{'一一印发的' * 30}x《乙办法》同时废止。"  # 541 bytes that once stopped the service
NOTICE = "关于停车收费的通知\n一、收费标准\n首小时收费五元。\n2022年5月1日\n"


@pytest.fixture
def own_kb(make_home: Callable[[], Path], embedder: Embedder) -> Iterator[KnowledgeBase]:
    with open_knowledge_base(Settings(home=make_home()), embedder=embedder) as opened:
        yield opened


def task_for(source: Source) -> Task:
    return Task(source=source, document_id="d", sha256="0", correction=Correction())


def hostile_text(length: int = LENGTH // 3) -> str:
    return (FROZEN * (length // len(FROZEN) + 1))[:length]


def docx() -> bytes:
    return saved(of_paragraphs(hostile_text()))


def xlsx() -> bytes:
    book = Workbook()
    for _ in range(100):
        book.active.append([hostile_text(1_000)] * 2)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def pdf(pages: int = 200) -> bytes:
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = BytesIO()
    canvas = Canvas(out)
    for _ in range(pages):
        canvas.setFont("STSong-Light", 10)
        for row in range(60):
            canvas.drawString(40, 800 - 12 * row, FROZEN[:50])
        canvas.showPage()
    canvas.save()
    return out.getvalue()


KINDS: dict[str, Callable[[], bytes]] = {
    "a.txt": lambda: hostile_text().encode(),
    "a.md": lambda: f"# {hostile_text()}".encode(),
    "a.html": lambda: f"<html><title>{FROZEN}</title><p>{hostile_text()}</p></html>".encode(),
    "a.mht": lambda: (
        f"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n<html><p>{hostile_text()}</p></html>"
    ).encode(),
    "a.csv": lambda: f"单位,任务\n{hostile_text()},x\n".encode(),
    "a.docx": docx,
    "a.xlsx": xlsx,
    "a.pdf": pdf,
    "docs.jsonl": lambda: json.dumps({"doc_id": "a", "title": FROZEN, "text": hostile_text()}).encode(),
}


@pytest.mark.hostile
@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
def test_half_a_megabyte_of_every_kind_is_read_or_refused(tmp_path: Path, name: str):
    file = tmp_path / name
    file.write_bytes(KINDS[name]())
    ((source,), _) = find_sources([file])
    with Readers(1, len) as readers:
        try:
            assert readers.read(task_for(source)).chunks
        except DocumentError as error:
            assert str(error)


@pytest.mark.hostile
def test_questions_are_answered_while_a_hostile_text_is_read(own_kb: KnowledgeBase, tmp_path: Path):
    endless = tmp_path / "慢.txt"
    endless.write_text("（》，" * 900_000, "utf-8")
    limits = Limits(file_seconds=4, seconds_per_mb=0)
    ended = threading.Event()

    def read() -> None:
        try:
            with (
                Readers(1, own_kb.embedder.count_tokens, limits) as readers,
                pytest.raises(DocumentError, match="读了 4 秒还没有读完，已放弃"),
            ):
                readers.read(task_for(Source(path=str(endless), name=endless.name)))
        finally:
            ended.set()

    own_kb.answerer.answer(Question(text="停车怎么收费"))
    with ThreadPoolExecutor(1) as thread:
        reading = thread.submit(read)
        own_kb.answerer.answer(Question(text="停车怎么收费"))
        assert not ended.is_set()
        reading.result()


@pytest.mark.hostile
def test_file_of_many_quick_pages_is_limited_as_a_whole(tmp_path: Path):
    file = tmp_path / "多页.pdf"
    file.write_bytes(pdf())
    with (
        Readers(1, len, Limits(file_seconds=0.5, seconds_per_mb=0)) as readers,
        pytest.raises(DocumentError, match="还没有读完，已放弃"),
    ):
        readers.read(task_for(Source(path=str(file), name=file.name)))


def test_limit_of_a_file_grows_with_its_size():
    limits = Limits(file_seconds=300, seconds_per_mb=120)
    assert (limits.seconds_for(0), limits.seconds_for(30_000_000)) == (300, 3_900)


@pytest.mark.hostile
@pytest.mark.parametrize(
    ("text", "title", "reason"),
    [
        pytest.param("一、总则\n" * 30_001, None, "个以上的部分", id="sections"),
        pytest.param(NOTICE, "长" * 2_001, "题名超过 2,000 字", id="title"),
        pytest.param(
            f"一、任务\n做好工作。（责任单位：{'、'.join(f'第{number}局' for number in range(400))}）\n" * 1
            + "".join(
                f"二、任务\n做好工作{part}。（责任单位："
                f"{'、'.join(f'{part}区{number}局' for number in range(200))}）\n"
                for part in range(5)
            ),
            None,
            "1,000 个以上的单位",
            id="units",
        ),
        pytest.param("一" * 3_000_001, None, "文字超过 3,000,000 字", id="text"),
    ],
)
def test_text_of_more_parts_than_any_policy_is_refused(text: str, title: str | None, reason: str):
    source = Source(path="docs.jsonl", name="docs.jsonl", document_id="d", title=title, text=text)
    with Readers(1, len) as readers, pytest.raises(DocumentError, match=reason):
        readers.read(task_for(source))


def test_idle_process_reads_the_next_document():
    source = Source(path="docs.jsonl", name="docs.jsonl", document_id="d", text=NOTICE)
    limits = Limits(step_seconds=57)  # limits of its own: a process of its own

    def children() -> set[int]:
        return {process._running.pid for process in process_pool._kept._idle if process.limits == limits}

    readings: list[Reading] = []
    ids = []
    for _ in range(2):
        with Readers(1, len, limits) as readers:
            readings.append(readers.read(task_for(source)))
        ids.append(children())
    assert readings[0] == readings[1]
    assert ids[0] == ids[1] != set()


def test_connection_of_a_stopped_reading_is_closed_by_its_reader_alone(monkeypatch: pytest.MonkeyPatch):
    """Closed under it by the thread that stops, its number would be that of another socket already."""
    closers: list[int] = []
    close = Connection.close

    def noting(connection: Connection) -> None:
        closers.append(threading.get_ident())
        close(connection)

    source = Source(path="docs.jsonl", name="docs.jsonl", document_id="d", text=NOTICE + "收费五元，" * 200)
    asks, goes_on = threading.Event(), threading.Event()

    def count(text: str) -> int:
        asks.set()
        assert goes_on.wait(60)
        return len(text)

    with ThreadPoolExecutor(1) as pool:
        readers = Readers(1, count, Limits(step_seconds=58))
        reading = pool.submit(readers.read, task_for(source))
        assert asks.wait(60)
        reader = pool._threads.copy().pop().ident  # type: ignore[attr-defined]
        monkeypatch.setattr(Connection, "close", noting)
        readers.close()
        goes_on.set()
        with pytest.raises(DocumentError, match="崩溃"):
            reading.result()
    assert set(closers) == {reader}


def test_staff_beyond_the_line_are_told_to_come_back(embedder: Embedder):
    source = Source(path="docs.jsonl", name="docs.jsonl", document_id="d", text=NOTICE)
    taken = 0
    while process_pool._in_line.acquire(blocking=False):
        taken += 1
    try:
        with pytest.raises(DocumentError, match="正在读取的文件太多"):
            read_one(source, "d", Correction(), embedder)
    finally:
        for _ in range(taken):
            process_pool._in_line.release()
    assert read_one(source, "d", Correction(), embedder).document.title == "关于停车收费的通知"
