"""The documents that a conversation speaks of: those of the list before, else those the answer before cites.

    有没有关于信访的文件    第三十四条说的什么      《信访工作条例》
    低保怎么申请            这个文件谁发的          the document that was quoted
"""

from kb.answers import Ending
from kb.lookup.collection import SHOWN, Collection
from kb.lookup.courtesies import AskAgain
from kb.models import Model, Question


class Spoken(Model):
    """Ids of documents that a turn spoke of, the first one first; `listed`: it set out to name them."""

    documents: tuple[str, ...] = ()
    listed: bool = False


class SpokenOf:
    """Finds them; `ask_again` answers an earlier question once more."""

    def __init__(self, collection: Collection, ask_again: AskAgain) -> None:
        self._collection = collection
        self._ask_again = ask_again

    def before(self, question: Question) -> Spoken:
        """What the turn before `question` spoke of; a list of all that is collected speaks of nothing."""
        before = question.before
        if before is None:
            return Spoken()
        listed = self._collection.titled(before.text)
        if listed:
            return Spoken(documents=listed if len(listed) <= SHOWN else (), listed=True)
        answer = self._ask_again(before)
        if answer.ending is Ending.DOCUMENTS:
            return Spoken(listed=True)
        cited = tuple(dict.fromkeys(citation.document_id for citation in answer.citations))
        return Spoken(documents=cited, listed=answer.ending is Ending.LISTED)
