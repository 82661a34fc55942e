"""The command line as another program uses it: JSON out, exit codes, one sentence on error."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from factories import WORK_PLAN
from sqlalchemy import update
from typer.testing import CliRunner, Result

from ingest.pipeline.run import ingest
from kb.__main__ import cli
from kb.commands.unlocked import open_questions
from kb.embedding.embedder import Embedder
from kb.knowledge_base import open_knowledge_base
from kb.settings import Settings
from kb.storage.database import open_database, transaction
from kb.storage.home import HomeLock
from kb.storage.tables import audit_head

pytestmark = pytest.mark.usefixtures("loaded_model")


@pytest.fixture(scope="module")
def home(make_home: Callable[[], Path], embedder: Embedder) -> Path:
    folder = make_home()
    with open_knowledge_base(Settings(home=folder), embedder=embedder) as kb:
        ingest([WORK_PLAN], kb, progress=False)
    return folder


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("KB_HOME", str(home))
    return lambda *arguments: CliRunner().invoke(cli, arguments)


def test_ask_json_has_every_field_of_the_contract(run: Callable[..., Result]):
    result = run("ask", "谁牵头？", "--history", "规范性文件清理什么时候完成？", "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    assert answer["kind"] == "extract"
    assert answer["rewritten"] == "规范性文件清理 谁牵头？"
    contract = {"question", "rewritten", "kind", "text", "confidence", "citations", "contacts"}
    assert contract | {"suggestions", "timings_ms", "candidates"} <= answer.keys()
    fields = {"document", "document_id", "number", "section", "page", "quote", "start", "end", "url"}
    assert fields | {"chunk_id"} <= answer["citations"][0].keys()


def test_search_filters_by_department(run: Callable[..., Result]):
    result = run("search", "公开", "--department", "区司法局", "--limit", "3", "--json")
    hits = json.loads(result.stdout)
    assert hits
    assert all("区司法局" in (*hit["lead_units"], *hit["responsible_units"]) for hit in hits)


def test_batch_keeps_order_and_reports_bad_lines(run: Callable[..., Result], tmp_path: Path):
    lines = [
        '{"qid": "a", "question": "IPv6支持度要达到多少？"}',
        '{"qid": "b"}',
        '{"qid": "c", "question": "怎么办离婚登记？"}',
    ]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = run(
        "ask", "--batch", str(tmp_path / "in.jsonl"), "--out", str(tmp_path / "out.jsonl"), "--hits", "2"
    )
    assert result.exit_code == 1
    assert "in.jsonl 第 2 行" in result.stderr
    answers = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [answer["qid"] for answer in answers] == ["a", "b", "c"]
    assert [answer.get("kind") for answer in answers] == ["extract", None, "refused"]
    assert len(answers[0]["hits"]) == 2
    assert {"document_id", "source", "chunk_id", "score", "text"} <= answers[0]["hits"][0].keys()
    assert answers[0]["hits"][0]["source"] == WORK_PLAN.name
    assert answers[2]["candidates"]


@pytest.mark.parametrize("arguments", [("ask",), ("ask", "问", "--batch", "x.jsonl"), ("fly",)])
def test_wrong_usage_exits_2(run: Callable[..., Result], arguments: tuple[str, ...]):
    assert run(*arguments).exit_code == 2


def test_ask_while_home_is_in_use_prints_one_sentence(run: Callable[..., Result], home: Path):
    with HomeLock(home):
        result = run("ask", "IPv6支持度要达到多少？")
    assert result.exit_code == 1
    assert "正被进程" in result.stderr
    assert "Traceback" not in result.output


def test_imported_faq_answers_and_is_exported(run: Callable[..., Result], tmp_path: Path):
    file = tmp_path / "常见问答.csv"
    file.write_text("编号,问题,答案\nF1,政务公开专区在哪里？,各办事大厅都有。\n", encoding="utf-8")
    assert run("faq", "import", str(file), "--json").stdout.strip() == '{"added":1,"changed":0,"unchanged":0}'
    answer = json.loads(run("ask", "政务公开专区在哪里", "--json").stdout)
    assert (answer["kind"], answer["text"]) == ("faq", "各办事大厅都有。")
    asked, answered = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    asked.write_text('{"qid": "q", "question": "政务公开专区在哪里"}\n', encoding="utf-8")
    assert run("ask", "--batch", str(asked), "--out", str(answered), "--hits", "2").exit_code == 0
    assert len(json.loads(answered.read_text(encoding="utf-8"))["hits"]) == 2
    out = tmp_path / "导出.jsonl"
    assert run("faq", "export", str(out)).exit_code == 0
    assert json.loads(out.read_text(encoding="utf-8"))["id"] == "F1"


def test_faq_import_with_wrong_row_stores_nothing(run: Callable[..., Result], tmp_path: Path):
    file = tmp_path / "常见问答.csv"
    file.write_text("编号,问题,答案\nF8,旁听会议怎么报名？,请致电。\nF9,没有答案的问题,\n", encoding="utf-8")
    result = run("faq", "import", str(file))
    assert result.exit_code == 1
    assert "第 3 行" in result.output and "答案" in result.output
    out = tmp_path / "导出.jsonl"
    run("faq", "export", str(out))
    assert "F8" not in out.read_text(encoding="utf-8")


def test_contacts_command_replaces_the_list(run: Callable[..., Result], tmp_path: Path):
    file = tmp_path / "解答员.csv"
    file.write_text("部门,姓名,电话\n区数字中心,王芳,0792-8551234\n", encoding="utf-8")
    assert run("contacts", str(file), "--json").stdout.strip() == '{"imported": 1}'
    answer = json.loads(run("ask", "区数字中心的政策解答员工资多少？", "--json").stdout)
    assert answer["kind"] == "refused"
    assert [contact["name"] for contact in answer["contacts"]] == ["王芳"]


@pytest.fixture
def code(home: Path) -> str:
    """The code of a left question without a reply."""
    with open_questions(Settings(home=home)) as questions:
        asked = datetime(2024, 5, 10, 1, 0, tzinfo=UTC)
        return questions.leave("公租房什么时候可以申请？", "13812345678", "a1", ["区住建局"], asked).code


def test_questions_listed_and_replied_while_service_runs(run: Callable[..., Result], home: Path, code: str):
    with HomeLock(home):
        (waiting,) = [
            item for item in json.loads(run("questions", "list", "--json").stdout) if item["code"] == code
        ]
        assert (waiting["contact"], waiting["due"], waiting["state"]) == (
            "13812345678",
            "2024-05-20",
            "waiting",
        )
        words = run("questions", "list").stdout
        assert all(part in words for part in (code, "公租房", "13812345678", "区住建局", "2024-05-20 前答复"))
        done = run(
            "questions",
            "reply",
            code.lower(),
            "每年3月受理。",
            "--department",
            "区住建局",
            "--name",
            "王芳",
            "--json",
        )
        assert json.loads(done.stdout)["reply"]["text"] == "每年3月受理。"
        assert code not in run("questions", "list").stdout
        assert "答复：每年3月受理。" in run("questions", "list", "--all").stdout
    with open_questions(Settings(home=home)) as questions:
        assert questions.find(code).reply.name == "王芳"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("K7M3-9QXF", "好"), "没有查询码为 K7M3-9QXF 的留言", id="unknown_code"),
        pytest.param(("K7M3-9QXF", "  "), "答复是空的", id="empty_reply"),
    ],
)
def test_refused_reply_prints_one_sentence(run: Callable[..., Result], arguments: tuple[str, ...], told: str):
    result = run("questions", "reply", *arguments)
    assert result.exit_code == 1
    assert told in result.stderr
    assert len(result.output.strip().splitlines()) == 1


def test_questions_without_knowledge_base_exits_1_and_makes_no_file(
    run: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("KB_HOME", str(tmp_path))
    result = run("questions", "list")
    assert result.exit_code == 1
    assert "里没有知识库" in result.stderr
    assert not list(tmp_path.iterdir())


def test_accounts_are_managed_while_service_runs(
    home: Path, monkeypatch: pytest.MonkeyPatch, run: Callable[..., Result]
):
    def typing(password: str, *arguments: str) -> Result:
        return CliRunner().invoke(cli, ["user", *arguments], input=f"{password}\n")

    with HomeLock(home):
        added = typing(
            "liulu-mantou-7", "add", "wangfang", "--title", "王芳", "--department", "区民政局", "--json"
        )
        assert json.loads(added.stdout)["departments"] == ["区民政局"], added.output
        assert typing("short", "passwd", "wangfang").exit_code == 1
        assert typing("huanglong-cha-8", "passwd", "wangfang").exit_code == 0
        assert run("user", "disable", "wangfang").exit_code == 0
        assert "已停用" in run("user", "list").stdout
        assert run("user", "enable", "wangfang").exit_code == 0
        assert "已重置两步登录" in run("user", "reset-second-step", "wangfang").stdout
        missing = run("user", "disable", "nobody")
        assert (missing.exit_code, missing.stderr.strip()) == (1, "没有账号 nobody")
        listed = json.loads(run("user", "list", "--json").stdout)
    (wang,) = [item for item in listed if item["name"] == "wangfang"]
    assert (wang["role"], wang["disabled"], wang["must_change_password"]) == ("answerer", False, True)


def test_audit_verify_and_list(home: Path, run: Callable[..., Result]):
    CliRunner().invoke(cli, ["user", "add", "lili", "--title", "李丽"], input="liulu-mantou-7\n")
    whole = json.loads(run("audit", "verify", "--json").stdout)
    assert whole["broken"] is None
    assert whole["head"]["count"] >= 1
    assert run("audit", "verify", "--known", whole["head"]["hash"]).exit_code == 0
    unknown = run("audit", "verify", "--known", "0" * 64)
    assert (unknown.exit_code, "改写" in unknown.stdout) == (1, True)
    assert "命令行　新建账号　账号 lili" in run("audit", "list", "--subject", "lili").stdout
    engine = open_database(home / "kb.sqlite")
    with transaction(engine) as connection:
        connection.execute(update(audit_head).values(entries=audit_head.c.entries + 1))
    engine.dispose()
    broken = run("audit", "verify", "--json")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["broken"]["entry"] == whole["head"]["count"] + 1
