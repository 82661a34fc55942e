"""python -m ingest ledger: the expected table was written by hand from the district's work plan."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from factories import WORK_PLAN
from openpyxl import load_workbook

from ingest.ledger import HEAD, read_ledger
from kb.errors import DocumentError

DEPARTMENTS, BOTH = "区政府各部门", "区政府各部门、各街道"
RELEVANT = "区政府各相关部门、各街道"

# Item, first and last words of the measure, 牵头单位, 责任单位, 完成时限.
EXPECTED = [
    ("(一)", "紧紧围绕高标准建设", "产业迭代升级。", "区发改委、区工信局", RELEVANT, ""),
    ("(一)", "重塑大中路核心商圈", "打造区域消费中心", "区商务局", RELEVANT, ""),
    (
        "(一)",
        "坚持优品质、提能级",
        "“魅力江西”浔阳样板",
        "区住建局",
        "区自然资源局、区生态环境局、区城管局、区农水局、区文新旅局",
        "",
    ),
    ("(一)", "依法依规做好扩大有效投资", "积极引导市场预期。", "", "区发改委", ""),
    ("(一)", "深化国有企业改革行动。", "深化国有企业改革行动。", "", "区国资中心", ""),
    ("(一)", "深化绿色金融改革创新", "改革攻坚信息公开。", "", "区政府办", ""),
    ("(二)", "加大“一号改革工程”", "信息公开力度", "区营商办", "15个一级指标牵头单位", ""),
    ("(二)", "向市场主体全面公开", "免罚政策的宣传解读", "", "区市监局", ""),
    ("(二)", "集中公开稳岗扩岗", "等方面信息。", "", "区人社局、区财政局、区税务局、区工信局、区商务局", ""),
    ("(三)", "探索开展财政资金直达基层", "联动公开工作。", "", "区财政局", ""),
    ("(三)", "稳步扩大预决算公开范围", "“三公”经费信息。", "区财政局", BOTH, ""),
    ("(三)", "推进被审计单位依法公开", "问题的整改结果。", "区审计局", "各被审计单位", ""),
    ("(三)", "推进行政事业性收费", "执收部门。", "区财政局", BOTH, ""),
    ("(四)", "做好就业、教育", "政策公开。", "区人社局", "区教体局、区退役军人事务局、区人社局、各街道", ""),
    ("(四)", "及时公开义务教育招生政策", "相关信息。", "", "区教体局、各街道", ""),
    ("(四)", "加大重大传染病防控", "信息公开力度。", "", "区卫健委", ""),
    ("(四)", "加快历史征地信息补录进度", "便捷性。", "", "区自然资源局", ""),
    ("(四)", "做好公共文化设施提档升级", "信息公开。", "", "区文新旅局", ""),
    ("(四)", "依托省公共资源交易平台", "信息公开。", "", "区行政审批局", ""),
    ("(四)", "在全区开展民生领域全流程", "集中展示。", "区数字中心", BOTH, ""),
    ("(五)", "重点围绕贯彻落实区委", "主动答疑解惑。", "区政府办、区数字中心", BOTH, ""),
    ("(六)", "对涉及面广、社会关注度高", "增强政策解读效果。", "区数字中心", DEPARTMENTS, ""),
    ("(六)", "加强惠民利企政策宣讲辅导", "“肠梗阻”。", "", DEPARTMENTS, ""),
    ("(六)", "开展“政策解读局长(主任)谈”", "新媒体上推送。", "区政府办、区数字中心、区融媒体中心", BOTH, ""),
    ("(六)", "建设“政策问答知识库”", "问答库推送。", "区数字中心", BOTH, ""),
    ("(六)", "加强政策解答员队伍建设", "回应群众期待。", "区数字中心", BOTH, "8月底前"),
    ("(七)", "加强对政策发布及实施情况", "维护政府公信力。", "区政府办、区数字中心", BOTH, ""),
    ("(八)", "健全完善政府规章动态更新", "便于获取。", "区司法局", BOTH, "2023年10月底前"),
    ("(九)", "充分总结运用好第一批", "信息公开试点工作。", "区政府办、区数字中心", "各街道", ""),
    ("(十)", "推进邀请社会公众代表列席", "提升回复质量。", "区政府办", BOTH, ""),
    ("(十一)", "完善依申请公开渠道", "来电回复。", "区政府办、区数字中心", BOTH, ""),
    ("(十二)", "严格落实网络意识形态责任制", "形式主义”。", "区数字中心", BOTH, ""),
    ("(十三)", "加强区、街两级政务公开专区建设", "标准化建设。", "", "区数字中心、各街道", ""),
    ("(十四)", "根据人员变动", "激励引导作用。", "", "", "年内"),
    ("(十五)", "区数字经济发展中心将结合实际", "全区政务公开工作水平。", "", "", ""),
    ("(十六)", "区政府各部门要对照本工作要点", "接受社会监督。", "", "", ""),
]


def test_ledger_of_work_plan_equals_hand_written_table() -> None:
    ledger = read_ledger(WORK_PLAN)
    assert ledger.document == "2023年浔阳区政务公开工作要点"
    assert len(ledger.rows) == len(EXPECTED)
    for row, (item, first, last, lead, responsible, due) in zip(ledger.rows, EXPECTED, strict=True):
        assert row.task[-1].startswith(item)
        assert row.words.startswith(first) and row.words.endswith(last), row.words
        assert ("、".join(row.lead), "、".join(row.responsible), row.deadline) == (lead, responsible, due)


def test_ledger_row_span_holds_its_words_and_units() -> None:
    text = WORK_PLAN.read_text(encoding="utf-8")
    for row in read_ledger(WORK_PLAN).rows:
        place = row.span.of(text)
        assert row.words in place
        assert all(unit in place for unit in row.units)


def test_ledger_command_writes_sheet_and_json(tmp_path: Path) -> None:
    out = tmp_path / "台账.xlsx"
    command = [sys.executable, "-m", "ingest", "ledger", str(WORK_PLAN), "--out", str(out), "--json"]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)
    assert len(json.loads(ran.stdout)["rows"]) == len(EXPECTED)
    rows = list(load_workbook(out).active.iter_rows(values_only=True))
    assert rows[0] == HEAD
    assert len(rows) == 1 + len(EXPECTED)
    number, task, words, lead, responsible, due, _page, place = rows[28]
    assert (number, lead, responsible, due) == (28, "区司法局", BOTH, "2023年10月底前")
    assert task.startswith("二、紧扣政策落地见效强化解读回应 > (八)切实加强政务信息管理")
    assert words.startswith("健全完善政府规章") and place.endswith("字")
    assert rows[-1][3:5] == ("未注明", "未注明")
    assert rows[33][3:5] == (None, "区数字中心、各街道")  # this measure names only responsible units


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("通知.txt", "关于放假的通知\n各单位：\n元旦放假一天。\n", "没有写明牵头单位或责任单位"),
        ("空.txt", "", "空"),
    ],
)
def test_ledger_of_file_without_units_raises_document_error(
    tmp_path: Path, name: str, content: str, reason: str
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(DocumentError, match=reason):
        read_ledger(tmp_path / name)
