#!/usr/bin/env python3
"""What staff wait for with 10,000 FAQ entries and 100,000 questions asked, over the HTTP routes they use.

    scripts/staff_speed.py [--entries 10000] [--asked 100000]

Times depend on the machine and on who else uses it, so beside each stands a ratio to something measured in
the same run: for the import the bare embedding of the same wordings, for the rest the bare embedding of one
question. The aims (import 10 minutes on two cores, search p95 50 ms, a page action 1 s) are printed beside.
"""

import argparse
import json
import random
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

from fastapi.testclient import TestClient
from openpyxl import load_workbook
from sqlalchemy import insert

from app import CORPUS, create_app
from ingest.pipeline import ingest
from kb import tables
from kb.answers import AnswerKind, Ending
from kb.faq_import import template
from kb.knowledge_base import KnowledgeBase, connect, open_knowledge_base
from kb.models import Question
from kb.normalise import question_key
from kb.settings import Settings
from kb.staff import OPERATOR, Role, Staff

ROOT = Path(__file__).parents[1]
HOME = ROOT / "reports" / "staff-speed"
PASSWORD = "staff-speed-1"
DAYS = 60  # in which the questions were asked
TRIES = 40  # of each page action
SEARCHES = 200
MATTERS = ["低保", "高龄津贴", "残疾人证", "公租房", "居住证", "营业执照", "社保卡", "不动产证", "准生证", "护照", "养老金", "失业金", "生育津贴", "医保报销", "异地就医备案", "门诊慢特病", "工伤认定", "灵活就业参保", "创业担保贷款", "就业困难认定", "职业技能补贴", "人才引进补贴", "临时救助", "特困供养", "困境儿童补助", "流浪救助", "退役军人优待证", "烈属抚恤", "义务教育入学", "转学", "学生资助", "幼儿园报名", "教师资格证", "老年大学报名", "户口迁移", "出生登记", "死亡登记", "身份证", "居住登记", "车辆年检", "驾驶证换证", "残疾人停车证", "公积金提取", "公积金贷款", "房屋维修资金", "物业投诉", "违章建筑举报", "老旧小区改造", "加装电梯补贴", "危房鉴定", "食品经营许可", "卫生许可证", "户外广告审批", "占道施工许可", "排水许可", "消防检查", "噪音投诉", "油烟投诉", "犬只登记", "献血证", "结婚登记", "离婚登记", "收养登记", "法律援助", "公证", "人民调解", "信访", "政府信息公开申请", "殡葬补贴", "公墓购置"]
PERSONS = ["本区居民", "外地户籍人员", "新生儿", "在校学生", "高校毕业生", "退役军人", "残疾人", "六十岁以上老人", "个体工商户", "小微企业", "农民工", "租房的人", "港澳居民"]
ASPECTS = (
    ("{0}的{1}怎么办理？", "{0}办{1}要怎么弄", "持身份证到{2}窗口办理，{3}个工作日内办结。"),
    ("{0}的{1}需要什么材料？", "给{0}办{1}要带哪些东西", "需要身份证、申请表和{3}张照片，交到{2}。"),
    ("{0}的{1}在哪里办理？", "{0}去哪里办{1}", "请到{2}{3}号窗口。"),
    ("{0}的{1}多久能办好？", "{0}办{1}几天能下来", "{2}自受理之日起{3}个工作日内办结。"),
    ("{0}的{1}要收多少钱？", "{0}办{1}收费吗", "{2}每件收取{3}元，符合条件的免收。"),
    ("{0}的{1}有什么条件？", "哪些{0}可以办{1}", "须在本区居住满{3}个月，由{2}审核。"),
    ("{0}的{1}可以网上办吗？", "{0}能不能在网上办{1}", "可以，提交后{2}在{3}个工作日内审核。"),
    ("{0}的{1}可以委托别人办吗？", "{0}的{1}能不能代办", "可以，受托人持委托书到{2}{3}号窗口。"),
    ("{0}的{1}有效期多长？", "{0}的{1}几年到期", "有效期{3}个月，到期前到{2}续办。"),
    ("{0}的{1}遗失了怎么补办？", "{0}的{1}丢了怎么补", "向{2}申请补办，{3}个工作日内领取。"),
    ("{0}的{1}申请被退回怎么办？", "{0}办{1}没通过怎么办", "可在{3}日内向{2}申请复核。"),
)
UNITS = ["区民政局", "区人社局", "区医保局", "区教体局", "区住建局", "区公安分局", "区市场监管局", "区行政审批局", "区司法局"]


def rows(count: int) -> list[tuple[str, ...]]:
    """Rows of the import's template, each another question, in an order that mixes the matters."""
    all_of_them = list(product(ASPECTS, PERSONS, MATTERS))
    assert len(all_of_them) >= count
    chosen = random.Random(7).sample(all_of_them, count)
    made = []
    for number, ((question, variant, answer), person, matter) in enumerate(chosen):
        unit = UNITS[number % len(UNITS)]
        days = str(3 + number % 28)
        made.append(
            (
                question.format(person, matter),
                variant.format(person, matter),
                answer.format(person, matter, unit, days),
                unit,
                "",
                "",
                "2024-01-01",
                "",
            )
        )
    return made


def as_file(entries: Sequence[Sequence[str]]) -> bytes:
    """The template with `entries` typed below its example."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "问答.xlsx"
        path.write_bytes(template())
        book = load_workbook(path)
        for entry in entries:
            book.worksheets[0].append(list(entry))
        book.save(path)
        return path.read_bytes()


def ask_much(kb: KnowledgeBase, texts: Sequence[str], count: int) -> None:
    """Put `count` questions into the journal, some of them judged and some without an answer."""
    dice, now = random.Random(11), datetime.now(UTC)
    engine = connect(kb.settings)
    for start in range(0, count, 5_000):
        made = [_asked(number, dice, texts, now) for number in range(start, min(start + 5_000, count))]
        judged = [
            {"answer_id": row["id"], "helpful": dice.random() < 0.99, "given_at": now} for row in made[::5]
        ]
        with engine.begin() as connection:
            connection.execute(insert(tables.asked), made)
            connection.execute(insert(tables.feedback), judged)
    engine.dispose()


def _asked(number: int, dice: random.Random, texts: Sequence[str], now: datetime) -> dict[str, object]:
    refused = number % 500 == 0  # 200 of them: a day's worth of new questions for the work list
    text = texts[int(len(texts) * dice.random() ** 3)]
    return {
        "id": f"speed{number}",
        "asked_at": now - timedelta(days=DAYS * dice.random()),
        "question": text,
        "key": question_key(text),
        "rewritten": text,
        "kind": (AnswerKind.REFUSED if refused else AnswerKind.FAQ).value,
        "ending": (Ending.NO_HITS if refused else Ending.FAQ).value,
        "confidence": 0.9,
        "text": "持身份证到窗口办理，15个工作日内办结。",
        "documents": [],
        "departments": [dice.choice(UNITS)],
        "faq_id": None if refused else f"faq{number % 997}",
        "took_ms": 20 + 60 * dice.random(),
    }


class Watch:
    """Runs things and keeps how many milliseconds each took."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def time(self, name: str, work: Callable[[], object]) -> object:
        """What `work` gives."""
        begin = time.perf_counter()
        result = work()
        self.times.setdefault(name, []).append((time.perf_counter() - begin) * 1000)
        return result

    def p(self, name: str, percent: int) -> float:
        """A percentile by linear interpolation."""
        values = self.times[name]
        return (
            values[0]
            if len(values) == 1
            else statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
        )


class Office:
    """An editor and a reviewer at their browsers, as HTTP clients."""

    def __init__(self, kb: KnowledgeBase, watch: Watch) -> None:
        app = create_app(kb)
        self._watch = watch
        self.editor = self._sign_in(kb, app, Role.EDITOR)
        self.reviewer = self._sign_in(kb, app, Role.REVIEWER)

    def _sign_in(self, kb: KnowledgeBase, app: object, role: Role) -> TestClient:
        kb.users.add(
            OPERATOR,
            Staff(name=role.value, title=role.label, role=role),
            PASSWORD,
            datetime.now(UTC),
            must_change=False,
        )
        client = TestClient(app)
        response = client.post(
            "/login", data={"name": role.value, "password": PASSWORD}, follow_redirects=False
        )
        assert response.status_code == 303, response.text
        return client

    def call(self, name: str, client: TestClient, method: str, path: str, **more: object) -> dict:
        """The answer of a route, timed under `name`."""
        response = self._watch.time(name, lambda: client.request(method, f"/api/staff{path}", **more))
        assert response.status_code < 300, response.text
        return response.json() if "json" in response.headers["content-type"] else {}


def measure(kb: KnowledgeBase, count: int, asked: int) -> dict[str, object]:
    """Every figure."""
    watch = Watch()
    office = Office(kb, watch)
    entries = rows(count)
    wordings = [wording for entry in entries for wording in entry[:2]]
    content = as_file(entries)
    bare = rate(kb, wordings[:1000])
    say(f"importing {count} entries, {len(wordings)} wordings; bare embedding {bare:.0f}/s")
    office.call("import", office.editor, "POST", "/faq/import?name=问答.xlsx&submit=true", content=content)
    import_s = watch.p("import", 50) / 1000
    bare = max(bare, rate(kb, wordings[1000:2000]))
    say(f"imported in {import_s:.0f} s; approving")
    approve_all(office, count)
    say("approved")
    ask_much(kb, [entry[0] for entry in entries], asked)
    kb.queue.grouping.gather_all(lambda: False)
    say("measuring")
    use(office, watch, kb, entries)
    figures = {name: (watch.p(name, 50), watch.p(name, 95)) for name in watch.times}
    return {"import_s": import_s, "bare_per_s": bare, "times_ms": figures, "wordings": len(wordings)}


def rate(kb: KnowledgeBase, texts: Sequence[str]) -> float:
    """Wordings a second that the model alone embeds, 200 at a time as the import does."""
    kb.embedder.embed_queries(texts[:2])
    begin = time.perf_counter()
    for start in range(0, len(texts), 200):
        kb.embedder.embed_queries(texts[start : start + 200])
    return len(texts) / (time.perf_counter() - begin)


def approve_all(office: Office, count: int) -> None:
    while True:
        page = office.call("page of 200", office.reviewer, "GET", "/faq?state=submitted&size=200")
        if not page["entries"]:
            return
        for entry in page["entries"]:
            body = {"version": entry["version"], "secrecy_checked": True}
            office.call("approve", office.reviewer, "POST", f"/faq/{entry['id']}/approve", json=body)


def use(office: Office, watch: Watch, kb: KnowledgeBase, entries: Sequence[Sequence[str]]) -> None:
    dice = random.Random(3)
    editor, reviewer = office.editor, office.reviewer
    for _ in range(SEARCHES):
        words = dice.choice(entries)[dice.choice((0, 1))][: dice.randint(4, 20)]
        watch.time("embed a question", lambda words=words: kb.embedder.embed_query(words))
        office.call("search", editor, "GET", "/search", params={"q": f"{words}{dice.randint(0, 9)}"})
        asked = Question(text=dice.choice(entries)[1])
        watch.time("answer", lambda asked=asked: kb.answerer.answer(asked))
    today = date.today()
    for number in range(TRIES):
        page = office.call("list", editor, "GET", f"/faq?page={1 + number * len(entries) // (20 * TRIES)}")
        entry = dice.choice(page["entries"])
        office.call("list by words", editor, "GET", "/faq", params={"q": dice.choice(MATTERS)})
        opened = office.call("open", editor, "GET", f"/faq/{entry['id']}")
        draft = {name: opened[name] for name in ("question", "variants", "department")}
        draft["answer"] = f"{opened['answer']}{number}"
        saved = office.call(
            "save", editor, "PUT", f"/faq/{entry['id']}", json={"version": opened["version"], "entry": draft}
        )
        sent = office.call(
            "submit", editor, "POST", f"/faq/{entry['id']}/submit", json={"version": saved["version"]}
        )
        body = {"version": sent["version"], "secrecy_checked": True}
        office.call("approve", reviewer, "POST", f"/faq/{entry['id']}/approve", json=body)
    for days in (7, 30, 60, 60):
        period = {"since": str(today - timedelta(days=days - 1)), "until": str(today)}
        office.call(f"figures of {days} days", reviewer, "GET", "/figures", params=period)
    for form in ("xlsx", "csv", "json"):
        office.call(f"export {form}", editor, "GET", f"/faq/export?format={form}")


def say(line: str) -> None:
    print(f"{datetime.now():%H:%M:%S} {line}", flush=True)


def main() -> None:
    """Measure in a knowledge base of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--asked", type=int, default=100_000)
    chosen = parser.parse_args()
    with open_knowledge_base(Settings(home=HOME / "documents"), say) as kb:
        say(str(ingest([CORPUS], kb)))
    home = HOME / "all"
    shutil.rmtree(home, ignore_errors=True)
    shutil.copytree(HOME / "documents", home, ignore=shutil.ignore_patterns("models"))
    (home / "models").symlink_to(HOME / "documents" / "models", target_is_directory=True)
    with open_knowledge_base(Settings(home=home), say) as kb:
        print(json.dumps(measure(kb, chosen.entries, chosen.asked), ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
