"""The audit log in plain Chinese: who did what to what, without numbers, digests and inner fields."""

from datetime import UTC, datetime

import pytest

from kb.staff.audit import AuditEntry
from kb.staff.audit_sentences import changes, sentence

PEOPLE = {"wang": "王芳", "li": "李强"}
THINGS = {"问答 faq-1": "问答“低保怎么申请？”", "提问组 7": "提问“小学怎么报名？”"}


def entry(actor: str, action: str, subject: str, before=None, after=None) -> AuditEntry:
    at = datetime(2024, 5, 10, 1, 30, tzinfo=UTC)
    return AuditEntry(
        id=1, at=at, actor=actor, action=action, subject=subject, before=before, after=after, hash="a" * 64
    )


@pytest.mark.parametrize(
    ("actor", "action", "subject", "told"),
    [
        pytest.param("wang", "提交问答", "问答 faq-1", "王芳 把问答“低保怎么申请？”提交审核", id="submit"),
        pytest.param("wang", "转办提问", "提问组 7", "王芳 转办了提问“小学怎么报名？”", id="hand_on"),
        pytest.param("li", "重设密码", "账号 wang", "李强 重设密码：账号“王芳”", id="account"),
        pytest.param("li", "移除文件", "文件《停车办法》", "李强 移除文件：文件《停车办法》", id="document"),
        pytest.param("系统", "撤下问答", "问答 gone", "系统 撤下了问答 gone", id="thing_that_is_gone"),
    ],
)
def test_entry_is_a_sentence(actor: str, action: str, subject: str, told: str):
    assert sentence(entry(actor, action, subject), PEOPLE, THINGS) == told


def test_changes_name_fields_and_values_in_chinese_and_leave_out_what_only_the_program_knows():
    before = {"status": "draft", "version": 3, "departments": [], "span": {"start": 1, "end": 2}}
    after = {
        "status": "submitted",
        "version": 4,
        "departments": ["区民政局", "区财政局"],
        "span": {"start": 5, "end": 9},
        "answer": "（原文已到期删除，摘要 3fb2c1）",
    }
    assert changes(entry("wang", "提交问答", "问答 faq-1", before, after)) == [
        "状态：草稿 → 待审核",
        "部门：（空） → 区民政局、区财政局",
        "答案：（原文已到期删除）",
    ]
