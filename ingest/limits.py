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
    text_chars: int = 3_000_000  # the longest code of law has under a million
    field_chars: int = 2_000  # of a title or another field: titles stay below 200
    parts: int = 20_000  # sections, passages or statements: the longest code of law has 1,260 articles
    jsonl_bytes: int = 500_000_000  # a docs.jsonl is held in memory
    folder_depth: int = 50  # levels of nested folders
    pages: int = 5_000  # a yearbook has 1,000
    units: int = 1_000  # that a document names as 牵头单位 or 责任单位: each question is compared with them
    step_seconds: float = 60.0  # for a page, or a file without pages: OCR of a page took 30, under load
    file_seconds: float = 300.0  # for a whole file, its outline and its passages: a law takes under one
    seconds_per_mb: float = 120.0  # and more for each megabyte: a megabyte holds up to ten scanned pages
    memory_bytes: int = 1_500_000_000  # for a reading process: OCR of an A3 page takes 700 MB

    def seconds_for(self, size: int) -> float:
        """The seconds that a file of `size` bytes may take as a whole."""
        return self.file_seconds + self.seconds_per_mb * size / 1e6


LIMITS = Limits()
