"""Word files made by python-docx and raw XML; LibreOffice as the reference to compare with."""

import io
import shutil
import subprocess
from pathlib import Path

import pytest
from docx import Document
from docx.document import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.text.paragraph import Paragraph

needs_libreoffice = pytest.mark.skipif(
    shutil.which("soffice") is None, reason="没有安装 LibreOffice（scripts/system-packages）"
)


def saved(document: WordDocument) -> bytes:
    """The bytes of the .docx file."""
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def of_paragraphs(*paragraphs: str) -> WordDocument:
    """A document of plain paragraphs with these texts."""
    document = Document()
    for text in paragraphs:
        document.add_paragraph(text)
    return document


def add_xml(document: WordDocument, inner: str) -> None:
    """Add a paragraph with the XML `inner` at the end of the body."""
    names = nsdecls("w") + ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    names += ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
    names += ' xmlns:v="urn:schemas-microsoft-com:vml"'
    body = document.element.body
    body.insert(len(body) - 1, parse_xml(f"<w:p {names}>{inner}</w:p>"))


def add_list(document: WordDocument, abstract: int, levels: str, *instances: str) -> list[int]:
    """Define an abstract numbering by the XML of its `levels`, and one instance for each XML of overrides.

    Returns the numbers of the instances.
    """
    numbering = document.part.numbering_part.element
    definition = (
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{abstract}">'
        f'<w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
    )
    numbering.insert(0, parse_xml(definition))
    numbers = []
    for place, overrides in enumerate(instances or ("",)):
        number = abstract * 10 + place
        target = f'<w:abstractNumId w:val="{abstract}"/>'
        numbering.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="{number}">{target}{overrides}</w:num>'))
        numbers.append(number)
    return numbers


def level(index: int, number_format: str, text: str, *more: str, start: int = 1) -> str:
    """The XML of one level of a list."""
    return (
        f'<w:lvl w:ilvl="{index}"><w:start w:val="{start}"/><w:numFmt w:val="{number_format}"/>'
        f'{"".join(more)}<w:suff w:val="nothing"/><w:lvlText w:val="{text}"/></w:lvl>'
    )


def numbered(document: WordDocument, text: str, number: int, index: int = 0) -> Paragraph:
    """Add a paragraph `text` to the list `number` at level `index`."""
    paragraph = document.add_paragraph(text)
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_ilvl().set(qn("w:val"), str(index))
    properties.get_or_add_numId().set(qn("w:val"), str(number))
    return paragraph


def libreoffice(content: bytes, suffix: str, folder: Path, target: str) -> bytes:
    """`content` converted by LibreOffice to `target` ("txt:Text (encoded):UTF8", "docx", …)."""
    source = folder / f"source{suffix}"
    source.write_bytes(content)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", target, "--outdir", str(folder / "made")]
    subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=120)
    (converted,) = (folder / "made").glob(f"source.{target.partition(':')[0]}")
    return converted.read_bytes()
