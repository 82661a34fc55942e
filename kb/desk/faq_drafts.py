"""Makes the draft of an FAQ entry from a group of questions."""

from datetime import datetime

from kb.errors import InputError
from kb.faq.life import FaqLife
from kb.faq.models import FaqDraft, FaqRecord
from kb.models import MAX_QUESTION_CHARS
from kb.queue.items import QueueState
from kb.queue.replies import owner_of
from kb.queue.view import Group
from kb.queue.worklist import Queue
from kb.staff.permissions import Staff


def draft_from_group(
    queue: Queue, life: FaqLife, staff: Staff, group_id: int, answer: str, now: datetime
) -> FaqRecord:
    """Add a draft with the group's question and `answer`, and link it to the group.

    An empty `answer` means the reply that citizens got.

    Raises:
        InputError: there is neither answer nor reply, or the group has a draft already.
        NotAllowedError, NotFoundError: see kb.queue.worklist.Queue.
    """
    group = queue.group(staff, group_id, now).group
    if group.faq_id is not None:
        raise InputError(f"这一组已经写成问答（编号 {group.faq_id}），请到“常见问答”里修改。")
    text = answer.strip() or _reply(group)
    if not text:
        raise InputError("还没有答复，请先填写答案，再写成问答。")
    department = owner_of(staff, group.departments)
    question = group.text[:MAX_QUESTION_CHARS]  # placeholders of masked data may have made it longer
    draft = FaqDraft(question=question, answer=text, department=department)
    record = life.propose(staff, draft, now, asked_at=group.first_asked)
    queue.link_draft(staff, group_id, record.entry.id, now)
    return record


def _reply(group: Group) -> str:
    """The last reply to the group, empty if none; the reason of a dismissal is no reply."""
    return (group.closed_text or "") if group.state is QueueState.ANSWERED else ""
