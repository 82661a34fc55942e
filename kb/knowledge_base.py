"""The one place that wires the rooms together, and that repairs what a killed process left behind."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from kb.access.parts import AccessParts, open_access
from kb.answering.answerer import Answerer
from kb.answering.generating import Generating
from kb.answers import Answer
from kb.channels.parts import ChannelsParts, open_channels
from kb.citizens.edited_starters import EditedStarters
from kb.citizens.parts import CitizensParts, open_citizens
from kb.controls.department_map import DepartmentMap
from kb.controls.store import Controls
from kb.desk.assistant import Assistant
from kb.desk.everyday_preview import EverydayPreview
from kb.desk.search import Desk
from kb.embedding.embedder import Embedder
from kb.embedding.shipped_vectors import shipped_vectors_for
from kb.faq.parts import FaqParts, open_faq
from kb.llm.options import llm_options
from kb.lookup.articles.articles import Articles
from kb.lookup.assignments import Assignments
from kb.lookup.clarifying.clarifying import Clarifications
from kb.lookup.clarifying.side_passages import SidePassages
from kb.lookup.collection import Collection
from kb.lookup.comparing.comparisons import Comparisons
from kb.lookup.courtesies import Courtesies
from kb.lookup.document_places import DocumentPlaces
from kb.lookup.items import ItemLookUp
from kb.lookup.one_document import OneDocument
from kb.lookup.priorities import Priorities
from kb.lookup.responsible import Responsible
from kb.lookup.spoken_of import SpokenOf
from kb.lookup.tables import TableLookUp
from kb.metrics import Metrics
from kb.models import Question
from kb.notices.notices import Notices
from kb.notices.parts import open_notices
from kb.question.condense import Condensing
from kb.question.departments import read_departments
from kb.question.lay_words import EverydayWords, read_synonyms
from kb.question.understanding import Understanding
from kb.queue.grouping import Grouping
from kb.queue.worklist import Queue
from kb.reports.parts import ReportsParts, open_reports
from kb.retrieval.parts import RetrievalParts, open_retrieval
from kb.settings import Settings
from kb.shelf.parts import ShelfParts, open_shelf
from kb.staff.parts import StaffParts, open_staff
from kb.staff.passwords import Passwords
from kb.storage.parts import StorageParts, open_storage
from kb.storage.sharing.changes import Kept
from kb.trials.parts import TrialsParts, open_trials

if TYPE_CHECKING:
    from kb.llm.language_model import LanguageModel

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class KnowledgeBase:
    """Everything a program needs, room by room; a context manager that releases KB_HOME.

    `model` and `assistant` are None where no language model is set: answers are quoted.
    """

    settings: Settings
    storage: StorageParts
    embedder: Embedder
    retrieval: RetrievalParts
    controls: Controls
    department_map: DepartmentMap
    starters: EditedStarters
    staff: StaffParts
    faq: FaqParts
    understanding: Understanding
    answerer: Answerer
    citizens: CitizensParts
    queue: Queue
    shelf: ShelfParts
    desk: Desk
    trials: TrialsParts
    everyday: EverydayPreview
    reports: ReportsParts
    notices: Notices
    channels: ChannelsParts
    access: AccessParts
    metrics: Metrics
    model: "LanguageModel | None"
    assistant: Assistant | None

    def close(self) -> None:
        """Flush the index and let another process use KB_HOME."""
        self.trials.running.close()
        self.retrieval.close()
        self.storage.close()

    def __enter__(self) -> "KnowledgeBase":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_knowledge_base(
    settings: Settings,
    report: Callable[[str], None] = logger.info,
    *,
    embedder: Embedder | None = None,
    wait: bool = True,
) -> KnowledgeBase:
    """Open the knowledge base in `settings.home`; make it when missing, repair it after a killed process.

    `report` is told in Chinese what takes long (unpacking the model, rebuilding the index). `embedder` is the
    model that `settings` name, where it is loaded already; without it the model is loaded here. Without
    `wait` the index is opened and rebuilt in the background; until then searches raise NotReadyError.

    Raises:
        HomeInUseError: another process has it open.
        SettingsError, ModelError, StoreError: the folder, the model or the index cannot be used.
    """
    with ExitStack() as undo:
        storage = open_storage(settings, report)
        undo.callback(storage.close)
        engine, documents = storage.engine, storage.documents
        embedder = embedder or load_embedder(settings, report)
        staff = open_staff(
            engine, key=storage.key, required=lambda: controls.second_step_roles(), passwords=Passwords()
        )
        controls = Controls(engine, staff.audit, documents, settings.hotline)
        faq = open_faq(engine, staff.audit, documents, embedder, settings.embed_model)
        retrieval = open_retrieval(
            settings,
            embedder,
            lambda: controls.rules().excluded,
            report,
            embed_questions=faq.vectors,
            storage=storage,
            wait=wait,
        )
        undo.callback(retrieval.close)
        departments = read_departments()
        words = EverydayWords(read_synonyms(), lambda: controls.rules().everyday)
        understanding = Understanding(documents, words, departments)
        metrics = Metrics()
        model = open_model(settings, metrics)

        def ask_again(question: Question) -> Answer:
            return answerer.quote(question)

        places = DocumentPlaces(documents)
        clarifications = Clarifications(places, ask_again)
        collection = Collection(documents, departments, words)
        spoken_of = SpokenOf(collection, ask_again)
        answerer = Answerer(
            documents=documents,
            embedder=embedder,
            faq=faq.matcher,
            retriever=retrieval.retriever,
            understanding=understanding,
            responsible=Responsible(documents, staff.contacts, lambda: controls.rules().department_map).named,
            look_ups=(
                clarifications,
                Comparisons(documents, retrieval.retriever),
                Articles(documents, spoken_of.before),
                Assignments(documents, departments),
                OneDocument(documents, spoken_of.before),
                collection,
            ),
            hit_look_ups=(TableLookUp(documents), ItemLookUp(documents), SidePassages()),
            precedence=Priorities(places),
            courtesies=Courtesies(ask_again).answer,
            clarify=clarifications.ask,
            reader=retrieval.reader,
            rules=controls.rules,
            generating=Generating(model, documents.get) if model else None,
            condensing=Condensing(model) if model else None,
        )
        grouping = Grouping(engine, settings.embed_model, embedder.embed_queries, storage.mutex("grouping"))
        queue = Queue(engine, grouping, staff.audit, lambda: faq.matcher.entries)
        citizens = open_citizens(
            engine,
            documents,
            faq.matcher,
            answerer.quote,
            controls.rules,
            settings.reply_days,
            storage.secret("askers"),
        )
        opened = KnowledgeBase(
            settings=settings,
            storage=storage,
            embedder=embedder,
            retrieval=retrieval,
            controls=controls,
            department_map=DepartmentMap(
                controls, documents.heads, lambda: (one.department for one in staff.contacts.all())
            ),
            starters=EditedStarters(controls, answerer.quote),
            staff=staff,
            faq=faq,
            understanding=understanding,
            answerer=answerer,
            citizens=citizens,
            queue=queue,
            shelf=open_shelf(engine, documents, faq.feed),
            desk=Desk(documents, faq.matcher, retrieval.retriever, embedder, understanding),
            trials=open_trials(
                engine,
                staff.audit,
                documents=documents,
                answerer=answerer,
                understanding=understanding,
                retriever=retrieval.retriever,
                faq=faq.matcher,
                embedder=embedder,
                rules=controls.rules,
                keeper=storage.sharing.keeper if storage.sharing else None,
            ),
            everyday=EverydayPreview(
                words=words, understanding=understanding, questions=lambda: known_questions(citizens, faq)
            ),
            reports=open_reports(engine, queue, staff.audit, settings.home),
            notices=open_notices(engine, staff.audit, storage.key, settings),
            channels=open_channels(engine, storage.key),
            access=open_access(engine, staff.audit, settings),
            metrics=metrics,
            model=model,
            assistant=(
                Assistant(model, answerer.ask_quoting, documents.get, engine, staff.audit) if model else None
            ),
        )
        storage.follow(
            {Kept.SETTINGS: controls.renew, Kept.FAQ: faq.renew, Kept.DOCUMENTS: retrieval.store.renew}
        )
        undo.pop_all()  # from here on it is KnowledgeBase.close that releases them
    return opened


def known_questions(citizens: CitizensParts, faq: FaqParts) -> Iterator[str]:
    """The questions asked last, the starter questions and those of approved entries."""
    yield from citizens.journal.recent()
    yield from (question for topic in citizens.suggestions.topics() for question in topic.questions)
    yield from (wording for entry in faq.matcher.entries for wording in entry.wordings)


def load_embedder(settings: Settings, report: Callable[[str], None]) -> Embedder:
    """The embedding model that `settings` name, unpacked first when it is the bundled one.

    Raises:
        ModelError: it cannot be loaded.
    """
    return Embedder(
        settings.embed_model,
        settings.home / "models",
        settings.embed_dtype,
        unpacking(report),
        shipped=shipped_vectors_for(settings.embed_model),
    )


def open_model(settings: Settings, metrics: Metrics) -> "LanguageModel | None":
    """The language model that `settings` name, if they name one.

    Only then is its client imported: that takes two seconds.
    """
    options = llm_options(settings)
    if options is None:
        return None
    from kb.llm.language_model import LanguageModel

    return LanguageModel(options, metrics)


def unpacking(report: Callable[[str], None]) -> Callable[[int, int], None]:
    """Progress of unpacking the bundled model, a line every quarter."""

    def tell(done: int, total: int) -> None:
        if done == 1 or done * 4 // total != (done - 1) * 4 // total:
            report(f"首次启动，正在解包向量模型：{done}/{total}")

    return tell
