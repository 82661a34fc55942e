"""Gives routes the knowledge base, and says how far it is filled while documents are brought in."""

from fastapi import Request

from kb.commands.terminal import ProgressStep, Silence
from kb.controls import wording
from kb.knowledge_base import KnowledgeBase


class BringingIn(Silence):
    """The terminal of the ingest behind the pages; `done` is how far it is, in words."""

    done = ""

    def step(self, step: ProgressStep) -> None:
        """Keep the count of documents: 18/60 份."""
        self.done = step.note.partition(" 份")[0] + " 份"


def knowledge_base(request: Request) -> KnowledgeBase:
    """The knowledge base that the program was started with."""
    kb = request.app.state.kb
    assert isinstance(kb, KnowledgeBase)
    return kb


def notice(request: Request) -> str:
    """What pages say before anything is asked: answers are off, or documents are still brought in."""
    rules = knowledge_base(request).controls.rules()
    going_on = getattr(request.app.state, "bringing_in", None)
    if rules.announcement or not isinstance(going_on, BringingIn) or not going_on.done:
        return rules.announcement
    return rules.say(wording.BRINGING_IN).format(done=going_on.done)
