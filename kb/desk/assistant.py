"""Drafts that the language model writes for staff: never published automatically, always marked as drafts.

    faq        a question and its answer from a paragraph
    variants   other ways in which citizens ask the same question
    plain      a paragraph in plain words (深入浅出)
    reply      an answer to a citizen's question, from the documents

A draft is checked as answers are (kb.llm.grounding), but its faults are shown to the person who edits it. In
a reply, which cites passages, a sentence with a fault is left out as well. The audit log records every draft.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from kb.answering.quoting import cite_span
from kb.answers import Answer, AnswerKind, Citation, Reason
from kb.errors import InputError
from kb.hits import Hits
from kb.language.injection import addresses_software
from kb.language.masking import mask
from kb.language.normalise import question_key
from kb.llm.claims import claims, unknown_names
from kb.llm.grounding import check, faults, says_unknown
from kb.llm.options import Messages, Speaker
from kb.llm.passages import as_block, pack, tokens
from kb.llm.prompts import as_data, read_prompt
from kb.llm.speech import Sentence, sentences_of, speech
from kb.models import FindDocument, Model, Question
from kb.staff.audit import Audit
from kb.staff.permissions import Action, Staff, require
from kb.storage.database import transaction

MARK = "模型草稿，须人工核对、修改后使用"
MAX_PASSAGE = 2_000  # characters
_SHOWN = 200  # characters of a draft kept in the audit log
_LONGEST_VARIANT = 60
_FRAME = 60  # tokens of marks and chat template
_REASONS = {
    Reason.NUMBER: "有原文没有的数字或单位",
    Reason.DATE: "有原文没有的日期",
    Reason.DOCUMENT_NUMBER: "有原文没有的文号",
    Reason.NAME: "有原文没有的名称",
    Reason.LIMIT: "“以上”“以内”之类与原文不同",
    Reason.NEGATION: "“不得”“可以”之类与原文相反",
    Reason.CONDITION: "说了不予办理之类的后果，没有说条件",
    Reason.OVERLAP: "与原文相差较大",
    Reason.NO_PASSAGE: "找不到依据",
    Reason.UNKNOWN_PASSAGE: "引用了不存在的资料",
    Reason.INSTRUCTION: "不像是对群众说的话",
}
_FINDING = "“{sentence}”{reasons}"
_LEFT_OUT = "有 {count} 句没有通过核对，已删去：{reasons}"

AskQuoting = Callable[[Question], tuple[Answer, Hits]]


class Draft(Model):
    """A draft by the model, and the findings that its editor should check."""

    mark: str = MARK
    prompt: str  # name and version of the prompt
    text: str = ""
    question: str = ""
    variants: tuple[str, ...] = ()
    citations: tuple[Citation, ...] = ()
    findings: tuple[str, ...] = ()


class Assistant:
    """Writes drafts. All methods take the `staff` who ask and raise

    NotAllowedError: their role may not ask for this draft.
    InputError: there is nothing to write from, or the model wrote nothing usable.
    LlmError: the model cannot be asked.
    """

    def __init__(
        self, model: Speaker, ask: AskQuoting, find_document: FindDocument, engine: Engine, audit: Audit
    ) -> None:
        self._model = model
        self._ask = ask
        self._find_document = find_document
        self._engine = engine
        self._audit = audit

    def faq(self, staff: Staff, passage: str, now: datetime) -> Draft:
        """Draft a question and its answer from a paragraph of a document."""
        require(staff, Action.FAQ_EDIT)
        source = self._usable(passage)
        model_text = self._said(read_prompt("faq_draft").fill(passage=as_data(source)))
        question, _, answer = model_text.removeprefix("问：").removeprefix("问:").partition("\n")
        answer = answer.strip().removeprefix("答：").removeprefix("答:").strip()
        if not question.strip() or not answer:
            raise InputError("语言模型没有写出一问一答，请再试一次，或自己写。")
        findings = _findings([question, answer], source)
        draft = Draft(prompt=_version("faq_draft"), question=question.strip(), text=answer, findings=findings)
        return self._noted(staff, "问答草稿", draft, now)

    def variants(self, staff: Staff, question: str, now: datetime) -> Draft:
        """Draft other ways to ask `question`; a wording that adds a number or a name is dropped."""
        require(staff, Action.FAQ_EDIT)
        source = self._usable(question)
        model_text = self._said(read_prompt("variants").fill(question=as_data(source)))
        kept = {question_key(source): ""}
        for sentence in sentences_of([model_text]):
            is_same = claims(sentence.text) <= claims(source) and not unknown_names(sentence.text, source)
            if is_same and len(sentence.text) <= _LONGEST_VARIANT and not addresses_software(sentence.text):
                kept.setdefault(question_key(sentence.text), sentence.text)
        wordings = tuple(text for text in kept.values() if text)
        if not wordings:
            raise InputError("语言模型没有写出别的问法，请再试一次，或自己写。")
        draft = Draft(prompt=_version("variants"), question=source, variants=wordings)
        return self._noted(staff, "其他问法", draft, now)

    def plain(self, staff: Staff, passage: str, now: datetime) -> Draft:
        """Rewrite a paragraph in plain words."""
        require(staff, Action.FAQ_EDIT)
        source = self._usable(passage)
        model_text = self._said(read_prompt("plain").fill(passage=as_data(source)))
        draft = Draft(prompt=_version("plain"), text=model_text, findings=_findings([model_text], source))
        return self._noted(staff, "通俗改写", draft, now)

    def reply(self, staff: Staff, question: str, now: datetime) -> Draft:
        """Draft a reply to a citizen's question, of sentences that the documents support."""
        require(staff, Action.QUEUE)
        text = self._usable(question)
        quoted, hits = self._ask(Question(text=text))
        quoted_chunks = [citation.chunk_id for citation in quoted.citations if citation.chunk_id]
        prompt = read_prompt("reply")
        options = self._model.options
        room = options.context_tokens - options.answer_tokens - tokens(f"{prompt.system}{text}") - _FRAME
        passages = pack(hits.kept, quoted_chunks, room)
        if quoted.kind is AnswerKind.REFUSED or not passages:
            raise InputError("文件里没有找到依据，不能起草答复；请查找文件后自己写。")
        model_text = self._said(prompt.fill(passages=as_block(passages), question=as_data(mask(text))))
        kept: list[str] = []
        cited_numbers: list[int] = []
        reasons: list[Reason] = []
        dropped = 0
        for sentence in sentences_of([model_text]):
            verdict = check(sentence, passages)
            if verdict.reasons or says_unknown(sentence):
                dropped += 1
                reasons += verdict.reasons
            else:
                cited_numbers += [number for number in verdict.cited if number not in cited_numbers]
                marks = "".join(f"[{cited_numbers.index(number) + 1}]" for number in verdict.cited)
                kept.append(f"{sentence.text}{marks}")
        if not kept:
            raise InputError("语言模型写的内容都没有通过核对，请自己写。")
        left_out = _LEFT_OUT.format(count=dropped, reasons=_reasons(reasons))
        draft = Draft(
            prompt=_version("reply"),
            question=text,
            text="\n".join(kept),
            citations=tuple(
                cite_span(passage.hit.chunk.span, document)
                for number in cited_numbers
                for passage in passages
                if passage.number == number and (document := self._find_document(passage.hit.document.id))
            ),
            findings=(left_out,) if dropped else (),
        )
        return self._noted(staff, "答复草稿", draft, now)

    def _usable(self, text: str) -> str:
        """`text` without white space at its ends, if it may be given to the model.

        Raises:
            InputError: it is empty, too long, or gives orders to software.
        """
        bare = text.strip()
        if not bare:
            raise InputError("请先填写内容，再请模型起草。")
        if len(bare) > MAX_PASSAGE:
            raise InputError(f"内容太长（{len(bare)} 个字），请选取 {MAX_PASSAGE} 个字以内的一段。")
        if addresses_software(bare):
            raise InputError("这段文字里有对计算机程序发出的指令，不能交给模型。")
        return bare

    def _said(self, messages: Messages) -> str:
        """The text with which the model answers `messages`, without marks of its own."""
        model_text, _ = speech("".join(self._model.stream(messages)))
        return model_text.strip()

    def _noted(self, staff: Staff, subject: str, draft: Draft, now: datetime) -> Draft:
        draft_text = draft.text or "\n".join(draft.variants)
        after = {"prompt": draft.prompt, "text": draft_text[:_SHOWN], "findings": len(draft.findings)}
        with transaction(self._engine) as connection:
            self._audit.write(connection, staff.name, "模型起草", subject, None, after, now, ("text",))
        return draft


def _version(name: str) -> str:
    return f"{name} v{read_prompt(name).version}"


def _findings(texts: Sequence[str], source: str) -> tuple[str, ...]:
    """A line for each doubtful sentence of `texts`; wording other than the source's is no fault here."""
    findings = []
    for text in texts:
        for sentence in sentences_of([f"{text}\n"]):
            doubts = faults(sentence.text, source) - {Reason.OVERLAP, Reason.ORDER}
            if doubts:
                findings.append(_FINDING.format(sentence=_short(sentence), reasons=_reasons(doubts)))
    return tuple(findings)


def _reasons(reasons: Sequence[Reason] | frozenset[Reason]) -> str:
    return (
        "、".join(dict.fromkeys(_REASONS[reason] for reason in sorted(reasons) if reason in _REASONS))
        or "不合要求"
    )


def _short(sentence: Sentence) -> str:
    return sentence.text if len(sentence.text) <= 30 else f"{sentence.text[:29]}…"
