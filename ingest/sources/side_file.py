"""NAME.meta.yaml beside NAME: what a person knows about a document and its text does not say.

Chiefly its validity: a regulation does not tell that it was repealed. Fields given here override what was
read from the text; a particular without a value (`expiry_date:`) is wiped out:

    status: 已废止
    number: 国务院令第431号
    effective_date: 2005-05-01
"""

import errno
from pathlib import Path

import yaml
from pydantic import ValidationError

from kb.errors import DocumentError
from kb.models import Correction, Finding, PolicyDocument

SUFFIX = ".meta.yaml"


def side_file_of(path: Path) -> Path:
    """Where the side file of the document at `path` is, if there is one."""
    return path.with_name(path.name + SUFFIX)


def read_side_file(path: Path) -> Correction:
    """The fields in the side file of the document at `path`; empty when there is none.

    Raises:
        DocumentError: it is not YAML, or holds an unknown field or a wrong value.
    """
    file = side_file_of(path)
    try:
        if not file.is_file():
            return Correction()
        fields = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        return Correction.model_validate(fields)
    except ValidationError as error:
        places = "；".join(
            f"{'.'.join(map(str, item['loc'])) or '整个文件'}：{item['msg']}" for item in error.errors()
        )
        raise DocumentError(f"{file.name} 的字段不对：{places}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
            return Correction()  # a name so long leaves no room for a side file's
        raise DocumentError(f"{file.name} 读不出来：{error}") from error


def override(document: PolicyDocument, correction: Correction) -> PolicyDocument:
    """`document` with what a person said about it."""
    stated = correction.stated()
    said = document.status_stated or "status" in stated
    read = [finding for finding in document.findings if finding.field not in stated]
    by_hand = [
        Finding(field=name, confidence=1.0, reason="人工填写") for name, value in stated.items() if value
    ]
    indexed = None if "title" in stated else document.indexed_title
    stated = {**stated, "indexed_title": indexed}
    return document.model_copy(update={**stated, "status_stated": said, "findings": (*read, *by_hand)})
