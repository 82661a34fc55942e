"""Every error this program raises on purpose.

    KbError
    ├── SettingsError        a KB_* variable is wrong or unknown
    ├── HomeInUseError       another process holds KB_HOME
    ├── ModelError           the embedding model cannot be unpacked or loaded
    ├── StoreError           the vector store or the database cannot be opened, written or read
    │   ├── NoSpaceError     the disk is full: nothing new is stored, everything else goes on
    │   └── StoreAwayError   the server that holds the index cannot be reached, or has lost it
    ├── NotReadyError        the index is being opened or rebuilt: answers come back by themselves
    ├── DocumentError        one file cannot be read (names the file and the reason)
    ├── QuestionError        a question, or another text, that cannot be accepted (empty, too long)
    ├── NotFoundError        nothing is kept (any more) under an id or a code
    ├── InputError           an entry by staff cannot be accepted (says what to change)
    ├── NotAllowedError      a member of staff may not do this
    ├── ConflictError        another person saved first; nothing was changed
    ├── SendError            a notice to staff, or a message, did not arrive, and is sent again
    │   └── NotTakenError    the platform answered that it does not take this message
    ├── SignOnError          the district's sign-on cannot be reached, or answers nonsense
    ├── LlmError             the language model gave no whole answer (`failure` says why)
    ├── ClosedError          administrators have switched this off for citizens
    └── DatasetError         an evaluation file is malformed (names file and line)

A KbError carries two sentences: `operator` (Chinese, with the technical cause; logs and command lines)
and `citizen` (Chinese, plain; web pages). Exceptions of other libraries are translated where the library
is imported, with `raise ... from`.
"""

from enum import StrEnum


class KbError(Exception):
    """Base of the tree; `str(error)` is the operator's sentence."""

    def __init__(self, operator: str, citizen: str = "系统暂时无法处理，请稍后再试。") -> None:
        super().__init__(operator)
        self.operator = operator
        self.citizen = citizen


class SendError(KbError):
    """A notice or message did not arrive; it is sent again."""


class NotTakenError(SendError):
    """The platform answered that it does not take a message: sending it again is of no use."""


class SignOnError(KbError):
    """The district's sign-on cannot be reached, or answers nonsense; accounts of our own still sign in."""


class SettingsError(KbError):
    """A KB_* variable is wrong or unknown."""


class HomeInUseError(KbError):
    """Another process holds KB_HOME."""


class ModelError(KbError):
    """The embedding model cannot be unpacked or loaded."""


class StoreError(KbError):
    """The vector store or the database cannot be opened, written or read."""


class NoSpaceError(StoreError):
    """The disk is full: nothing new is stored, everything else goes on."""

    def __init__(self, operator: str) -> None:
        super().__init__(operator, "服务器磁盘空间不足，暂时不能保存；提问和查阅不受影响，请稍后再试。")


class StoreAwayError(StoreError):
    """The server that holds the index cannot be reached, lets nobody in, or has lost the index."""


class NotReadyError(KbError):
    """The index is being opened or rebuilt; `wait`: seconds after which a caller may ask again."""

    def __init__(self, operator: str, citizen: str, wait: int) -> None:
        super().__init__(operator, citizen)
        self.wait = wait


class DocumentError(KbError):
    """One file cannot be read; the message names the reason, the caller names the file."""


class QuestionError(KbError):
    """A question, or another text, cannot be accepted: it is empty or too long."""


class NotFoundError(KbError):
    """Nothing is kept under an id or a code, or nothing any more."""


class InputError(KbError):
    """An entry by staff cannot be accepted; one sentence for both readers: what, where, what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, sentence)


class NotAllowedError(KbError):
    """A member of staff may not do this; one sentence for both readers."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, sentence)


class ConflictError(KbError):
    """Another person saved first; nothing was changed. The sentence says who, or what is saved now."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, sentence)


class LlmFailure(StrEnum):
    """Why the language model gave no whole answer; the names stand in GET /metrics."""

    CONNECT = "connect"  # no server answers at the address
    FIRST_TOKEN = "first_token"  # the first token did not come in time
    TOTAL = "total"  # the answer was not finished in time
    TOO_LONG = "too_long"  # the answer has more than KB_LLM_ANSWER_TOKENS
    CUT = "cut"  # the connection ended in mid-answer
    GARBLED = "garbled"  # the response does not follow the interface
    RATE_LIMITED = "rate_limited"  # 429, even after waiting
    SERVER = "server"  # 5xx
    REJECTED = "rejected"  # other 4xx: key, model name or request are wrong
    BUSY = "busy"  # too many calls wait already
    RESTING = "resting"  # the model failed several times and is left alone for a while


class LlmError(KbError):
    """The language model gave no whole answer; `wait`: seconds after which the server may be asked again."""

    def __init__(self, failure: LlmFailure, operator: str, wait: float | None = None) -> None:
        super().__init__(operator, "语言模型暂时不可用，请稍后再试。")
        self.failure = failure
        self.wait = wait


class ClosedError(KbError):
    """Administrators have switched this off for citizens; the sentence is their notice."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, sentence)


class DatasetError(KbError):
    """An evaluation file is malformed; the message names file and line."""
