"""What the buttons under an FAQ entry do: each gives the entry afterwards and what to tell."""

from kb.errors import InputError
from kb.faq.drafting import draft_of
from kb.faq.models import FaqRecord
from kb.faq.reading import opened
from kb.knowledge_base import KnowledgeBase
from kb.models import Model
from kb.staff.permissions import Staff
from web.console.faq.form import read_form
from web.sessions import now_utc


class FormStep(Model):
    """The values of the page when a button is pressed."""

    entry_id: str
    version: int
    checked: bool  # the secrecy check (保密审查) was done
    note: str
    form: tuple[object, ...]


def save(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    """Save the form."""
    record = _saved(kb, staff, step)
    return record, "没有改动，不用保存。" if record.version == step.version else "已保存为草稿。"


def submit(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    """Save the form and submit the entry."""
    saved = _saved(kb, staff, step)
    return kb.faq.life.submit(staff, saved.entry.id, saved.version, now_utc()), "已提交，等待审核。"


def submit_as_it_is(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    """Submit the entry as it was saved."""
    return kb.faq.life.submit(staff, step.entry_id, step.version, now_utc()), "已提交，等待审核。"


def approve(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    """Approve the entry, unless the form holds changes that are not saved."""
    record = opened(kb.faq.life.records, staff, _opened(step))
    if record.version == step.version and read_form(step.form) != draft_of(record):
        raise InputError("表单里有还没有保存的修改；请重新打开这条问答再通过，或先退回。")
    return approve_as_it_is(kb, staff, step)


def approve_as_it_is(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    """Approve the entry as it was saved."""
    record = kb.faq.life.approve(staff, step.entry_id, step.version, step.checked, now_utc())
    return record, "已通过，从现在起用来回答。"


def reject(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    """Send the entry back with the reviewer's note."""
    return kb.faq.life.reject(staff, _opened(step), step.version, step.note, now_utc()), "已退回。"


def withdraw(kb: KnowledgeBase, staff: Staff, step: FormStep) -> tuple[FaqRecord, str]:
    """Withdraw the entry."""
    return kb.faq.life.withdraw(staff, _opened(step), step.version, now_utc()), "已撤下，不再用来回答。"


def _saved(kb: KnowledgeBase, staff: Staff, step: FormStep) -> FaqRecord:
    draft = read_form(step.form)
    if not step.entry_id:
        return kb.faq.life.create(staff, draft, now_utc())
    return kb.faq.life.save(staff, step.entry_id, step.version, draft, now_utc())


def _opened(step: FormStep) -> str:
    if not step.entry_id:
        raise InputError("请先打开一条问答。")
    return step.entry_id
