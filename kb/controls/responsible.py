"""部门对照: which local department answers for which documents and questions; rows that administrators keep.

A national law names no office of the district. A row says that of a document, by its title, issuer or topic,
or by words of its title or of the question itself: 工伤 -> 区人社局.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from kb.language.normalise import canonical, short_title
from kb.models import Model, PolicyDocument


class Matter(StrEnum):
    """What a row is about, the most particular first."""

    DOCUMENT = "document"
    WORDS = "words"
    TOPIC = "topic"
    ISSUER = "issuer"

    @property
    def label(self) -> str:
        """The matter in Chinese."""
        return _LABELS[self]


_LABELS = {
    Matter.DOCUMENT: "文件",
    Matter.WORDS: "标题或问题里的词",
    Matter.TOPIC: "主题分类",
    Matter.ISSUER: "发文机关",
}


class MapRow(Model):
    """The department that answers for all documents (and for WORDS: questions) with `value`."""

    matter: Matter
    value: str
    department: str

    @property
    def told(self) -> str:
        """The row in one line: 标题或问题里的词“工伤” → 区人社局."""
        return f"{self.matter.label}“{self.value}” → {self.department}"

    def covers(self, document: PolicyDocument) -> bool:
        """Whether the row is about `document`."""
        value = canonical(self.value)
        if self.matter is Matter.DOCUMENT:
            return short_title(self.value) == short_title(document.title)
        if self.matter is Matter.WORDS:
            return value in canonical(document.title)
        if self.matter is Matter.TOPIC:
            return value in canonical(document.topic or "")
        return value in canonical(document.issuer or "")

    def asked_in(self, question: str) -> bool:
        """Whether the row is about what `question` asks."""
        return self.matter is Matter.WORDS and canonical(self.value) in canonical(question)


def departments_for(
    rows: Sequence[MapRow], question: str, documents: Iterable[PolicyDocument]
) -> tuple[str, ...]:
    """The departments of the rows about `question` or `documents`, the most particular rows first."""
    heads = tuple(documents)
    matching = [row for row in rows if row.asked_in(question) or any(map(row.covers, heads))]
    order = tuple(Matter)
    ranked = sorted(matching, key=lambda row: (order.index(row.matter), -len(row.value)))
    return tuple(dict.fromkeys(row.department for row in ranked))
