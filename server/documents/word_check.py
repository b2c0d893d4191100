"""An uploaded Word template is hostile until it was read: no macro, nothing from elsewhere, known placeholders only.

What a placeholder may do is a list of what is allowed, held when it is uploaded, and a sandbox when it is filled in.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from docx.opc.exceptions import PackageNotFoundError
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from lxml import etree

from server.documents.word_context import Value
from server.errors import Invalid

TEMPLATE_BYTES = 3 * 1024 * 1024
MOST_PARTS, PART_BYTES, WHOLE_BYTES = 300, 8 * 1024 * 1024, 24 * 1024 * 1024
DEEPEST = 3  # a loop in a loop in a loop

_MACROS = re.compile(r"vbaProject|vbaData|macroEnabled|activeX|/embeddings/|oleObject", re.IGNORECASE)
_FETCHES = re.compile(
    r"\b(DDE|DDEAUTO|INCLUDETEXT|INCLUDEPICTURE|IMPORT|LINK|DATABASE|MACROBUTTON|RTD|AUTOTEXT|SUBJECT)\b"
)
"""Field instructions (ECMA-376, 17.16.5) that bring something in from elsewhere, or run."""
_ADDRESS = re.compile(r"(?i)[a-z][a-z0-9+.-]*:|\\\\")
_FOOTNOTES = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
LOOP = {"index": "", "first": "", "last": "", "length": ""}

_PLAIN: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.If, nodes.CondExpr, nodes.And, nodes.Or,
    nodes.Not, nodes.Compare, nodes.Operand,
)  # fmt: skip
FILTERS = ("upper", "lower", "title", "trim", "default", "length", "join")


class Sandbox(ImmutableSandboxedEnvironment):
    """No globals, few filters, no arithmetic: text is put where a placeholder stands, and nothing else."""

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=StrictUndefined)
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.tests = {name: self.tests[name] for name in ("defined", "none")}


class Paper(DocxTemplate):  # type: ignore[misc]  # docxtpl has no types
    """Without the file's own properties: nobody looks at them, and they would be read as a template too."""

    def render_properties(self, context: Any, jinja_env: Any = None) -> None:
        return None

    def sources(self) -> Iterator[str]:
        """Every part that is filled in, as Jinja will read it."""
        self.render_init()
        yield self.patch_xml(self.get_xml())
        for uri in (self.HEADER_URI, self.FOOTER_URI):
            for _, part in self.get_headers_footers(uri):
                yield self.patch_xml(self.get_part_xml(part))
        for part in self.docx.part.package.iter_parts():
            if part.content_type == _FOOTNOTES:
                yield self.patch_xml(part.blob.decode("utf-8"))


def read_template(content: bytes, values: Mapping[str, Value], needed: Sequence[str] = ()) -> None:
    """Whether it may be used. `values`: of a sample, which say what there is. Takes CPU: call it in a thread.

    Invalid("template.size" | "template.file" | "template.macros" | "template.elsewhere" | "template.syntax" |
    "template.forbidden" | "template.unknown" | "template.needs")."""
    if len(content) > TEMPLATE_BYTES:
        raise Invalid("template.size", field="file")
    _check_package(content)
    try:
        sources = list(Paper(BytesIO(content)).sources())
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, PackageNotFoundError, etree.LxmlError):
        raise Invalid("template.file", field="file") from None
    check = _Check(values)
    for source in sources:
        try:
            check.visit(Sandbox().parse(source), {}, 0)
        except TemplateSyntaxError as fault:
            raise Invalid("template.syntax", field="file", reason=str(fault.message)[:200]) from None
        except RecursionError:
            raise Invalid("template.file", field="file") from None
    if check.unknown:
        raise Invalid("template.unknown", field="file", names=", ".join(sorted(check.unknown)[:20]))
    if missing := [name for name in needed if name not in check.used]:
        raise Invalid("template.needs", field="file", names=", ".join(f"{{{{ {name} }}}}" for name in missing))


# ------------------------------------------------------------ the package


def _check_package(content: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(content)) as package:
            entries = package.infolist()
            large = any(one.file_size > PART_BYTES for one in entries)
            if len(entries) > MOST_PARTS or large or sum(one.file_size for one in entries) > WHOLE_BYTES:
                raise Invalid("template.size", field="file")
            for entry in entries:
                _check_part(entry.filename, package.read(entry))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise Invalid("template.file", field="file") from None


def _check_part(name: str, content: bytes) -> None:
    if _MACROS.search(name):
        raise Invalid("template.macros", field="file")
    if not name.endswith((".xml", ".rels", ".vml")):
        return
    if b"\x00" in content or b"<!DOCTYPE" in content.upper() or b"<!ENTITY" in content.upper():
        raise Invalid("template.file", field="file")  # UTF-16, or entities that expand
    text = content.decode("utf-8", "replace")
    if name.endswith(".rels"):
        _check_relations(text)
    elif name == "[Content_Types].xml" and _MACROS.search(text):
        raise Invalid("template.macros", field="file")
    else:
        _check_fields(content)


def _check_relations(text: str) -> None:
    """Links that a reader clicks are the only ones that lead outside."""
    for found in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", text):
        kind = re.search(r"\bType\s*=\s*[\"']([^\"']*)", found)
        target = re.search(r"\bTarget\s*=\s*[\"']([^\"']*)", found)
        name = (kind[1] if kind else "").rpartition("/")[2]
        where = target[1] if target else ""
        if name == "aFChunk" or _MACROS.search(name):
            raise Invalid("template.macros", field="file")
        outside = re.search(r"\bTargetMode\s*=\s*[\"']External", found) or _ADDRESS.match(where)
        if outside and not (name == "hyperlink" and re.match(r"(?i)https?://|mailto:", where)):
            raise Invalid("template.elsewhere", field="file", what=name or "?")


def _check_fields(content: bytes) -> None:
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    except etree.XMLSyntaxError:
        raise Invalid("template.file", field="file") from None
    said = "".join(one.text or "" for one in root.iter("{*}instrText"))
    said += " ".join(value for one in root.iter("{*}fldSimple") for value in one.attrib.values())
    if found := _FETCHES.search(said.upper()):
        raise Invalid("template.elsewhere", field="file", what=found[1])


# ------------------------------------------------------------ the placeholders


class _Check:
    """Walks what Jinja read: `unknown` placeholders, and those that were `used` outside any loop."""

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values
        self.unknown: set[str] = set()
        self.used: set[str] = set()

    def visit(self, node: nodes.Node, names: Mapping[str, Value], depth: int) -> None:
        if isinstance(node, (nodes.Name, nodes.Getattr)):
            self.value(node, names)
        elif isinstance(node, nodes.For):
            self._loop(node, names, depth)
        elif isinstance(node, nodes.Filter) and node.name in FILTERS and not node.kwargs and node.node is not None:
            for said in (node.node, *node.args):
                self.visit(said, names, depth)
        elif isinstance(node, nodes.Test) and node.name in ("defined", "none"):
            self.visit(node.node, names, depth)
        elif isinstance(node, _PLAIN):
            for one in node.iter_child_nodes():
                self.visit(one, names, depth)
        else:
            raise Invalid("template.forbidden", field="file", what=type(node).__name__)

    def value(self, node: nodes.Node, names: Mapping[str, Value]) -> Value | None:
        """What stands for the name, from the sample; None for what does not exist."""
        path = _path(node)
        if not path:
            raise Invalid("template.forbidden", field="file", what=type(node).__name__)
        found: Value | None = names.get(path[0], self._values.get(path[0]))
        for name in path[1:]:
            found = found.get(name) if isinstance(found, Mapping) else None
        if found is None:
            self.unknown.add(".".join(path))
        elif path[0] not in names:
            self.used.add(".".join(path))
        return found

    def _loop(self, node: nodes.For, names: Mapping[str, Value], depth: int) -> None:
        """Over a list of the paper, and inside it over lists of that row: never a list times a list."""
        path = _path(node.iter)
        if not isinstance(node.target, nodes.Name) or node.recursive or node.test is not None or not path:
            raise Invalid("template.forbidden", field="file", what="for")
        if depth >= DEEPEST or (depth and path[0] not in names):
            raise Invalid("template.forbidden", field="file", what="for … for")
        rows = self.value(node.iter, names)
        if rows is None:
            return
        if isinstance(rows, (str, Mapping)):
            raise Invalid("template.forbidden", field="file", what=f"for … in {'.'.join(path)}")
        inside = {**names, node.target.name: rows[0] if rows else "", "loop": LOOP}
        for one in (*node.body, *node.else_):
            self.visit(one, inside, depth + 1)


def _path(node: nodes.Node) -> tuple[str, ...]:
    """("kop", "nama") for `kop.nama`; () for anything else."""
    if isinstance(node, nodes.Name) and node.ctx == "load":
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        above = _path(node.node)
        return (*above, node.attr) if above else ()
    return ()
