"""Question files -> frozen items; an unusable line is an error that names file and line.

A line of qa.jsonl: {"qid", "question", "doc_id", "answer" | "key_points": [...], "evidence"?: [...],
"doc_ids"?: [...], "section"?, "type"?, "split"?, "history"?: [...], "answerable"?: bool,
"must_not"?: [...], "alone"?: bool, "ending"?, "conversation"?, "clarifies"?: bool, "options"?: [...],
"source"?}. A folder of such files may be
given instead of a file.
A line of outside.jsonl has the same fields; its questions all count as unanswerable.

`doc_id` may be a document id, a file name or a title. Data sets that number their files have a
manifest.jsonl ({"doc_id", "file"}) in the corpus folder or beside qa.jsonl; see `read_manifest`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kb.errors import DatasetError
from kb.models import MAX_QUESTION_CHARS, Model
from kb.storage.text_files import FIELD_ERRORS

MANIFEST = "manifest.jsonl"
UNTYPED = "untyped"
CROSS_DOCUMENT = "cross_document"

_ERROR_WORDS: Mapping[str, str] = {
    **FIELD_ERRORS,
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
}


def _text_of_number(value: object) -> object:
    """An integer as a string, because some sets number their questions: 7 -> "7"."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, BeforeValidator(_text_of_number), Field(min_length=1)]
Words = Annotated[str, Field(min_length=1)]


class Item(Model):
    """One question and the expected answer.

    `doc_ids` are all documents that hold the answer, as the file names them; each passage of `evidence`
    answers by itself; every key point must be said (alternatives separated by "|"), and no phrase of
    `must_not`, neither in the answer's words nor in its quotations. `alone`: nothing but the section may be
    cited. `ending`: the ending (kb.answers.Ending) that is right for what asks nothing of the documents (a
    greeting, a call for a person) or asks about them as a whole. `conversation`: the conversation of which
    the item is a turn; its `history` holds the turns before. `clarifies`: whether a question is to be asked
    back beside the answer, and `options` are labels that it must offer.
    """

    # Sets from elsewhere carry fields of their own, so extra fields are ignored; a misspelt field of ours is
    # still noticed, because an answerable question without anything to check it by is an error.
    model_config = ConfigDict(frozen=True, extra="ignore")

    qid: Name
    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARS)]
    history: tuple[Words, ...] = ()
    doc_ids: tuple[Name, ...] = ()
    answer: str | None = None
    key_points: tuple[Words, ...] = ()
    evidence: tuple[Words, ...] = ()
    section: str | None = None
    type: str = UNTYPED
    split: str | None = None
    answerable: bool = True
    must_not: tuple[Words, ...] = ()
    alone: bool = False
    ending: Words | None = None
    conversation: Words | None = None
    clarifies: bool | None = None
    options: tuple[Words, ...] = ()
    source: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _join_document_names(cls, line: object) -> object:
        """Join `doc_id` and `doc_ids` into one list; null counts as absent."""
        if not isinstance(line, dict):
            return line
        fields = {name: value for name, value in line.items() if value is not None}
        first, more = fields.pop("doc_id", None), fields.pop("doc_ids", None)
        if isinstance(more, list) or more is None:
            names = [*([] if first is None else [first]), *(more or [])]
            fields["doc_ids"] = list(dict.fromkeys(names)) if all(map(_hashable, names)) else names
        else:
            fields["doc_ids"] = more
        return fields

    @model_validator(mode="after")
    def _can_be_judged(self) -> "Item":
        if not self.question.strip():
            raise ValueError("question 不能为空")
        if self.answerable and not (self.doc_ids or self.expected or self.ending):
            raise ValueError(
                "没有 doc_id，也没有 answer、key_points、evidence、ending，无从判断答得对不对；"
                '若资料里本来就没有答案，请写 "answerable": false 或放进 --outside 文件'
            )
        if self.alone and not (self.section or self.key_points or self.evidence):
            raise ValueError("写了 alone，就要有 section、key_points 或 evidence 说明只该引用什么")
        return self

    @property
    def expected(self) -> tuple[str, ...]:
        """The expected words for display: the answer, else the key points, else the evidence."""
        return ((self.answer,) if self.answer else ()) or self.key_points or self.evidence


def _hashable(value: object) -> bool:
    return isinstance(value, str | int)


def read_questions(qa: Path, outside: Path | None = None) -> tuple[Item, ...]:
    """All items of `qa` (a file, or a folder of them), then those of `outside` as unanswerable.

    Raises:
        DatasetError: a file cannot be read, holds no question, or a line is malformed or repeats a qid.
    """
    place_of_qid: dict[str, str] = {}
    items = [
        item for file in question_files(qa, outside) for item in _items(file, place_of_qid, answerable=True)
    ]
    if outside is not None:
        items.extend(_items(outside, {}, answerable=False))
    if not items:
        raise DatasetError(f"{qa} 里没有问题")
    return tuple(items)


def question_files(qa: Path, outside: Path | None = None) -> tuple[Path, ...]:
    """`qa` itself, or the *.jsonl directly in the folder, by name, without the manifest and `outside`.

    Raises:
        DatasetError: the folder holds none.
    """
    if not qa.is_dir():
        return (qa,)
    apart = {qa / MANIFEST, *([] if outside is None else [outside.resolve()])}
    files = tuple(file for file in sorted(qa.glob("*.jsonl")) if not {file, file.resolve()} & apart)
    if not files:
        raise DatasetError(f"{qa} 里没有 .jsonl 问题文件")
    return files


def _items(file: Path, seen: dict[str, str], *, answerable: bool) -> Iterator[Item]:
    """The items of a file; `seen` maps each qid of the set to its place, and is extended."""
    for number, line in _lines(file):
        if not answerable:
            line = {**line, "answerable": False}
        try:
            item = Item.model_validate(line)
        except ValidationError as error:
            raise DatasetError(f"{file} 第 {number} 行：{_reasons(error)}") from error
        if item.qid in seen:
            earlier = seen[item.qid].removeprefix(f" {file} ")  # the file is named once
            raise DatasetError(f"{file} 第 {number} 行：qid {item.qid} 与{earlier}重复")
        seen[item.qid] = f" {file} 第 {number} 行"
        yield item


def _lines(file: Path) -> Iterator[tuple[int, dict[str, object]]]:
    """The JSON objects of a file with their line numbers; blank lines are skipped."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{file} 读不出来：{error}") from error
    # Not splitlines(), which also cuts at U+2028 and U+0085; JSON allows these inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise DatasetError(f"{file} 第 {number} 行：不是 JSON：{error}") from error
        if not isinstance(value, dict):
            raise DatasetError(f'{file} 第 {number} 行：应为 {{"qid", "question", …}} 这样的对象')
        yield number, value


def _reasons(error: ValidationError) -> str:
    """The errors of a line in one sentence, in Chinese where the case is known."""
    reasons = []
    for detail in error.errors(include_url=False):
        if detail["type"] == "value_error":
            reasons.append(str(detail["ctx"]["error"]))
        else:
            place = ".".join(str(part) for part in detail["loc"])
            reasons.append(f"{place} {_ERROR_WORDS.get(detail['type'], detail['msg'])}")
    return "；".join(reasons)


def read_manifest(corpora: Sequence[Path], qa: Path) -> dict[str, str]:
    """doc_id -> file name, from each manifest.jsonl in a corpus folder or beside the questions.

    Raises:
        DatasetError: a line has no "doc_id" or no "file".
    """
    names: dict[str, str] = {}
    folders = dict.fromkeys(path if path.is_dir() else path.parent for path in (*corpora, qa))
    for file in (folder / MANIFEST for folder in folders):
        if file.is_file():
            for number, line in _lines(file):
                if not {"doc_id", "file"} <= line.keys():
                    raise DatasetError(f"{file} 第 {number} 行：缺少 doc_id 或 file")
                names.setdefault(str(line["doc_id"]), Path(str(line["file"])).name)
    return names


def of_split(items: Sequence[Item], split: str | None) -> tuple[Item, ...]:
    """The items of one split; all of them for None.

    Raises:
        DatasetError: no item belongs to the split.
    """
    chosen = tuple(item for item in items if split is None or item.split == split)
    if not chosen:
        known_splits = "、".join(sorted({item.split for item in items if item.split})) or "没有标注 split"
        raise DatasetError(f"没有 split 为 {split} 的问题（文件里：{known_splits}）")
    return chosen
