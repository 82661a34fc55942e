"""Text files that people upload, in UTF-8 or in GB 18030, which Chinese Excel writes."""

from collections.abc import Mapping
from pathlib import Path

from kb.errors import DatasetError
from kb.files.limits import megabytes
from kb.models import MAX_QUESTION_CHARS

# pydantic's name of an error -> what is wrong with the field of a line.
FIELD_ERRORS: Mapping[str, str] = {
    "missing": "缺少这一项",
    "string_too_short": "不能为空",
    "string_too_long": f"超过 {MAX_QUESTION_CHARS} 个字",
    "string_type": "应为文字",
    "tuple_type": "应为列表",
}


def decoded(content: bytes) -> str:
    """`content` as text, from UTF-8 with or without its mark, or from GB 18030, which Chinese Excel writes.

    Raises:
        DatasetError: it is in neither encoding.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DatasetError("编码不是 UTF-8，也不是 GB 18030；请在 Excel 里另存为 CSV UTF-8")


def read_file(path: Path, most_bytes: int) -> bytes:
    """The content of an ordinary file of at most `most_bytes`.

    Raises:
        DatasetError: it cannot be read, is no ordinary file, or is larger.
    """
    try:
        if not path.is_file():  # a pipe or a device would never end
            raise DatasetError(f"{path} 读不出来：不存在，或者不是普通的文件")
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise DatasetError(f"{path} 读不出来：{error}") from error
    if len(content) > most_bytes:
        raise DatasetError(f"{path.name} 超过 {megabytes(most_bytes)}，请分成几份导入")
    return content


def read_text_file(path: Path, most_bytes: int) -> str:
    """The text (`decoded`) of an ordinary file of at most `most_bytes`.

    Raises:
        DatasetError: as `read_file` and `decoded`.
    """
    content = read_file(path, most_bytes)
    try:
        return decoded(content)
    except DatasetError as error:
        raise DatasetError(f"{path} 的{error}") from error
