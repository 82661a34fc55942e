"""Text files that people upload, in UTF-8 or in GB 18030, which Chinese Excel writes."""

from collections.abc import Mapping
from pathlib import Path

from kb.errors import DatasetError
from kb.models import MAX_QUESTION_CHARS

# pydantic's name of an error -> what is wrong with the field of a line.
FIELD_ERRORS: Mapping[str, str] = {
    "missing": "缺少这一项",
    "string_too_short": "不能为空",
    "string_too_long": f"超过 {MAX_QUESTION_CHARS} 个字",
    "string_type": "应为文字",
    "tuple_type": "应为列表",
}


def read_text_file(path: Path) -> str:
    """Text of a file in UTF-8, or in GB 18030, which Chinese Excel writes.

    Raises:
        DatasetError: the file cannot be read, or is in neither encoding.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"{path} 读不出来：{error}") from error
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DatasetError(f"{path} 的编码不是 UTF-8，也不是 GB 18030；请在 Excel 里另存为 CSV UTF-8")
