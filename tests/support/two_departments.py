"""A knowledge base with documents, FAQ entries, questions and uploads of two departments, for permissions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from staffing import make_staff

from ingest.editing import corrections, staging
from ingest.pipeline.run import ingest
from kb.clock import china_day
from kb.embedding.embedder import Embedder
from kb.faq.models import FaqDraft, FaqRecord
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.settings import Settings
from kb.staff.permissions import Role, Staff
from kb.storage.database import transaction
from kb.storage.tables import metadata

OWN, OTHER = "区司法局", "区民政局"
SECRET = {OWN: "朱雀街大院", OTHER: "玄武巷大院"}  # stands in all that only the department may read
MAKER = Staff(name="maker", title="编写人", role=Role.EDITOR)
CHECKER = Staff(name="checker", title="审核人", role=Role.REVIEWER)
BOUND_AND_ABOUT = ((False, OTHER), (True, OWN), (True, OTHER))
# Every role, whether it is bound to OWN, and whose matter it acts on.
CASES = [(role, bound, about) for role in Role for bound, about in BOUND_AND_ABOUT]


@contextmanager
def two_departments(
    home: Path, folder: Path, embedder: Embedder
) -> Iterator[tuple[KnowledgeBase, Mapping[str, Mapping[str, str]]]]:
    """The knowledge base in `home`, and the ids of what it holds: department -> name of the matter -> id."""
    with open_knowledge_base(Settings(home=home, rate_address=0, rate_session=0), embedder=embedder) as kb:
        matters = {department: make_matters(kb, folder, department) for department in (OWN, OTHER)}
        kb.queue.grouping.gather_all(lambda: False)
        for department, matter in matters.items():
            groups = kb.queue.groups(make_staff(Role.ADMIN), datetime.now(UTC))
            matter["group"] = next(str(group.id) for group in groups if department in group.departments)
            matter["own_draft"] = matters[OWN]["draft"]
            matter["own_document"] = matters[OWN]["document"]
        yield kb, matters


def stored(kb: KnowledgeBase) -> dict[str, list[object]]:
    """Everything in the database: table -> rows."""
    with transaction(kb.storage.engine) as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table))]
            for table in metadata.sorted_tables
        }


def make_matters(kb: KnowledgeBase, folder: Path, department: str) -> dict[str, str]:
    """Documents, FAQ entries, a left question and an upload of `department`, all with its secret."""
    now, secret, life = datetime.now(UTC), SECRET[department], kb.faq.life
    documents = []
    for name in ("文件", "移除"):
        file = folder / f"{department}{name}.txt"
        file.write_text(
            f"{department}{name}办法\n第一条 {department}{name}按照本办法办理。\n", encoding="utf-8"
        )
        Path(f"{file}.meta.yaml").write_text(f"departments: [{department}]\n", encoding="utf-8")
        assert not ingest([file], kb, progress=False).failed
        documents += [summary.id for summary in kb.storage.documents.summaries() if summary.path == str(file)]
    corrections.take_out(kb, documents[1], 0, CHECKER, now)

    def drafted(question: str) -> FaqRecord:
        draft = FaqDraft(question=question, answer=f"到{secret}办理。", department=department)
        return life.create(MAKER, draft, now)

    draft = drafted(f"{secret}怎么走？")
    submitted = drafted(f"{secret}几点开门？")
    life.submit(MAKER, submitted.entry.id, 1, now)
    approved = drafted(f"{department}在哪里？")
    public = FaqDraft(question=f"{department}在哪里？", answer="在城东。", department=department)
    life.save(MAKER, approved.entry.id, 1, public, now)
    life.submit(MAKER, approved.entry.id, 2, now)
    life.approve(CHECKER, approved.entry.id, 3, True, now)
    kb.citizens.questions.leave(f"{secret}归谁管？", "13812345678", None, (department,), now)
    content = f"{department}通知\n第一条 {secret}的安排。\n".encode()
    staged = staging.stage(kb, f"{department}通知.txt", content, MAKER, now)
    return {
        "department": department,
        "days": f"since={china_day(now)}&until={china_day(now)}",
        "document": documents[0],
        "removed": documents[1],
        "draft": draft.entry.id,
        "submitted": submitted.entry.id,
        "approved": approved.entry.id,
        "staged": staged.id,
    }
