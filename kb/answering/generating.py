"""Writes answers with a language model from the passages that would be quoted; each sentence is checked.

Whether there is an answer is decided before the model is asked: its text only ever replaces a quoted answer
(`quoted`). The citizen gets the quoted answer

    instead, with a notice           when the model cannot be asked, or no sentence passes (kb.llm.grounding)
    after the generated sentences    when the model broke off, or did not say the asked point

Each sentence is shown as soon as it has passed its checks, so nothing unchecked is ever shown and nothing
shown is taken back. When the model's first sentence says that the passages hold no answer, the question is
refused.
"""

from collections.abc import Generator, Iterator, Mapping
from time import monotonic

from kb.answering.answerability import unsaid
from kb.answering.quoting import cite_span
from kb.answering.refusal import refuse
from kb.answers import ENDING_KIND, Answer, Citation, Ending, Piece, Reason, SentenceCheck
from kb.controls import wording
from kb.controls.rules import Rules
from kb.errors import LlmError, LlmFailure
from kb.hits import Hits
from kb.language.facets import EVIDENT, Facet, facets_of
from kb.language.injection import addresses_software
from kb.language.masking import mask
from kb.language.normalise import canonical
from kb.llm.grounding import check, says_unknown
from kb.llm.options import Speaker
from kb.llm.passages import Passage, as_block, pack, tokens
from kb.llm.prompts import as_data, read_prompt
from kb.llm.speech import Sentence, sentences_of
from kb.models import FindDocument, Model, PolicyDocument, Question, Status
from kb.question.understanding import Query

FIRST_SENTENCE = "first_sentence"  # key in Answer.timings_ms
_MOST_DROPPED = 4  # sentences in a row, after which the model is expected to say nothing true
_FRAME = 60  # tokens of the marks around question and passages, and of the chat template
_UNKNOWN_CONFIDENCE = 0.3
_POINTS = (Facet.NUMBER, Facet.TIME, Facet.CONTACT)


class Asked(Model):
    """A question as it stands before the model is asked; `quoted` is the answer without the model."""

    question: Question
    query: Query
    hits: Hits
    quoted: Answer
    rules: Rules
    started: float  # monotonic seconds; the model's time limit counts from here


class _Draft:
    """The sentences shown so far, and the check of every sentence, shown or dropped."""

    def __init__(self) -> None:
        self.shown: list[str] = []  # sentences with citations
        self.said: list[str] = []  # the same sentences without citations
        self.checks: list[SentenceCheck] = []
        self.order: list[int] = []  # numbers of passages in the order of their first citation
        self.is_unknown = False
        self.failure: LlmError | None = None

    @property
    def text(self) -> str:
        return "".join(self.shown)

    def keep(self, text: str, cited: tuple[int, ...]) -> str:
        """Add a sentence; return it as it is shown, with citations numbered in order of first appearance."""
        self.order += [number for number in cited if number not in self.order]
        marks = "".join(f"[{self.order.index(number) + 1}]" for number in cited)
        words = f"{text}{marks}"
        words = f"\n{words}" if self.shown else words
        self.shown.append(words)
        self.said.append(text)
        self.checks.append(SentenceCheck(cited=cited, kept=True))
        return words

    def drop(self, cited: tuple[int, ...], reasons: tuple[Reason, ...]) -> None:
        """Record a sentence that is not shown, and why."""
        self.checks.append(SentenceCheck(cited=cited, kept=False, reasons=reasons))


class Generating:
    """Writes answers with a language model."""

    def __init__(self, model: Speaker, find_document: FindDocument) -> None:
        self._model = model
        self._find_document = find_document

    def write(self, asked: Asked) -> Generator[Piece, None, Answer]:
        """Yield each sentence that passes, return the whole answer: `asked.quoted` if the model is no use."""
        query, confidence = asked.query.text, asked.quoted.confidence
        start = monotonic()
        sources = self._sources(asked)
        if not sources:
            return asked.quoted
        passages = tuple(passage for passage, _ in sources)
        citations = {passage.number: citation for passage, citation in sources}
        draft = _Draft()
        first_seconds: float | None = None
        notice = self._opening(asked)
        for words in self._sentences(asked, passages, draft):
            if first_seconds is None:
                first_seconds = monotonic() - asked.started
                words = f"{notice}{words}"
            yield Piece(text=words, rewritten=query, confidence=confidence, topic=asked.query.carried)
        answer, rest = _finish(asked, citations, draft, notice)
        if rest:
            yield Piece(text=rest, rewritten=query, confidence=confidence, topic=asked.query.carried)
        timings = {"generate": round((monotonic() - start) * 1000, 2)}
        if first_seconds is not None:
            timings[FIRST_SENTENCE] = round(first_seconds * 1000, 2)
        return answer.model_copy(
            update={"checks": tuple(draft.checks), "timings_ms": {**answer.timings_ms, **timings}}
        )

    def _sources(self, asked: Asked) -> tuple[tuple[Passage, Citation], ...]:
        """The passages that the model gets, each with its citation; empty where quoting is better.

        Quoting is better for a fact about a document itself, for two documents that contradict each other,
        for a question for more or with orders to software, and for passages that do not fit.
        """
        citations = asked.quoted.citations
        chunk_ids = [citation.chunk_id for citation in citations if citation.chunk_id]
        several_documents = len({citation.document_id for citation in citations}) > 1
        if (
            not chunk_ids
            or several_documents
            or asked.query.wants_more
            or addresses_software(asked.question.text)
        ):
            return ()
        options = self._model.options
        prompt_tokens = tokens(asked.query.text) + tokens(read_prompt("answer").system) + _FRAME
        budget = options.context_tokens - options.answer_tokens - prompt_tokens
        packed = pack(asked.hits.kept, chunk_ids, budget)
        pairs = [(passage, self._find_document(passage.hit.document.id)) for passage in packed]
        return tuple((passage, _cite(passage, document)) for passage, document in pairs if document)

    @staticmethod
    def _opening(asked: Asked) -> str:
        """The notice before the answer when the text is no longer in force, else empty."""
        first = asked.quoted.citations[0]
        if first.status is Status.IN_FORCE:
            return ""
        outdated = asked.rules.say(wording.OUTDATED)
        return outdated.format(title=first.document, status=first.status.value) + "\n"

    def _sentences(self, asked: Asked, passages: tuple[Passage, ...], draft: _Draft) -> Iterator[str]:
        """Yield each sentence that passes, as it is shown; `draft` records every sentence."""
        prompt = read_prompt("answer")
        stream = self._model.stream(
            prompt.fill(passages=as_block(passages), question=as_data(mask(asked.query.text))),
            until=asked.started + self._model.options.total_s,
        )
        dropped_in_a_row = 0
        try:
            for sentence in sentences_of(stream):
                if says_unknown(sentence):
                    draft.drop(sentence.cited, (Reason.UNKNOWN,))
                    draft.is_unknown = not draft.shown and len(draft.checks) == 1
                    if draft.is_unknown:
                        return
                    continue
                if _is_repeated(sentence, draft):
                    draft.drop(sentence.cited, (Reason.REPEATED,))
                    return  # the model goes round in circles
                verdict = check(sentence, passages)
                if verdict.reasons:
                    draft.drop(verdict.cited, verdict.reasons)
                    dropped_in_a_row += 1
                    if dropped_in_a_row == _MOST_DROPPED:
                        return
                else:
                    dropped_in_a_row = 0
                    yield draft.keep(sentence.text, verdict.cited)
        except LlmError as error:
            draft.failure = error
        finally:
            stream.close()


def _finish(
    asked: Asked, citations: Mapping[int, Citation], draft: _Draft, notice: str
) -> tuple[Answer, str]:
    """The answer made of the sentences in `draft`, and its quoted part where they are not enough."""
    quoted, rules = asked.quoted, asked.rules
    if draft.is_unknown:
        confidence = min(quoted.confidence, _UNKNOWN_CONFIDENCE)
        return refuse(asked.question, asked.query, asked.hits, Ending.NOT_KNOWN, confidence, rules), ""
    broke_off = draft.failure is not None and draft.failure.failure is not LlmFailure.TOO_LONG
    if not draft.shown:
        sentence = wording.MODEL_AWAY if broke_off else wording.MODEL_UNCHECKED
        return quoted.model_copy(update={"notice": rules.say(sentence)}), ""
    cited = tuple(citations[number] for number in draft.order)
    shortfall = rest = ""
    if broke_off:
        shortfall = rules.say(wording.MODEL_INTERRUPTED)
    elif not _says_the_point(asked, "\n".join(draft.said)):
        shortfall = rules.say(wording.MODEL_INCOMPLETE)
    if shortfall:
        numbers = range(len(cited) + 1, len(cited) + len(quoted.citations) + 1)
        rest = f"\n{shortfall}\n{quoted.text}" + "".join(f"[{number}]" for number in numbers)
        cited += quoted.citations
    generated = {
        "kind": ENDING_KIND[Ending.GENERATED],
        "ending": Ending.GENERATED,
        "text": f"{notice}{draft.text}{rest}",
        "citations": cited,
    }
    return quoted.model_copy(update=generated), rest


def _cite(passage: Passage, document: PolicyDocument) -> Citation:
    """The citation of a whole passage."""
    chunk = passage.hit.chunk
    place = {"section": " > ".join(chunk.heading_path), "chunk_id": chunk.id_}
    return cite_span(chunk.span, document).model_copy(update=place)


def _is_repeated(sentence: Sentence, draft: _Draft) -> bool:
    return any(sentence.text in words for words in draft.shown)


def _says_the_point(asked: Asked, text: str) -> bool:
    """Whether a generated text says the asked point, as far as the quoted answer says it."""
    query, quoted = asked.query.text, asked.quoted
    title = quoted.citations[0].document
    passages = "\n".join(hit.chunk.text for hit in asked.hits.kept)
    if unsaid(query, text, title, passages) is not None:
        return False
    if Facet.UNITS in facets_of(query) and quoted.departments:
        return any(unit in text for unit in quoted.departments)
    patterns = [EVIDENT[facet] for facet in facets_of(query) if facet in _POINTS]
    written_text, quoted_text = canonical(text), canonical(quoted.text)
    return all(pattern.search(written_text) or not pattern.search(quoted_text) for pattern in patterns)
