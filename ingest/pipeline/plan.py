"""What an ingest will do, computed before any document is read: set arithmetic over content hashes.

Only names, hashes, side files and the registered documents are looked at, so a dry run needs nothing else.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ingest.pipeline.reading import correction_of, fingerprint_of
from ingest.pipeline.reading_process import Task
from ingest.sources.folders import Failure
from ingest.sources.source import Source, document_id_for, find_sources, size_of
from kb.errors import DocumentError
from kb.models import DocumentSummary, Model
from kb.storage.document_edits import DocumentEdit


class Work(Model):
    """A source that has to be read: new, or changed since; `size` in bytes."""

    task: Task
    fingerprint: str
    is_new: bool
    size: int

    @property
    def name(self) -> str:
        """The name of its source for the operator."""
        return name_of(self.task.source)


class Plan(Model):
    """Which sources to read and which to leave; documents are named by file name (or docs.jsonl id)."""

    work: tuple[Work, ...] = ()
    unchanged: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()  # removed by staff: not read
    vanished: tuple[DocumentSummary, ...] = ()  # registered from under the paths, now gone
    failed: tuple[Failure, ...] = ()

    def __str__(self) -> str:
        """The operator's preview: the counts, then the names."""
        groups = (
            ("将新增", [work.name for work in self.work if work.is_new]),
            ("将更新", [work.name for work in self.work if not work.is_new]),
            ("将移除", [summary.source for summary in self.vanished]),
            ("管理员已移除而不导入", list(self.withheld)),
        )
        counts = "，".join(f"{label} {len(names)}" for label, names in groups if names or label[0] == "将")
        lines = [
            f"{counts}，未变 {len(self.unchanged)}，不能导入 {len(self.failed)} 份；试运行，没有写入任何内容"
        ]
        lines += [f"  {label}：{name}" for label, names in groups for name in names]
        return "\n".join((*lines, *(f"  不能导入：{f.name}：{f.reason}" for f in self.failed)))

    def as_json(self) -> dict[str, object]:
        """The plan for programs: names by outcome."""
        return {
            "created": [work.name for work in self.work if work.is_new],
            "replaced": [work.name for work in self.work if not work.is_new],
            "unchanged": list(self.unchanged),
            "removed": [summary.source for summary in self.vanished],
            "withheld": list(self.withheld),
            "failed": [failure.model_dump() for failure in self.failed],
        }


def name_of(source: Source) -> str:
    """The name of a source for the operator: its docs.jsonl id or its file name."""
    return source.document_id or source.name


def make_plan(
    paths: Sequence[Path],
    registered: Sequence[DocumentSummary],
    edits: Mapping[str, DocumentEdit],
    model: str,
    prune: bool,
) -> Plan:
    """The plan for ingesting everything under `paths`.

    `registered` are the documents already stored, `edits` the corrections by staff (by document id), `model`
    is the name of the embedding model, `prune` says whether vanished documents are removed.
    """
    sources, failures = find_sources(paths)
    registered_by_id = {summary.id: summary for summary in registered}
    own_ids = {summary.path: summary.id for summary in registered}
    owners = {summary.id: summary.path for summary in registered}
    work: list[Work] = []
    unchanged: list[str] = []
    withheld: list[str] = []
    for source in sources:
        try:
            sha256 = source.sha256()
            document_id = source.document_id or own_ids.get(source.path)
            document_id = document_id or document_id_for(source, owners)
            before, edit = registered_by_id.get(document_id), edits.get(document_id)
            if edit is not None and edit.removed:
                withheld.append(name_of(source))
                continue
            correction = correction_of(source, edit.correction if edit else None)
            fingerprint = fingerprint_of(sha256, source.title, correction, model)
            if before is not None and before.fingerprint == fingerprint and before.path == source.path:
                unchanged.append(name_of(source))
                continue
            _refuse_foreign_id(source, owners.get(document_id))
        except DocumentError as error:
            failures.append(Failure(name=name_of(source), reason=str(error)))
            continue
        owners[document_id] = source.path
        task = Task(source=source, document_id=document_id, sha256=sha256, correction=correction)
        work.append(Work(task=task, fingerprint=fingerprint, is_new=before is None, size=size_of(source)))
    roots = [path.resolve() for path in paths] if prune else []
    present = {source.document_id for source in sources} | {item.task.document_id for item in work}
    vanished = [
        summary for summary in registered if summary.id not in present and _is_gone(summary, roots, failures)
    ]
    return Plan(
        work=tuple(work),
        unchanged=tuple(unchanged),
        withheld=tuple(withheld),
        vanished=tuple(vanished),
        failed=tuple(failures),
    )


def _refuse_foreign_id(source: Source, owner: str | None) -> None:
    """Raise DocumentError when a docs.jsonl uses the id of a document that comes from another file."""
    if owner is not None and source.document_id and owner != source.path and Path(owner).exists():
        raise DocumentError(f"编号 {source.document_id} 已被 {owner} 占用；请改用别的 doc_id")


def _is_gone(summary: DocumentSummary, roots: Iterable[Path], failures: Iterable[Failure]) -> bool:
    """Whether a document from under `roots` no longer exists.

    A document that exists but could not be read this time is not gone. Nothing is gone from a folder that is
    itself missing (a share that is not mounted), nor from a docs.jsonl that could not be read completely.
    """
    path = Path(summary.path)
    root = next((root for root in roots if path == root or root in path.parents), None)
    if root is None or (path != root and not root.is_dir()):
        return False
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return path.suffix.lower() == ".jsonl" and not any(f.name.startswith(path.name) for f in failures)
