"""The paths of a command line -> the single sources to read.

A source is a file, or a line of a docs.jsonl ({"doc_id", "title", "text"}). It is identified by its file
name, so that a document keeps its id (and every link to it) when its folder moves; of two files with the same
name in different folders the second gets the folder's name added.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ingest.limits import LIMITS, megabytes
from ingest.sources.folders import NOTES, Failure, walk
from kb.errors import DocumentError
from kb.models import Model

__all__ = ["NOTES", "Failure", "Source", "document_id_for", "find_sources", "size_of"]

_ID_LENGTH = 12


class Source(Model):
    """The origin of one document: `path` is its file, `name` its name for readers.

    `document_id`, `title` and `text` are given for a line of a docs.jsonl; for a file they are None.
    """

    path: str
    name: str
    document_id: str | None = None
    title: str | None = None
    text: str | None = None

    def sha256(self) -> str:
        """The SHA-256 hash of the content.

        Raises:
            DocumentError: the file cannot be read or is too large to be a policy document.
        """
        if self.text is not None:
            return hashlib.sha256(f"{self.title}\0{self.text}".encode()).hexdigest()
        path = Path(self.path)
        try:
            size = path.stat().st_size
            if size > LIMITS.file_bytes:
                limit = megabytes(LIMITS.file_bytes)
                raise DocumentError(f"文件有 {megabytes(size)}，超过上限 {limit}；请拆分后再导入")
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise DocumentError(f"文件读不出来：{error.strerror or error}") from error


def find_sources(paths: Sequence[Path]) -> tuple[list[Source], list[Failure]]:
    """Every source under `paths` in a fixed order, and the failures to list or open one."""
    sources: list[Source] = []
    failures: list[Failure] = []
    for path in paths:
        for file in walk(path, failures):
            if file.suffix.lower() == ".jsonl":
                _read_jsonl(file, sources, failures)
            else:
                sources.append(Source(path=str(file), name=file.name))
    return list({(s.path, s.document_id): s for s in sources}.values()), failures


def _read_jsonl(file: Path, sources: list[Source], failures: list[Failure]) -> None:
    """Add each line of a docs.jsonl to `sources`; a bad line is added to `failures` and skipped."""
    try:
        size = file.stat().st_size
        if size > LIMITS.jsonl_bytes:
            limit = megabytes(LIMITS.jsonl_bytes)
            reason = f"文件有 {megabytes(size)}，超过上限 {limit}；请拆分后再导入"
            failures.append(Failure(name=file.name, reason=reason))
            return
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        failures.append(Failure(name=file.name, reason=f"文件读不出来：{error}"))
        return
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
            source = Source(
                path=str(file),
                name=file.name,
                document_id=str(record["doc_id"]),
                title=record.get("title"),
                text=record["text"],
            )
            source.model_dump_json()  # a lone surrogate cannot be stored
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            reason = f'应为 {{"doc_id", "title", "text"}} 一行一条：{error!r}'
            failures.append(Failure(name=f"{file.name} 第 {number} 行", reason=reason))
            continue
        sources.append(source)


def size_of(source: Source) -> int:
    """Bytes of a source; 0 when its file cannot be looked at."""
    if source.text is not None:
        return len(source.text.encode())
    try:
        return Path(source.path).stat().st_size
    except OSError:
        return 0


def document_id_for(source: Source, owners: Mapping[str, str]) -> str:
    """The id of a source; `owners` maps the id of each registered document to its path.

    A registered file keeps its id. If another existing file has the same name, folder names are added until
    the name is unique. If the file of that name has vanished, it was moved: the id stays.

    Raises:
        DocumentError: even the whole path is taken.
    """
    if source.document_id is not None:
        return source.document_id
    path = Path(source.path)
    for depth in range(1, len(path.parts) + 1):
        name = "/".join(path.parts[-depth:])
        document_id = hashlib.sha256(name.encode()).hexdigest()[:_ID_LENGTH]
        owner = owners.get(document_id)
        if owner is None or owner == source.path or not Path(owner).exists():
            return document_id
    raise DocumentError("同名文件太多，无法编号")
