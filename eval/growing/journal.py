"""A journal of any size, and what its figures and its ledger cost: as if citizens had asked for a year.

Questions are put together from matters and what is asked of them. A few thousand are asked over and over
(Zipf), the others once or a few times, as in the logs of such services. One in seven is refused, one in
twenty left for a person, one in twelve judged. The rows go straight into SQL.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import Engine, Table, insert

from eval.growing.collection import HashingEmbedder
from kb.clock import china_day
from kb.language.normalise import question_key
from kb.models import Model
from kb.queue.grouping import Grouping
from kb.queue.worklist import Queue
from kb.reports.days import Days
from kb.reports.parts import ReportsParts, open_reports
from kb.staff.audit import Audit
from kb.staff.permissions import OPERATOR
from kb.storage.database import open_database
from kb.storage.queue_tables import queue_departments, queue_groups, queue_items
from kb.storage.tables import asked, feedback, questions

DAYS = 365
NOON = datetime(2025, 6, 30, 4, 0, tzinfo=UTC)  # in China
_SEED = 19
_AT_ONCE = 20_000  # rows of one statement
_OFTEN, _SELDOM = 5_000, 2_000_000  # different questions: of the head, and of the tail
_HEAD = 0.55  # of all questions
_UNITS = 40
_WAITING = 2_000  # different questions in the staff's work list
_MATTERS = (
    *("低保", "医保", "养老金", "公租房", "老年证", "残疾证", "户口", "居住证", "失业金", "生育津贴"),
    *(
        "公积金",
        "社保卡",
        "营业执照",
        "准生证",
        "小学报名",
        "转学",
        "助学金",
        "购房补贴",
        "人才补贴",
        "稳岗补贴",
    ),
    *(
        "食品经营许可",
        "危房改造",
        "临时救助",
        "高龄津贴",
        "医疗救助",
        "退役安置",
        "创业贷款",
        "宅基地",
        "林权证",
    ),
)
_ASPECTS = (
    *(
        "怎么申请",
        "要什么材料",
        "在哪里办",
        "多长时间办好",
        "标准是多少",
        "谁可以申请",
        "能不能代办",
        "要交多少钱",
    ),
    *("什么时候发", "可以补办吗", "外地人能办吗", "怎么查进度", "停发了怎么办", "和别的能一起领吗"),
)


class JournalCost(Model):
    """What the figures of the whole period and its ledger cost: seconds, and of processor time."""

    asked: int
    figures_first_s: float
    figures_s: float
    figures_cpu_s: float
    department_s: float
    month_s: float
    ledger_first_s: float
    ledger_s: float
    ledger_cpu_s: float
    ledger_mib: float


def fill_journal(engine: Engine, count: int, days: int = DAYS) -> None:
    """Write `count` questions of the `days` until NOON, with judgements, left questions and the work list."""
    chance = random.Random(_SEED)
    units = [f"区{chr(0x4E00 + 40 * number)}局" for number in range(_UNITS)]
    rows = _asked(count, days, units, chance)
    groups = [_group(number, units, chance) for number in range(_WAITING)]
    _write(engine, queue_groups, [group for group, _ in groups])
    _write(engine, queue_departments, [unit for _, unit in groups])
    while portion := [row for _, row in zip(range(_AT_ONCE), rows, strict=False)]:
        _write(engine, asked, portion)
        judged = [_judged(row, chance) for row in portion if chance.random() < 1 / 12]
        left = [_left(row, chance) for row in portion if chance.random() < 1 / 20]
        _write(engine, feedback, judged)
        _write(engine, questions, left)
        unhelpful = {row["answer_id"] for row in judged if not row["helpful"]}
        waiting = [row for row in portion if row["kind"] == "refused" or row["id"] in unhelpful]
        items = [_item("asked", row["id"], row["question"], row["asked_at"], chance) for row in waiting]
        items += [_item("left", row["code"], row["text"], row["asked_at"], chance) for row in left]
        _write(engine, queue_items, items)


def measure_journal(folder: Path, url: str | None = None) -> JournalCost:
    """What the figures and the ledger of the journal in `folder` cost."""
    engine = open_database(folder / "kb.sqlite", url)
    reports = _reports(engine, folder)
    Days(engine).roll_up(NOON)
    until = china_day(NOON)
    since = until - timedelta(days=DAYS - 1)
    first, _ = _timed(reports, since, until, None)
    again, cpu = _timed(reports, since, until, None)
    figures = reports.figures.figures(OPERATOR, since, until, NOON)
    department, _ = _timed(reports, since, until, figures.departments[0].department)
    month, _ = _timed(reports, until - timedelta(days=29), until, None)
    begun, cpu_begun = perf_counter(), process_time()
    size = first_piece = 0.0
    for piece in reports.ledger.export(OPERATOR, since, until, NOON):
        first_piece = first_piece or perf_counter() - begun
        size += len(piece)
    taken, ledger_cpu = perf_counter() - begun, process_time() - cpu_begun
    return JournalCost(
        asked=figures.total.asked,
        figures_first_s=first,
        figures_s=again,
        figures_cpu_s=cpu,
        department_s=department,
        month_s=month,
        ledger_first_s=round(first_piece, 1),
        ledger_s=round(taken, 1),
        ledger_cpu_s=round(ledger_cpu, 1),
        ledger_mib=round(size / 2**20, 1),
    )


def _reports(engine: Engine, folder: Path) -> ReportsParts:
    embedder, audit = HashingEmbedder(folder / "models"), Audit(engine)
    queue = Queue(engine, Grouping(engine, embedder.name, embedder.embed_queries), audit, lambda: ())
    return open_reports(engine, queue, audit, folder)


def _timed(reports: ReportsParts, since: date, until: date, department: str | None) -> tuple[float, float]:
    """Seconds, and seconds of processor time, of the figures of a period."""
    begun, cpu = perf_counter(), process_time()
    reports.figures.figures(OPERATOR, since, until, NOON, department)
    return round(perf_counter() - begun, 2), round(process_time() - cpu, 2)


def _write(engine: Engine, table: Table, rows: Sequence[dict[str, object]]) -> None:
    if rows:
        with engine.begin() as connection:
            connection.execute(insert(table), list(rows))


def _asked(count: int, days: int, units: Sequence[str], chance: random.Random) -> Iterator[dict[str, object]]:
    """`count` rows of the journal, the oldest first."""
    ranks = range(1, _OFTEN + 1)
    often = chance.choices(ranks, [1 / rank for rank in ranks], k=count)
    step = timedelta(days=days) / count
    for number in range(count):
        which = often[number] if chance.random() < _HEAD else _OFTEN + chance.randrange(_SELDOM)
        text = _worded(which)
        is_refused = chance.random() < 1 / 7
        yield {
            "id": f"made-{number:08d}",
            "asked_at": NOON - step * (count - number),
            "question": text,
            "key": question_key(text),
            "asker": f"{chance.getrandbits(256):064x}",
            "rewritten": text,
            "kind": "refused" if is_refused else "extract",
            "ending": "weak_evidence" if is_refused else "quoted",
            "confidence": 0.5,
            "text": f"{text}：按照有关规定，由户籍所在地乡镇人民政府受理，自受理之日起十五个工作日内办结。"
            * 3,
            "documents": [f"{which % 400:012x}"],
            "departments": _units_of(which, units),
            "took_ms": round(chance.lognormvariate(3.6, 0.7), 2),
            "asked_back": chance.random() < 1 / 30,
        }


def _worded(which: int) -> str:
    """Question number `which`: the same number, the same words."""
    matter, rest = _MATTERS[which % len(_MATTERS)], which // len(_MATTERS)
    aspect, rest = _ASPECTS[rest % len(_ASPECTS)], rest // len(_ASPECTS)
    return f"{matter}{aspect}" if not rest else f"我家在{rest}组，{matter}{aspect}？"


def _units_of(which: int, units: Sequence[str]) -> list[str]:
    """One department, sometimes two, and for one question in ten none."""
    if which % 10 == 0:
        return []
    first = units[which * 7 % len(units)]
    return [first, units[(which * 7 + 1) % len(units)]] if which % 10 == 1 else [first]


def _judged(row: dict[str, object], chance: random.Random) -> dict[str, object]:
    return {"answer_id": row["id"], "helpful": chance.random() < 0.7, "given_at": row["asked_at"]}


def _left(row: dict[str, object], chance: random.Random) -> dict[str, object]:
    moment = row["asked_at"]
    return {
        "code": f"{chance.getrandbits(40):010X}",
        "text": row["question"],
        "answer_id": row["id"] if chance.random() < 0.9 else None,
        "departments": row["departments"],
        "asked_at": moment,
        "changed_at": moment,
    }


def _group(
    number: int, units: Sequence[str], chance: random.Random
) -> tuple[dict[str, object], dict[str, object]]:
    """A group of the work list, and its department."""
    state = chance.choice(("waiting", "waiting", "answered", "dismissed"))
    group = {"id": number + 1, "text": _worded(number), "state": state, "version": 1}
    return group, {"group_id": number + 1, "department": units[number % len(units)]}


def _item(source: str, ref: object, text: object, at: object, chance: random.Random) -> dict[str, object]:
    """A question of the work list, in one of its groups."""
    return {
        "source": source,
        "ref": ref,
        "group_id": chance.randrange(_WAITING) + 1,
        "kind": "left" if source == "left" else "refused",
        "text": text,
        "key": question_key(str(text)),
        "asker": ref,
        "asked_at": at,
    }


def main(folder: str, count: str) -> None:
    """Make the journal in FOLDER, if there is none, and print what its figures and its ledger cost."""
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    if not (home / "kb.sqlite").exists():
        fill_journal(open_database(home / "kb.sqlite"), int(count))
    print(measure_journal(home).model_dump_json(indent=1))


if __name__ == "__main__":
    main(*sys.argv[1:])
