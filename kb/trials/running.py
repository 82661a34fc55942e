"""Asks the questions of all pairs and keeps how it went: one evaluation at a time over one database, in the
background or here.

Answers are quoted, without a language model, so that two runs differ only where documents, settings or the
program do. Nothing is recorded as asked.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, insert, select

from kb.answers import Answer
from kb.errors import ConflictError, InputError, KbError, StoreError
from kb.models import Model, Question
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction
from kb.storage.queue_tables import trial_runs
from kb.storage.sharing.keeper import Keeper
from kb.trials.judging import Outcome, Report, Run, judge
from kb.trials.pairs import Pair, Pairs

KEPT = 20  # evaluations
_BUSY = "评测正在进行，请等它做完。"
_LOCK = "evaluation"
_NONE = "还没有评测题；在“试问”里问一句，按“这样回答才对”存入。"


class Progress(Model):
    """How far the evaluation under way is."""

    done: int
    total: int


Step = Callable[[Progress], None]


class Running:
    """Evaluations over the pairs; `ask` gives an answer, `rank` the ids of the documents found for a query.

    `keeper` holds the lock among processes, where several work over one database. `close` ends one under way.
    All methods raise StoreError when the database fails.
    """

    def __init__(
        self,
        engine: Engine,
        pairs: Pairs,
        ask: Callable[[Question], Answer],
        rank: Callable[[str], Sequence[str]],
        keeper: Keeper | None = None,
    ) -> None:
        self._engine = engine
        self._pairs = pairs
        self._ask = ask
        self._rank = rank
        self._keeper = keeper
        self._busy = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._progress: Progress | None = None
        self._failure: str | None = None

    @property
    def progress(self) -> Progress | None:
        """How far the evaluation under way is; None when there is none."""
        return self._progress

    @property
    def failure(self) -> str | None:
        """Why the last evaluation ended early, for staff; None when it did not."""
        return self._failure

    def start(self, staff: Staff, now: datetime) -> None:
        """Begin an evaluation in the background.

        Raises:
            NotAllowedError: the role may not.
            ConflictError: another one is under way.
            InputError: there are no pairs.
        """
        pairs = self._begin(staff)
        self._thread = threading.Thread(
            target=self._in_background, args=(staff, pairs, now), name="evaluation", daemon=True
        )
        self._thread.start()

    def run(
        self, staff: Staff, now: datetime, step: Step, is_stopped: Callable[[], bool] = lambda: False
    ) -> Report | None:
        """Evaluate here and now; None when it is stopped. Raises as `start` does, and what a question may."""
        pairs = self._begin(staff)
        try:
            return self._evaluated(staff, pairs, now, step, is_stopped)
        finally:
            self._end()

    def report(self, staff: Staff) -> Report | None:
        """The last evaluation and the one before it; None before the first."""
        require(staff, Action.TRY)
        with transaction(self._engine) as connection:
            runs = _last(connection, 2)
        return Report(run=runs[0], before=runs[1] if len(runs) > 1 else None) if runs else None

    def close(self) -> None:
        """End an evaluation in the background after the question that is being asked."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _begin(self, staff: Staff) -> tuple[Pair, ...]:
        """The pairs to ask; from now on until `_end` nobody else begins."""
        require(staff, Action.PAIRS)
        pairs = self._pairs.all(staff)
        if not pairs:
            raise InputError(_NONE)
        if not self._busy.acquire(blocking=False):
            raise ConflictError(_BUSY)
        try:
            is_alone = self._keeper is None or self._keeper.take(_LOCK)
        except StoreError:
            self._busy.release()
            raise
        if not is_alone:
            self._busy.release()
            raise ConflictError(_BUSY)
        self._progress, self._failure = Progress(done=0, total=len(pairs)), None
        return pairs

    def _end(self) -> None:
        self._progress = None
        if self._keeper is not None:
            self._keeper.give(_LOCK)
        self._busy.release()

    def _in_background(self, staff: Staff, pairs: Sequence[Pair], now: datetime) -> None:
        try:
            self._evaluated(staff, pairs, now, lambda progress: None, self._stop.is_set)
        except KbError as error:
            self._failure = error.operator
        finally:
            self._end()

    def _evaluated(
        self,
        staff: Staff,
        pairs: Sequence[Pair],
        now: datetime,
        step: Step,
        is_stopped: Callable[[], bool],
    ) -> Report | None:
        outcomes: list[Outcome] = []
        for pair in pairs:
            if is_stopped():
                return None
            answer = self._ask(pair.asked)
            found = self._rank(answer.rewritten) if pair.document_id else ()
            outcomes.append(judge(pair, answer, found))
            self._progress = Progress(done=len(outcomes), total=len(pairs))
            step(self._progress)
        self._keep(staff, outcomes, now)
        return self.report(staff)

    def _keep(self, staff: Staff, outcomes: Sequence[Outcome], now: datetime) -> None:
        """Store an evaluation; only the last KEPT stay."""
        table = trial_runs
        row = {
            "began_at": now,
            "begun_title": staff.title,
            "outcomes": [outcome.model_dump(mode="json") for outcome in outcomes],
        }
        with transaction(self._engine) as connection:
            connection.execute(insert(table).values(**row))
            kept = connection.scalars(select(table.c.id).order_by(table.c.id.desc()).limit(KEPT)).all()
            connection.execute(delete(table).where(table.c.id < kept[-1]))


def _last(connection: Connection, count: int) -> list[Run]:
    """The last `count` evaluations, newest first."""
    rows = select(trial_runs).order_by(trial_runs.c.id.desc()).limit(count)
    return [Run.model_validate(dict(row)) for row in connection.execute(rows).mappings()]
