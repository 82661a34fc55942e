"""Compare generated with quoted answers: each question is answered by the language model and by quoting.

key_point_recall     share of the expected points that the text of the answer says
faithfulness         share of the model's checked claims (sentences) that the passages support; the others
                     are not shown
unsupported          answers shown with a number, date or unit that no cited passage holds, found by a checker
                     independent of the grounding rules (eval.unsupported)
citation_precision   share of the citations that are from a document that holds the answer
citation_recall      share of the expected points that the cited passages say
first_ms, total_ms   time from the question to the first checked sentence, and to the whole answer
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.progress import track

from eval import metrics
from eval.dataset import Item, of_split, read_manifest, read_questions
from eval.run import Inputs, Resolver, name_resolver, tell
from eval.unsupported import lines_with_sources, statements, unsupported
from ingest.pipeline.run import ingest
from kb.answering.answerer import finished
from kb.answers import Answer, AnswerKind, Ending, Piece
from kb.errors import LlmError, SettingsError
from kb.knowledge_base import KnowledgeBase, open_knowledge_base
from kb.llm.prompts import as_data, read_prompt
from kb.models import Model, Question
from kb.settings import Settings

Figures = dict[str, float | int | None]


class AnswerPair(Model):
    """A question with both answers; `judged`: the model's verdict on the generated one, None if not asked."""

    item: Item
    documents: tuple[str, ...]
    quoted: Answer
    generated: Answer
    quoted_ms: float
    first_ms: float | None
    total_ms: float
    judged: bool | None = None

    @property
    def stray(self) -> list[str]:
        """The numbers of the generated answer that no cited passage holds."""
        return unsupported(self.generated) if self.generated.kind is AnswerKind.GENERATED else []


def compare(inputs: Inputs, settings: Settings, *, limit: int | None, judge: bool) -> list[AnswerPair]:
    """Ask every question both ways; with `limit` only that many, spread evenly over the sets.

    Raises:
        SettingsError: no language model is set.
        KbError: the files, the knowledge base or the corpus are not usable.
    """
    if settings.llm_base_url is None:
        raise SettingsError("没有设置语言模型：请用 KB_LLM_BASE_URL 和 KB_LLM_MODEL 指定")
    items = of_split(read_questions(inputs.qa, inputs.outside), inputs.split)
    if limit is not None and limit < len(items):
        items = tuple(items[place * len(items) // limit] for place in range(limit))
    manifest = read_manifest(inputs.corpora, inputs.qa)
    with open_knowledge_base(settings.model_copy(update={"home": inputs.out / "home"}), tell) as kb:
        tell(str(ingest(inputs.corpora, kb, prune=True)).split("\n", 1)[0])
        kb.answerer.quote(Question(text=items[0].question))
        resolve = name_resolver(kb.storage.documents.summaries(), manifest)
        console = Console(stderr=True)
        with (inputs.out / "generated.jsonl").open("w", encoding="utf-8") as out:
            pairs = []
            for item in track(items, "提问", console=console, disable=not console.is_terminal):
                pairs.append(_ask(item, kb, resolve, judge=judge))
                out.write(json.dumps(pairs[-1].model_dump(mode="json"), ensure_ascii=False) + "\n")
                out.flush()
        return pairs


def _ask(item: Item, kb: KnowledgeBase, resolve: Resolver, *, judge: bool) -> AnswerPair:
    question = Question(text=item.question, history=item.history)
    start = perf_counter()
    quoted = kb.answerer.quote(question)
    quoted_ms = (perf_counter() - start) * 1000
    first: list[float] = []

    def listen(_piece: Piece) -> None:
        first.append((perf_counter() - start) * 1000)

    start = perf_counter()
    generated, _ = finished(kb.answerer.answering(question), listen)
    return AnswerPair(
        item=item,
        documents=tuple(sorted(name for document_name in item.doc_ids for name in resolve(document_name))),
        quoted=quoted,
        generated=generated,
        quoted_ms=round(quoted_ms, 1),
        first_ms=round(first[0], 1) if first else None,
        total_ms=round((perf_counter() - start) * 1000, 1),
        judged=_judge(generated, kb) if judge and generated.kind is AnswerKind.GENERATED else None,
    )


def _judge(answer: Answer, kb: KnowledgeBase) -> bool | None:
    """Whether the model, asked to judge, finds the answer supported; None when the model fails."""
    passages = "\n\n".join(f"<资料>\n{as_data(citation.quote)}\n</资料>" for citation in answer.citations)
    assert kb.model is not None
    try:
        model_text = kb.model.ask(
            read_prompt("judge").fill(passages=passages, answer=as_data(answer.text)), 10
        )
    except LlmError:
        return None
    return "支持" in model_text and "不支持" not in model_text


def figures(pairs: Sequence[AnswerPair]) -> Figures:
    """Every figure of the comparison; None where no question counts."""
    generated = [pair for pair in pairs if pair.generated.kind is AnswerKind.GENERATED]
    checks = [check for pair in pairs for check in pair.generated.checks]
    first = [pair.first_ms for pair in pairs if pair.first_ms is not None]
    model_asked = [pair for pair in pairs if pair.generated.checks or pair.generated.notice]
    verdicts = [pair.judged for pair in pairs if pair.judged is not None]
    result: Figures = {
        "n_questions": len(pairs),
        "n_model_asked": len(model_asked),
        "n_generated": len(generated),
        "n_fallen_back": sum(pair.generated.notice is not None for pair in pairs),
        "n_model_refused": sum(pair.generated.ending is Ending.NOT_KNOWN for pair in pairs),
        "n_sentences": len(checks),
        "n_sentences_shown": sum(check.kept for check in checks),
        "faithfulness": metrics.mean(float(check.kept) for check in checks),
        "n_numbers_shown": sum(_count_numbers(pair.generated) for pair in generated),
        "unsupported": sum(bool(pair.stray) for pair in pairs),
        "judge_supports": metrics.mean(float(verdict) for verdict in verdicts),
        "quoted.p50_ms": metrics.percentile([pair.quoted_ms for pair in pairs], 0.5),
        "first_p50_ms": metrics.percentile(first, 0.5),
        "first_p95_ms": metrics.percentile(first, 0.95),
        "total_p50_ms": metrics.percentile([pair.total_ms for pair in model_asked], 0.5),
        "total_p95_ms": metrics.percentile([pair.total_ms for pair in model_asked], 0.95),
    }
    for name, source in (("quoted", "quoted"), ("generated", "generated")):
        answers = [(pair, pair.quoted if source == "quoted" else pair.generated) for pair in pairs]
        result |= {f"{name}.{key}": value for key, value in _quality(answers).items()}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in result.items()}


def _count_numbers(answer: Answer) -> int:
    return sum(len(statements(line)) for line, _ in lines_with_sources(answer))


def _quality(answers: Sequence[tuple[AnswerPair, Answer]]) -> Figures:
    """The quality figures of one way of answering; a refused answerable question counts 0."""
    answerable = [(pair, answer) for pair, answer in answers if pair.item.answerable]
    pointed = [(pair.item.key_points, answer) for pair, answer in answerable if pair.item.key_points]
    spoken = [
        (points, "" if answer.kind is AnswerKind.REFUSED else answer.text) for points, answer in pointed
    ]
    cited = [(points, "\n".join(c.quote for c in answer.citations)) for points, answer in pointed]
    return {
        "key_point_recall": metrics.mean(metrics.key_point_recall(points, text) for points, text in spoken),
        "citation_recall": metrics.mean(metrics.key_point_recall(points, text) for points, text in cited),
        "citation_precision": metrics.mean(
            float(citation.document_id in pair.documents)
            for pair, answer in answerable
            for citation in answer.citations
        ),
        "must_not_violations": metrics.mean(
            float(any(metrics.says(words, answer.text) for words in pair.item.must_not))
            for pair, answer in answers
            if pair.item.must_not
        ),
        "refused_of_answerable": metrics.mean(
            float(answer.kind is AnswerKind.REFUSED) for _, answer in answerable
        ),
        "refused_of_unanswerable": metrics.mean(
            float(answer.kind is AnswerKind.REFUSED) for pair, answer in answers if not pair.item.answerable
        ),
    }


def in_words(found: Figures, pairs: Sequence[AnswerPair]) -> Iterator[str]:
    """The comparison as Markdown."""
    yield "# 生成与引用的比较\n"
    yield "| 指标 | 值 |\n| --- | --- |"
    yield from (f"| `{name}` | {'-' if value is None else value} |" for name, value in found.items())
    stray = [(pair.item.qid, "、".join(pair.stray)) for pair in pairs if pair.stray]
    yield "\n数字、日期或单位不在所引段落里的回答：" + ("无" if not stray else "")
    yield from (f"- {qid}：{words}" for qid, words in stray)


def write(pairs: Sequence[AnswerPair], out: Path) -> Figures:
    """Write generated.json and generated.md into `out`; return the figures."""
    comparison = figures(pairs)
    (out / "generated.json").write_text(
        json.dumps(comparison, ensure_ascii=False, indent=2), encoding="utf-8"
    )
    (out / "generated.md").write_text("\n".join(in_words(comparison, pairs)) + "\n", encoding="utf-8")
    return comparison
