"""An index that opens and holds the right ids, but the wrong vectors: only a rebuild helps."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from ingest.pipeline.run import ingest
from kb.__main__ import cli
from kb.embedding.embedder import Embedder, Vectors
from kb.errors import ModelError
from kb.faq.models import FaqEntry
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.models import Filters, Question
from kb.retrieval.index import index_folder, rebuild
from kb.retrieval.store import make_point
from kb.settings import Settings
from kb.storage import tables
from kb.storage.home import HomeLock
from kb.storage.parts import open_sql

pytestmark = pytest.mark.usefixtures("loaded_model")

pytestmark = pytest.mark.sqlite  # they look for the file

NOTICES = {
    "道路养护.txt": "关于下达道路养护经费的通知\n\n一、安排养护经费7万元。\n\n二、由区交通局负责实施。\n",
    "社保办理.txt": "关于社会保障卡办理的通知\n\n一、本人携带身份证到街道办理。\n\n二、当天领取。\n",
}
ENTRY = FaqEntry(id="gate", question="公园几点关门？", answer="每晚十点。")


@pytest.fixture
def home(make_home: Callable[[], Path], tmp_path: Path, embedder: Embedder) -> Path:
    """A KB_HOME with two notices and an approved entry, their vectors exchanged or spoilt."""
    folder = make_home()
    for name, words in NOTICES.items():
        (tmp_path / name).write_text(words, encoding="utf-8")
    with open_knowledge_base(Settings(home=folder), embedder=embedder) as kb:
        assert not ingest([tmp_path], kb, progress=False).failed
        kb.faq.entries.put([ENTRY])
        kb.faq.matcher.replace(kb.faq.entries.approved())
        _exchange_vectors(kb)
    with open_sql(Settings(home=folder)) as engine, engine.begin() as connection:
        connection.execute(update(tables.faq_vectors).values(vector=b"\0" * 4 * kb.embedder.size))
    return folder


def _exchange_vectors(kb: KnowledgeBase) -> None:
    """Give every passage the vectors of one of the other document."""
    one, other = kb.storage.documents.summaries()
    for mine, foreign in ((one, other), (other, one)):
        document = kb.storage.documents.get(mine.id)
        wrong = kb.storage.documents.chunks_of(foreign.id)[0]
        (vector,) = kb.embedder.embed_passages([wrong.indexed_text])
        assert document is not None
        for chunk in kb.storage.documents.chunks_of(mine.id):
            point = make_point(document, wrong, vector)
            fields = make_point(document, chunk, vector).fields
            kb.retrieval.store.upsert([point.model_copy(update={"chunk_id": chunk.id_, "fields": fields})])
    kb.retrieval.store.flush()


def best_title(kb: KnowledgeBase) -> str:
    return kb.retrieval.retriever.retrieve("养护经费是多少", Filters(), 1).kept[0].document.title


def test_repair_mends_wrong_vectors(home: Path, monkeypatch: pytest.MonkeyPatch, embedder: Embedder):
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert "社会保障卡" in best_title(kb)
        assert kb.answerer.answer(Question(text="公园什么时候关门")).faq_id is None
    monkeypatch.setenv("KB_HOME", str(home))
    result = CliRunner().invoke(cli, ["repair", "--json"])
    assert result.exit_code == 0, result.output
    report = json.loads(result.stdout)
    assert (report["documents"], report["wordings"]) == (2, 1)
    assert Path(report["moved_to"]).is_dir()
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert report["chunks"] == kb.storage.documents.chunk_count()
        assert "道路养护" in best_title(kb)
        assert kb.answerer.answer(Question(text="公园什么时候关门")).faq_id == ENTRY.id


def test_repair_refused_while_knowledge_base_is_in_use(home: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("KB_HOME", str(home))
    with HomeLock(home):
        result = CliRunner().invoke(cli, ["repair"])
    assert result.exit_code == 1
    assert "正被" in result.stderr


def test_failed_rebuild_keeps_the_old_index(home: Path, embedder: Embedder):
    """The model fails half way."""
    folder = index_folder(Settings(home=home))
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        embedder = _Failing("bundled", home / "models")
        with pytest.raises(ModelError):
            rebuild(kb.storage.documents, embedder, folder)
    with open_knowledge_base(Settings(home=home), embedder=embedder) as kb:
        assert len(kb.retrieval.store.chunk_ids()) == kb.storage.documents.chunk_count()
    assert [path.name for path in folder.parent.iterdir() if not path.name.endswith(".new")] == [folder.name]


class _Failing(Embedder):
    """Embeds one document and no more."""

    calls = 0

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls += 1
        if self.calls > 1:
            raise ModelError("内存不够")
        return super().embed_passages(texts)
