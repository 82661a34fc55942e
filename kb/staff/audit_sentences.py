"""An entry of the audit log as a sentence: 王芳 把问答“低保怎么申请？”提交审核, and what changed, in Chinese.

Numbers, digests and fields that only the program knows are left out; the entry itself has all of them.
"""

import re
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, select

from kb.staff.audit import AuditEntry, differences
from kb.storage.queue_tables import queue_groups, trial_pairs
from kb.storage.tables import faq_entries, users

_ENTRY, _GROUP, _PAIR, _ACCOUNT = "问答 ", "提问组 ", "评测题 ", "账号 "
_LONGEST = 40  # characters of a question in a sentence
_SHOWN = 300  # characters shown of a value
_DIGEST = re.compile(r"，摘要 [0-9a-f]+")
_NUMBER = re.compile(r"[0-9]{1,9}")
# What was done -> the sentence about it; {what} is the thing.
_SENTENCES: Mapping[str, str] = {
    "新建问答": "新写了{what}",
    "导入问答": "导入了一批常见问答",
    "上传问答附件": "上传了问答用的图片或附件",
    "修改问答": "修改了{what}",
    "提交问答": "把{what}提交审核",
    "通过问答": "审核通过了{what}，从此用来回答群众",
    "退回问答": "把{what}退回修改",
    "撤下问答": "撤下了{what}",
    "问答需复核": "标出{what}需复核，暂停用来回答",
    "问答引文移位": "更新了{what}的引文位置",
    "认领提问": "认领了{what}",
    "退回提问": "取消认领{what}",
    "转办提问": "转办了{what}",
    "指派提问": "指派了{what}",
    "退回转办的提问": "退回了转办来的{what}",
    "写内部备注": "给{what}写了内部备注",
    "答复群众": "答复了{what}",
    "搁置提问": "搁置了{what}",
    "用常见问答答复": "用常见问答答复了{what}",
    "提问写成问答": "把{what}写成问答草稿",
    "移出提问": "从{what}里移出一个提问",
    "报告有误": "报告答案有误：{what}",
    "存入评测题": "存入了{what}",
    "删除评测题": "删除了{what}",
    "合并段落": "把{what}的两段合并成一段",
    "拆分段落": "把{what}的一段拆成两段",
    "恢复自动分段": "撤销了对{what}分段的全部改动",
    "登录": "登录",
    "退出": "退出",
    "锁定": "连续输错密码，{what}被锁定",
    "修改密码": "修改了自己的密码",
    "导出台账": "导出了台账",
    "更换名单": "更换了政策解答员名单",
    "模型起草": "请模型起草",
    "新建接口密钥": "新建了{what}",
    "停用接口密钥": "停用了{what}",
    "首次登录建账号": "首次用统一身份认证登录，建了{what}",
    "按认证更新账号": "登录时按统一身份认证更新了{what}",
    "认证没有给角色": "统一身份认证没有给角色，没有登录",
    "关联统一身份认证": "把{what}关联到统一身份认证",
}
_FIELDS: Mapping[str, str] = {
    "title": "名称",
    "name": "名称",
    "question": "问题",
    "variants": "其他问法",
    "history": "上一问",
    "expected": "对的答案",
    "answer": "答案",
    "department": "部门",
    "departments": "部门",
    "status": "状态",
    "state": "状态",
    "quote": "引文",
    "valid_from": "有效期自",
    "valid_until": "有效期至",
    "review_reason": "需复核的原因",
    "reason": "原因",
    "note": "说明",
    "role": "角色",
    "disabled": "停用",
    "number": "发文字号",
    "issuer": "发文机关",
    "written_date": "成文日期",
    "published_date": "发布日期",
    "effective_date": "施行日期",
    "expiry_date": "失效日期",
    "replaced_by": "替代文件",
    "boundary": "在哪里",
    "passages": "段落数",
    "uploaded_by": "上传人",
    "closed_text": "答复或原因",
    "claimed_title": "认领人",
    "to": "转给",
    "from": "原来的部门",
    "moved": "移出的提问",
    "value": "设置",
    "count": "条数",
    "address": "发给",
    "channel": "方式",
    "is_on": "启用",
    "how": "登录方式",
    "scopes": "用途",
    "rate": "每分钟最多几次",
    "expires": "有效期至",
}
_VALUES: Mapping[str, str] = {
    "draft": "草稿",
    "submitted": "待审核",
    "approved": "已审核",
    "withdrawn": "已撤下",
    "waiting": "待处理",
    "claimed": "处理中",
    "answered": "已答复",
    "dismissed": "已搁置",
    "answerer": "政策解答员",
    "editor": "编辑",
    "reviewer": "审核",
    "admin": "管理员",
    "on": "正常回答",
    "search_only": "只查文件，不回答",
    "off": "关闭回答",
    "email": "电子邮件",
    "wecom": "企业微信",
    "dingtalk": "钉钉",
    "feishu": "飞书",
}
Names = Mapping[str, str]  # account -> name, or subject of the log -> how people call it


def read_people(connection: Connection) -> Names:
    """Every account with the name of its person."""
    rows = connection.execute(select(users.c.name, users.c.title).order_by(users.c.name))
    return {row.name: row.title for row in rows}


def read_things(connection: Connection, subjects: Collection[str]) -> Names:
    """The questions behind 问答, 提问组 and 评测题 with their numbers, where they are still there."""
    entries = {subject.removeprefix(_ENTRY) for subject in subjects if subject.startswith(_ENTRY)}
    entry, group, pair = faq_entries.c, queue_groups.c, trial_pairs.c
    rows = connection.execute(select(entry.id, entry.question).where(entry.id.in_(entries))).all()
    things = {f"{_ENTRY}{row.id}": f"问答“{_short(row.question)}”" for row in rows}
    groups = select(group.id, group.text).where(group.id.in_(_numbers(subjects, _GROUP)))
    things |= {f"{_GROUP}{row.id}": f"提问“{_short(row.text)}”" for row in connection.execute(groups)}
    pairs = select(pair.id, pair.question).where(pair.id.in_(_numbers(subjects, _PAIR)))
    return things | {
        f"{_PAIR}{row.id}": f"评测题“{_short(row.question)}”" for row in connection.execute(pairs)
    }


def _numbers(subjects: Collection[str], prefix: str) -> list[int]:
    """The numbers of the subjects that begin with `prefix`."""
    rest = (subject.removeprefix(prefix) for subject in subjects if subject.startswith(prefix))
    return [int(number) for number in rest if _NUMBER.fullmatch(number)]


def sentence(entry: AuditEntry, people: Names, things: Names) -> str:
    """Who did what, as people say it."""
    who = people.get(entry.actor, entry.actor)
    account = entry.subject.removeprefix(_ACCOUNT)
    what = things.get(entry.subject, entry.subject)
    if entry.subject.startswith(_ACCOUNT):
        what = f"账号“{people.get(account, account)}”"
    told = _SENTENCES.get(entry.action, f"{entry.action}：{{what}}")
    return f"{who} {told.format(what=what)}"


def changes(entry: AuditEntry) -> list[str]:
    """What changed, a line for each field that people know."""
    lines = []
    for name, before, after in differences(entry.before, entry.after):
        old, new = _words(before), _words(after)
        if name not in _FIELDS or (old is None and new is None):
            continue
        label = _FIELDS[name]
        if before is None:
            lines.append(f"{label}：{new}")
        else:
            lines.append(f"{label}：{old or '（空）'} → {new or '（空）'}")
    return lines


def _words(value: object) -> str | None:
    """A value as text for people; None for what is no text (objects of the program)."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return None
    if isinstance(value, list):
        parts = [_words(part) for part in value]
        return None if None in parts else "、".join(filter(None, parts)) or "（空）"
    if value is None or value == "":
        return "（空）"
    text = _DIGEST.sub("", _VALUES.get(str(value), str(value)))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}……"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}……"
