"""NAME.meta.yaml beside NAME: facts a person knows about a document that its text does not say.

Mainly its validity: a regulation does not say that it was repealed. Fields given here override those read
from the text; a field without a value (`expiry_date:`) is cleared:

    status: 已废止
    number: 国务院令第431号
    effective_date: 2005-05-01

`questions` are questions in everyday words that passages answer, under the words with which a line of the
passage begins (or else words in it):

    questions:
      第二条:
        - 国庆节放几天假？
"""

import errno
from pathlib import Path

import yaml
from pydantic import ValidationError

from kb.errors import DocumentError
from kb.models import Correction, Finding, PolicyDocument

SUFFIX = ".meta.yaml"
_NOT_READ = ("questions", "boundaries")  # fields that no text states


def side_file_of(path: Path) -> Path:
    """The path of the side file of the document at `path`; the file need not exist."""
    return path.with_name(path.name + SUFFIX)


def read_side_file(path: Path) -> Correction:
    """The fields in the side file of the document at `path`; empty when there is none.

    Raises:
        DocumentError: the side file is not YAML, or holds an unknown field or a wrong value.
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
            return Correction()  # the name is too long for a side file to exist beside it
        raise DocumentError(f"{file.name} 读不出来：{error}") from error


def override(document: PolicyDocument, correction: Correction) -> PolicyDocument:
    """`document` with the fields of `correction` in place of its own; these count as certain."""
    stated_fields = correction.stated()
    stated = tuple((correction.questions or {}).items())
    questions = stated if "questions" in stated_fields else document.questions
    stated_fields = {**stated_fields, "questions": questions}
    status_stated = document.status_stated or "status" in stated_fields
    read_findings = [finding for finding in document.findings if finding.field not in stated_fields]
    by_hand = [
        Finding(field=name, confidence=1.0, reason="人工填写")
        for name, value in stated_fields.items()
        if value and name not in _NOT_READ
    ]
    indexed = None if "title" in stated_fields else document.indexed_title
    stated_fields = {**stated_fields, "indexed_title": indexed}
    return document.model_copy(
        update={**stated_fields, "status_stated": status_stated, "findings": (*read_findings, *by_hand)}
    )
