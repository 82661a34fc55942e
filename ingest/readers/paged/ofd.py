"""An OFD file (GB/T 33190-2016, the layout format of Chinese government documents) -> running text.

An OFD is a zip of XML: OFD.xml names its documents (7.4), each Document.xml its pages and templates (7.5),
each page's Content.xml the objects on it (7.7), placed in millimetres. ingest.readers.paged.ofd_page reads
these objects; lines, columns, tables and paragraphs are made as for PDF. A template is read with every page
that uses it: it holds the labels of a form, and headers, which are removed because they are repeated.
Annotations, stamps, signatures and attachments are not read.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from xml.etree import ElementTree

from ingest.limits import LIMITS
from ingest.notation.signature import ORGAN_ENDINGS
from ingest.pace import step
from ingest.raw_text import Hint, RawText
from ingest.readers.layout.characters import means_something
from ingest.readers.layout.page import Origin, PrintedPage
from ingest.readers.layout.regions import laid_out
from ingest.readers.layout.text import listed, raw_text_of
from ingest.readers.paged.ofd_page import PageObjects, children, descendants, local, page_box, page_objects
from ingest.readers.paged.pictures import picture_pages
from kb.errors import DocumentError
from kb.files.archives import Archive, check_xml, open_zip
from kb.models import Model

ENTRY = "OFD.xml"

Element = ElementTree.Element
_A4 = (0.0, 0.0, 210.0, 297.0)  # millimetres
_CHINESE_ENCODING = re.compile(
    rb"""^<\?xml[^>]*encoding\s*=\s*["'](?:gb2312|gbk|gb18030|gb_2312-80)["']""", re.I
)
_COVERING = 0.6  # share of the page covered by a picture, as in a scan
_MARGINAL = 60  # letters beside a picture of the whole page
_ORGAN = re.compile(f"(?:{ORGAN_ENDINGS})$")
_UNTITLED = re.compile(r"(?i)untitled|无标题|未命名|\.(?:ofd|docx?|wps|pdf)$")


class _PageSource(Model):
    """Location of a page's content; `document` is the file that names it, `box` its default size in mm."""

    document: str
    path: str
    box: tuple[float, float, float, float]


def read_ofd(content: bytes) -> RawText:
    """The text of an OFD, one paragraph per line, with the start of each page.

    Raises:
        DocumentError: damaged, incomplete, too large, or without text.
    """
    with open_zip(content) as archive:
        package = _Package(archive)
        sources = [source for root in package.documents() for source in package.pages(root)]
        if not sources:
            raise DocumentError("这份 OFD 一页也没有；请重新下载或另存后再导入")
        if len(sources) > LIMITS.pages:
            raise DocumentError(f"这份 OFD 有 {len(sources)} 页，超过上限 {LIMITS.pages} 页；请拆分后再导入")
        pages: list[PrintedPage] = []
        failures: list[tuple[int, DocumentError]] = []
        letters = 0
        for number, source in enumerate(sources, start=1):
            try:
                pages.append(package.page(source))
            except DocumentError as error:
                failures.append((number, error))
                pages.append(PrintedPage(width=0.0, height=0.0))
            letters += pages[-1].letters
            if letters > LIMITS.text_chars:
                raise DocumentError(
                    f"这份 OFD 的文字超过 {LIMITS.text_chars:,} 字，不像政策文件；请拆分后再导入"
                )
            step()
        if len(failures) == len(sources):
            raise DocumentError(f"这份 OFD 没有一页读得出来：{failures[0][1]}")
        hints = package.hints()
    if not any(page.blocks for page in pages):
        raise DocumentError("这份 OFD 没有文字（页面上只有图形或无法识别的图片）；请导入原文件或扫描件")
    remark = (
        f"第 {listed([number for number, _ in failures])} 页没有读出来（{failures[0][1]}）"
        if failures
        else ""
    )
    return raw_text_of(pages, hints, [remark] if remark else [])


def page_objects_of(content: bytes, number: int) -> tuple[PageObjects, dict[str, bytes]]:
    """The objects of page `number` (from 1) and its picture files by their resource.

    Raises:
        DocumentError, IndexError: there is no such page.
    """
    with open_zip(content) as archive:
        package = _Package(archive)
        source = [source for root in package.documents() for source in package.pages(root)][number - 1]
        objects = package.objects(source)
        named = {picture.resource: b"" for picture in objects.pictures}
        return objects, {name: package.media(source.document, name) for name in named}


class _Resource(NamedTuple):
    """The element of a resource, and the folder that its files lie in."""

    element: Element
    folder: str


class _Package:
    """The files of an OFD, found under every spelling of their location that writers use."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._names = {_plain(name).lower(): name for name in archive.names}
        self._parsed: dict[str, Element] = {}
        self._resources: dict[str, dict[str, _Resource]] = {}

    def documents(self) -> Iterator[str]:
        """The name of the Document.xml of each document in the file.

        Raises:
            DocumentError: OFD.xml is missing, or names no document.
        """
        bodies = list(children(self._xml(self._find(ENTRY, "")), "DocBody"))
        roots = [(root.text or "").strip() for body in bodies for root in children(body, "DocRoot")]
        if not any(roots):
            raise DocumentError(
                "这份 OFD 不完整，入口 OFD.xml 没有指明文档（DocRoot）；请重新下载或另存后再导入"
            )
        for root in filter(None, roots):
            yield self._find(root, "")

    def hints(self) -> dict[Hint, str]:
        """The title of the first document, and its author where that is an organ, from its properties.

        The creation date is not used: it is that of the file, often years after the document was published.
        """
        body = next(descendants(self._xml(self._find(ENTRY, "")), "DocInfo"), None)
        if body is None:
            return {}
        title, author = (
            next((child.text or "" for child in children(body, name)), "").strip()
            for name in ("Title", "Author")
        )
        hints: dict[Hint, str] = {}
        if title and not _UNTITLED.search(title):
            hints["title"] = title
        if _ORGAN.search(author):
            hints["issuer"] = author
        return hints

    def pages(self, document: str) -> Iterator[_PageSource]:
        """The pages of a document in order."""
        root = self._xml(document)
        box = next(filter(None, map(page_box, descendants(root, "PageArea"))), _A4)
        for group in children(root, "Pages"):
            for page in children(group, "Page"):
                yield _PageSource(document=document, path=page.get("BaseLoc", ""), box=box)

    def page(self, source: _PageSource) -> PrintedPage:
        """The printed page of `source`; raises DocumentError when its content is missing or damaged."""
        objects = self.objects(source)
        letters = sum(not glyph.text.isspace() for glyph in objects.glyphs)
        if letters < _MARGINAL and objects.pictures:
            scan = self._scan(source.document, objects)
            if scan is not None:
                return scan
        glyphs = [glyph for glyph in objects.glyphs if means_something(glyph.text)]
        return PrintedPage(
            width=objects.width,
            height=objects.height,
            blocks=laid_out(glyphs, objects.rulings),
            unread=len(objects.glyphs) - len(glyphs),
        )

    def objects(self, source: _PageSource) -> PageObjects:
        """The objects of a page, and of the templates below and above it; raises as `page`."""
        if not source.path:
            raise DocumentError("没有指明页面内容（BaseLoc）")
        root = self._parse(self._find(source.path, source.document))
        areas = [*children(root, "Area"), *descendants(root, "PageArea")]
        box = next(filter(None, map(page_box, areas)), source.box)
        templates = [
            self._xml(template)
            for used in children(root, "Template")
            if (template := self._template(source.document, used.get("TemplateID", "")))
        ]
        units = self._resource(source.document, "CompositeGraphicUnit")
        composites = {key: unit.element for key, unit in units.items()}
        return page_objects([*templates, root], box, composites)

    def _scan(self, document: str, found: PageObjects) -> PrintedPage | None:
        """The page that OCR reads from a picture covering it; None without one that can be opened."""
        for picture in found.pictures:
            content = self.media(document, picture.resource) if picture.share >= _COVERING else b""
            try:
                page = next(iter(picture_pages(content)), None) if content else None
            except DocumentError:
                continue
            if page is not None and page.blocks:
                return page.model_copy(update={"origin": Origin.SCAN})
        return None

    def media(self, document: str, resource: str) -> bytes:
        """The file of a picture; b"" where it is missing."""
        entry = self._resource(document, "MultiMedia").get(resource)
        name = next((file.text or "" for file in children(entry.element, "MediaFile")), "") if entry else ""
        try:
            return self._archive.read(self._find(name.strip(), entry.folder)) if entry else b""
        except DocumentError:
            return b""

    def _template(self, document: str, identity: str) -> str | None:
        """The name of the file of a template page; None when the document has none with this id."""
        for template in descendants(self._xml(document), "TemplatePage"):
            if template.get("ID") == identity:
                try:
                    return self._find(template.get("BaseLoc", ""), document)
                except DocumentError:
                    return None
        return None

    def _resource(self, document: str, kind: str) -> dict[str, _Resource]:
        """Id -> resource of one kind; missing resource files are ignored."""
        if document not in self._resources:
            resources: dict[str, _Resource] = {}
            for tag in ("PublicRes", "DocumentRes"):
                for entry in descendants(self._xml(document), tag):
                    try:
                        path = self._find((entry.text or "").strip(), document)
                        root = self._xml(path)
                    except DocumentError:
                        continue
                    folder = _joined(path, root.get("BaseLoc", "")) or ""
                    for resource in root.iter():
                        if resource.get("ID") and local(resource) in ("MultiMedia", "CompositeGraphicUnit"):
                            resources[resource.get("ID", "")] = _Resource(resource, f"{folder}/")
            self._resources[document] = resources
        return {
            key: value for key, value in self._resources[document].items() if local(value.element) == kind
        }

    def _find(self, location: str, base: str) -> str:
        """The name in the zip of the file that `location` means in the file `base`.

        Writers state it relative to the file's folder or to the root, with or without a leading slash, or
        with backslashes.

        Raises:
            DocumentError: there is no such file, or it would lie outside of the zip.
        """
        for candidate in (_joined(base, location), _joined("", location)):
            if candidate is not None and candidate.lower() in self._names:
                return self._names[candidate.lower()]
        missing = location or ENTRY
        raise DocumentError(f"这份 OFD 不完整，缺少 {missing}；请重新下载或另存后再导入")

    def _xml(self, name: str) -> Element:
        """The root of an XML file, kept for the next call; not for pages, which are read once.

        Raises:
            DocumentError: it is damaged, or declares entities.
        """
        if name not in self._parsed:
            self._parsed[name] = self._parse(name)
        return self._parsed[name]

    def _parse(self, name: str) -> Element:
        content = self._archive.read(name).lstrip(b"\xef\xbb\xbf\r\n\t ")
        if _CHINESE_ENCODING.match(content):
            text = content.decode("gb18030", errors="replace")
            content = re.sub(
                r'encoding\s{0,8}=\s{0,8}["\'][^"\']{0,40}["\']', 'encoding="UTF-8"', text, count=1
            ).encode()
        check_xml(content, name)
        return ElementTree.fromstring(content)


def _plain(name: str) -> str:
    """A name in the zip with forward slashes, and without a slash or "./" in front."""
    return name.replace("\\", "/").lstrip("/").removeprefix("./")


def _joined(base: str, location: str) -> str | None:
    """`location` resolved from the file `base`; None when it leads out of the zip."""
    location = location.replace("\\", "/")
    folder = [] if location.startswith("/") else _plain(base).split("/")[:-1]
    for part in location.split("/"):
        if part == "..":
            if not folder:
                return None
            folder.pop()
        elif part not in ("", "."):
            folder.append(part)
    return "/".join(folder)
