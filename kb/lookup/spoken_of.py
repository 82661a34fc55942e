"""The documents that a conversation speaks of: those of the list before, else those the answer before cites.

有没有关于信访的文件    第三十四条说的什么      《信访工作条例》
低保怎么申请            这个文件谁发的          the document that was quoted
"""

from kb.answers import Ending
from kb.lookup.collection import SHOWN, Collection
from kb.lookup.courtesies import AskAgain
from kb.models import Model, Question

_TURNS = 3  # looked back at, each asked once more


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
        """What the last turn before `question` that spoke of a document spoke of.

        A list of all that is collected speaks of nothing; a turn that was refused is passed over.
        """
        turn = question.before
        for _ in range(_TURNS):
            if turn is None:
                break
            spoken = self._in_turn(turn)
            if spoken.listed or spoken.documents:
                return spoken
            turn = turn.before
        return Spoken()

    def _in_turn(self, turn: Question) -> Spoken:
        listed = self._collection.titled(turn.text)
        if listed:
            return Spoken(documents=listed if len(listed) <= SHOWN else (), listed=True)
        answer = self._ask_again(turn)
        if answer.ending is Ending.DOCUMENTS:
            return Spoken(listed=True)
        cited = tuple(dict.fromkeys(citation.document_id for citation in answer.citations))
        return Spoken(documents=cited, listed=answer.ending is Ending.LISTED)
