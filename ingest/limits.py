"""All limits on the size, time and memory that reading a file may take.

Each limit is far above what policy documents need (its comment gives the reason) and low enough that a
malicious file is refused within seconds. Readers check sizes before they unpack; what they miss is caught by
the limits on time and memory of the process they run in (ingest.pipeline.process_pool).
"""

from kb.models import Model


class Limits(Model):
    """Sizes in bytes, times in seconds."""

    file_bytes: int = 100_000_000  # a law scanned at 300 dpi has 30 MB
    text_chars: int = 3_000_000  # the longest code of law has under a million
    field_chars: int = 2_000  # of a title or another field: titles stay below 200
    parts: int = 20_000  # sections, passages or statements: the longest code of law has 1,260 articles
    jsonl_bytes: int = 500_000_000  # a docs.jsonl is held in memory
    folder_depth: int = 50  # levels of nested folders
    pages: int = 5_000  # a yearbook has 1,000
    zip_entries: int = 10_000  # a DOCX with 500 pictures has 600
    zip_entry_bytes: int = 200_000_000  # a sheet of a million rows unpacks to 100 MB
    zip_bytes: int = 500_000_000  # all entries together
    zip_ratio: int = 200  # text compresses 4 to 20 times, tables up to 60; deflate cannot exceed 1,032
    zip_ratio_from: int = 10_000_000  # bytes below which no ratio is suspicious
    xml_depth: int = 200  # levels of nested elements; word processors stay below 60
    units: int = 1_000  # that a document names as 牵头单位 or 责任单位: each question is compared with them
    step_seconds: float = 60.0  # for a page, or a file without pages: OCR of a page took 30, under load
    file_seconds: float = 300.0  # for a whole file, its outline and its passages: a law takes under one
    seconds_per_mb: float = 120.0  # and more for each megabyte: a megabyte holds up to ten scanned pages
    memory_bytes: int = 1_500_000_000  # for a reading process: OCR of an A3 page takes 700 MB

    def seconds_for(self, size: int) -> float:
        """The seconds that a file of `size` bytes may take as a whole."""
        return self.file_seconds + self.seconds_per_mb * size / 1e6


LIMITS = Limits()


def megabytes(size: int) -> str:
    """`size` (bytes) in megabytes, as text for people.

    >>> megabytes(100_000_000), megabytes(1_234_567)
    ('100 MB', '1.2 MB')
    """
    return f"{size / 1e6:.0f} MB" if size >= 10_000_000 else f"{size / 1e6:.1f} MB"
