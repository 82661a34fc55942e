"""A collection of any size without a model: real paragraphs recombined, and vectors made by hashing.

A made document has the outline of a real one, under the name of a made county, and every other paragraph of
it says what the paragraph of another document says. The vectors are sums of random signs, one for each pair
of characters (feature hashing, Weinberger 2009), around a common direction as those of E5 are. They cost
nothing, and texts that share words are near each other, so that questions find passages and are answered.
"""

import hashlib
import random
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from eval.dataset import read_questions
from ingest.pipeline.reading import Reading
from ingest.pipeline.reading_process import ReadReply, Task, perform
from ingest.pipeline.storing import store
from ingest.sources.source import Source
from kb.embedding.bundled_model import BUNDLED, BUNDLED_SIZE
from kb.embedding.embedder import Embedder, Vectors
from kb.hits import Chunk
from kb.knowledge_base import KnowledgeBase
from kb.language.tokens import bigrams
from kb.models import Correction, Model, Question

_SIZE = BUNDLED_SIZE
_COMMON = 0.75  # share of the common direction: unlike texts have this cosine, as with E5
_SHORTEST = 40  # characters of a paragraph that is exchanged
_WINDOW = 40  # documents stored together
_COUNTIES = "东西南北上下高平长安清白云青石金玉河江山湖林海泉溪"
_OWN_PLACE = re.compile("浔阳|浔江")
_FRONT_MATTER = re.compile(r"\A---\n.*?---\n?|<!--.*?-->", re.DOTALL)
_HEAD = re.compile(r"(?:第[零〇一二三四五六七八九十百千]+条|[（(]?[一二三四五六七八九十]+[）)、])[\s　]*")


class Text(Model):
    """A document before it is read: file name and text."""

    name: str
    text: str


class HashingEmbedder(Embedder):
    """Vectors by hashing of character pairs; no model is loaded."""

    def __init__(self, models_dir: Path) -> None:
        super().__init__(BUNDLED, models_dir)
        common = np.random.default_rng(7).standard_normal(_SIZE).astype(np.float32)
        self._common = common / np.linalg.norm(common) * np.float32(_COMMON**0.5)

    @property
    def is_loaded(self) -> bool:
        """There is nothing to load."""
        return True

    def count_tokens(self, text: str) -> int:
        """About two characters a token, as in Chinese text."""
        return len(text) // 2

    def _encode(self, texts: list[str], prompt: str) -> Vectors:
        vectors = np.stack([self._hashed(text) for text in texts])
        unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        return unit

    def _hashed(self, text: str) -> Vectors:
        hashes = np.array([zlib.crc32(pair.encode()) for pair in bigrams(text)] or [0], dtype=np.int64)
        signs = np.where(hashes >> 20 & 1, 1.0, -1.0)
        own = np.bincount(hashes % _SIZE, weights=signs, minlength=_SIZE)
        length = float(np.linalg.norm(own)) or 1.0
        vector: Vectors = self._common + (own / length * (1 - _COMMON) ** 0.5).astype(np.float32)
        return vector


def real_texts(sources: Sequence[Path]) -> list[Text]:
    """The texts of folders of .md and .txt files and of .tar.xz archives of them."""
    texts = [
        text for source in sources for text in (_in_archive(source) if source.is_file() else _in(source))
    ]
    return [text for text in texts if len(text.text) > _SHORTEST]


def _in(folder: Path) -> Iterator[Text]:
    for path in sorted((*folder.rglob("*.md"), *folder.rglob("*.txt"))):
        if path.name not in ("SOURCES.md", "README.md"):
            yield Text(name=path.name, text=_bare(path.read_text(encoding="utf-8")))


def _in_archive(archive: Path) -> Iterator[Text]:
    with tarfile.open(archive) as opened:
        for member in opened:
            name = Path(member.name).name
            if member.isfile() and name.endswith(".md") and name != "_index.md":
                content = opened.extractfile(member)
                yield Text(name=name, text=_bare(content.read().decode() if content else ""))


def _bare(text: str) -> str:
    return _FRONT_MATTER.sub("", text).strip()


def made(texts: Sequence[Text], seed: int) -> Iterator[Text]:
    """`texts` themselves, then as many recombined ones as are asked for."""
    yield from texts
    chance = random.Random(seed)
    bodies = [
        line[head.end() :]
        for text in texts
        for line in text.text.splitlines()
        if len(line) > _SHORTEST and (head := _HEAD.match(line))
    ]
    while True:
        for text in texts:
            place = "".join(chance.sample(_COUNTIES, 2))
            yield Text(
                name=f"{place}{chance.randrange(10_000)}-{text.name}",
                text=_mixed(text.text, place, bodies, chance),
            )


def _mixed(text: str, place: str, bodies: Sequence[str], chance: random.Random) -> str:
    """`text` of `place`, with every other numbered paragraph said otherwise."""
    lines = []
    for line in _OWN_PLACE.sub(place, text).splitlines():
        head = _HEAD.match(line)
        if head and len(line) > _SHORTEST and chance.random() < 0.5:
            line = f"{head[0]}{chance.choice(bodies)}"
        elif line.startswith("# ") and place not in line:
            line = f"# {place}县实施《{line[2:].strip()}》办法"
        lines.append(line)
    return "\n".join(lines)


def fill(kb: KnowledgeBase, texts: Iterator[Text], passages: int, report: Callable[[str], None]) -> int:
    """Read and store `texts` until there are `passages`; the number of documents stored."""
    window: list[Reading] = []
    stored = documents = 0
    while stored < passages:
        reading = _read(next(texts))
        if reading is None:
            continue
        window.append(reading)
        stored += len(reading.chunks)
        documents += 1
        if len(window) == _WINDOW or stored >= passages:
            store(window, kb)
            window.clear()
            report(f"{stored} / {passages} 段")
    return documents


def _read(text: Text) -> Reading | None:
    """`text` as an ingest reads it; None for one that it would refuse."""
    digest = hashlib.sha256(f"{text.name}\n{text.text}".encode()).hexdigest()
    source = Source(path=text.name, name=text.name, text=text.text)
    task = Task(source=source, document_id=digest[:12], sha256=digest, correction=Correction())
    reply: ReadReply = perform(task, lambda words: len(words) // 2)
    if reply.document is None:
        return None
    chunks = tuple(Chunk.of(stretch) for stretch in reply.stretches)
    return Reading(document=reply.document, chunks=chunks, fingerprint=digest, name=text.name)


def questions_of(sets: Sequence[Path], most: int) -> list[Question]:
    """The questions of these sets, each once; not more than `most`, taken evenly."""
    asked = [
        Question(text=item.question, history=item.history) for path in sets for item in read_questions(path)
    ]
    distinct = list({(question.text, question.history): question for question in asked}.values())
    count = min(most, len(distinct))
    return [distinct[place * len(distinct) // count] for place in range(count)]
