"""A reading question with three passages: its neighbour, the article that answers, one nobody judged."""

from eval.train.examples import Example, Passage
from kb.models import Span

ARTICLE = "第十六条 行政机关内部事务信息，包括人事管理、后勤管理、内部工作流程等方面的信息，可以不予公开。"
OTHER = "第十五条 涉及商业秘密、个人隐私等公开会对第三方合法权益造成损害的政府信息，行政机关不得公开。"
ANSWER = "可以不予公开"
_AT = ARTICLE.index(ANSWER)


def example(group: str, question: str = "内部工作流程必须公开吗？") -> Example:
    """The question, written from the document `group`."""
    return Example(
        qid="1",
        group=group,
        question=question,
        kind="rule",
        verdict="no",
        passages=(
            Passage(text=OTHER, label=0),
            Passage(text=ARTICLE, label=1, spans=(Span(start=_AT, end=_AT + len(ANSWER)),)),
            Passage(text="公开的其他规定。", label=None),
        ),
    )
