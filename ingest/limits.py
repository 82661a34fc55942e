"""All limits on the size, time and memory that reading a file may take.

Each limit is far above what policy documents need (its comment gives the reason) and low enough that a
malicious file is refused within seconds. Readers check sizes before they unpack; what they miss is caught by
the limits on time and memory of the process they run in (ingest.pipeline.process_pool).
"""

from kb.files.limits import ContainerLimits, megabytes

__all__ = ["LIMITS", "Limits", "megabytes"]


class Limits(ContainerLimits):
    """Sizes in bytes, times in seconds; the limits on zip containers and XML are those of kb.files."""

    file_bytes: int = 100_000_000  # a law scanned at 300 dpi has 30 MB
    text_chars: int = 20_000_000  # the longest code of law has under a million
    jsonl_bytes: int = 500_000_000  # a docs.jsonl is held in memory
    folder_depth: int = 50  # levels of nested folders
    pages: int = 5_000  # a yearbook has 1,000
    step_seconds: float = 60.0  # for a page, or a file without pages: OCR of a page took 30, under load
    memory_bytes: int = 1_500_000_000  # for a reading process: OCR of an A3 page takes 700 MB


LIMITS = Limits()
