"""Answers to what asks the documents nothing: greetings, thanks, a wish for a person, calls for help.

The words are those of kb.controls.wording; whom to call and what to do next stand beside them. 说简单点 and
再说一遍 give the answer before once more, from the documents, with its sources; an English question is looked
up by the terms it holds. While answers are switched off only emergencies are answered here.
"""

from collections.abc import Callable

from kb.answering.shorter import shorter
from kb.answers import ENDING_KIND, Answer, AnswerKind, Contact, Ending, Offer
from kb.controls import wording
from kb.controls.rules import Mode, Rules
from kb.language.normalise import canonical
from kb.lookup.saying import filled, said
from kb.models import Question
from kb.question.courtesy import courtesy_of, in_chinese

AskAgain = Callable[[Question], Answer]  # answers from the documents, without a language model

_SENTENCES = {
    Ending.GREETING: wording.GREETING,
    Ending.THANKS: wording.THANKS,
    Ending.IDENTITY: wording.IDENTITY,
    Ending.ABILITY: wording.ABILITY,
    Ending.PERSON: wording.PERSON,
    Ending.REACH: wording.REACH,
    Ending.COMPLAINT: wording.COMPLAINT,
    Ending.EMERGENCY: wording.EMERGENCY,
    Ending.UPSET: wording.UPSET,
    Ending.NONSENSE: wording.NONSENSE,
    Ending.ENGLISH: wording.ENGLISH,
}
_EMERGENCIES = ((wording.POLICE, "110"), (wording.FIRE, "119"), (wording.AMBULANCE, "120"))
_CALL = (Ending.PERSON, Ending.REACH, Ending.COMPLAINT, Ending.UPSET, Ending.ENGLISH)
_OFFERS = {
    Ending.PERSON: (Offer.LEAVE, Offer.CONTACTS),
    Ending.REACH: (Offer.LEAVE, Offer.CONTACTS),
    Ending.COMPLAINT: (Offer.CONTACTS,),
    Ending.UPSET: (Offer.LEAVE, Offer.CONTACTS),
    Ending.ENGLISH: (Offer.CONTACTS,),
}


class Courtesies:
    """Answers what asks the documents nothing; `ask_again` answers an earlier question once more."""

    def __init__(self, ask_again: AskAgain) -> None:
        self._ask_again = ask_again

    def answer(self, question: Question, rules: Rules) -> Answer | None:
        """What is said to `question`, whose history holds questions only; None when it asks for something."""
        ending = courtesy_of(question.text)
        if ending is None or (rules.mode is not Mode.ON and ending is not Ending.EMERGENCY):
            return None
        if ending in (Ending.SIMPLER, Ending.REPEAT):
            return self._once_more(question, ending, rules)
        answer = courtesy(question, ending, rules.say(_SENTENCES[ending]))
        calls = _calls(ending, rules)
        answer = answer.model_copy(update={"contacts": calls, "offers": _OFFERS.get(ending, ())})
        return self._with_found(answer, rules) if ending is Ending.ENGLISH else answer

    def _once_more(self, question: Question, ending: Ending, rules: Rules) -> Answer:
        """The answer to the question before `question`, whole or by its decisive words."""
        before = question.before
        if before is None:
            return courtesy(question, ending, rules.say(wording.NOTHING_BEFORE))
        answer = self._ask_again(before)
        if ending is Ending.REPEAT:
            head, text = filled(rules.say(wording.REPEAT), question=before.text.strip()), answer.text
        elif answer.kind is AnswerKind.REFUSED or answer.kind is AnswerKind.COURTESY:
            head, text = "", answer.text
        else:
            text = shorter(answer)
            head = rules.say(wording.SIMPLER if text != answer.text else wording.SHORTEST)
        refused = answer.kind is AnswerKind.REFUSED
        contacts = answer.contacts or (_calls(Ending.UPSET, rules) if refused else ())
        return answer.model_copy(
            update={
                "question": question.text,
                "rewritten": question.text,
                "kind": ENDING_KIND[ending],
                "ending": ending,
                "text": f"{head}\n{text}".strip(),
                "topic": None,
                "faq_id": None,
                "corrections": (),
                "suggestions": (),
                "clarifying": None,
                "contacts": contacts if refused else (),
                "offers": (Offer.LEAVE,) if refused else (),
            }
        )

    def _with_found(self, answer: Answer, rules: Rules) -> Answer:
        """`answer` to an English question, with what the documents answer to its terms."""
        asked = in_chinese(canonical(answer.question))
        found = self._ask_again(Question(text=asked)) if asked else None
        if found is None or not found.citations:
            return answer
        text = f"{answer.text}\n\n{rules.say(wording.ENGLISH_FOUND)}“{asked}”\n{found.text}"
        return answer.model_copy(update={"text": text, "citations": found.citations})


def courtesy(question: Question, ending: Ending, text: str) -> Answer:
    """An answer that says `text` and cites nothing."""
    return said(question, ending, text, confidence=1.0)


def _calls(ending: Ending, rules: Rules) -> tuple[Contact, ...]:
    """The numbers to call."""
    if ending is Ending.EMERGENCY:
        return tuple(
            Contact(department=rules.say(name), name="", phone=number) for name, number in _EMERGENCIES
        )
    if ending in _CALL:
        return (Contact(department=rules.say(wording.HOTLINE), name="", phone=rules.hotline),)
    return ()
