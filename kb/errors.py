"""Every error this program raises on purpose.

    KbError
    ├── SettingsError        a KB_* variable is wrong or unknown
    ├── HomeInUseError       another process holds KB_HOME
    ├── ModelError           the embedding model cannot be unpacked or loaded
    ├── StoreError           the vector store or the database cannot be opened, written or read
    ├── DocumentError        one file cannot be read (names the file and the reason)
    ├── QuestionError        a question, or another text, that cannot be taken (empty, too long)
    ├── NotFoundError        an id or a code under which nothing is kept (any more)
    └── DatasetError         an evaluation file is malformed (names file and line)

A KbError carries two sentences: `operator` (Chinese, with the technical cause; logs and command lines)
and `citizen` (Chinese, plain; web pages). Exceptions of other libraries are translated where the library
is imported, with `raise ... from`.
"""


class KbError(Exception):
    """Base of the tree; `str(error)` is the operator's sentence."""

    def __init__(self, operator: str, citizen: str = "系统暂时无法处理，请稍后再试。") -> None:
        super().__init__(operator)
        self.operator = operator
        self.citizen = citizen


class SettingsError(KbError):
    """A KB_* variable is wrong or unknown."""


class HomeInUseError(KbError):
    """Another process holds KB_HOME."""


class ModelError(KbError):
    """The embedding model cannot be unpacked or loaded."""


class StoreError(KbError):
    """The vector store or the database cannot be opened, written or read."""


class DocumentError(KbError):
    """One file cannot be read; the message names the reason, the caller names the file."""


class QuestionError(KbError):
    """A question, or another text, that cannot be taken: empty or too long."""


class NotFoundError(KbError):
    """An id or a code under which nothing is kept, or nothing any more."""


class DatasetError(KbError):
    """An evaluation file is malformed; the message names file and line."""
