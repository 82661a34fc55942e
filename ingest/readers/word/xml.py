"""The XML of WordprocessingML: names, attributes, and a parser that loads no files and no entities."""

from typing import TypeAlias

from lxml import etree

from kb.errors import DocumentError

Element: TypeAlias = etree._Element

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = ("0", "false", "off", "none")


def w(name: str) -> str:
    """The full name of an element of WordprocessingML."""
    return _W + name


def local_name(element: Element) -> str:
    """The name without its namespace; "" for comments and processing instructions."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def parsed(content: bytes) -> Element:
    """The root of an XML part.

    Raises:
        DocumentError: it is not XML.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, remove_comments=True)
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise DocumentError(
            f"文件里的 XML 已损坏（{error}）；请用 Word 或 WPS 打开后另存一份再导入"
        ) from error


def attribute(element: Element, name: str) -> str:
    """An attribute of WordprocessingML; "" when it is missing."""
    return str(element.get(_W + name, ""))


def child_value(element: Element | None, name: str) -> str:
    """The `val` of a child; "" when there is no such child."""
    child = None if element is None else element.find(_W + name)
    return "" if child is None else attribute(child, "val")


def is_on(element: Element | None, name: str) -> bool:
    """Whether a property that is either on or off is on (ISO/IEC 29500-1, 17.17.4)."""
    child = None if element is None else element.find(_W + name)
    return child is not None and attribute(child, "val") not in _OFF


def number_of(text: str, otherwise: int) -> int:
    """`text` as a whole number; `otherwise` when it is not one."""
    try:
        return int(text)
    except ValueError:
        return otherwise
