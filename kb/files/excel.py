"""What openpyxl raises on damaged Excel files."""

import zipfile

from openpyxl.utils.exceptions import InvalidFileException

DAMAGE = (
    InvalidFileException,
    zipfile.BadZipFile,
    KeyError,
    ValueError,
    TypeError,
    IndexError,
    AttributeError,
    OSError,
)
