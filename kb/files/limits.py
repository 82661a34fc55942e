"""Limits on the containers (zip) and the XML inside files that come from outside.

Each limit is far above what documents and lists need (its comment gives the reason) and low enough that a
malicious file is refused within seconds.
"""

from kb.models import Model


class ContainerLimits(Model):
    """Sizes in bytes."""

    zip_entries: int = 10_000  # a DOCX with 500 pictures has 600
    zip_entry_bytes: int = 200_000_000  # a sheet of a million rows unpacks to 100 MB
    zip_bytes: int = 500_000_000  # all entries together
    zip_ratio: int = 200  # text compresses 4 to 20 times, tables up to 60; deflate cannot exceed 1,032
    zip_ratio_from: int = 10_000_000  # bytes below which no ratio is suspicious
    xml_depth: int = 200  # levels of nested elements; word processors stay below 60


CONTAINERS = ContainerLimits()


def megabytes(size: int) -> str:
    """`size` (bytes) in megabytes, as text for people.

    >>> megabytes(100_000_000), megabytes(1_234_567)
    ('100 MB', '1.2 MB')
    """
    return f"{size / 1e6:.0f} MB" if size >= 10_000_000 else f"{size / 1e6:.1f} MB"
