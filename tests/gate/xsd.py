"""As much of XML Schema as `data/junit-4.xsd` is written in, and no more: what else a schema has is refused."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, parse

XS = "{http://www.w3.org/2001/XMLSchema}"
KNOWN = {
    "element": {"name", "ref", "type", "minOccurs", "maxOccurs"},
    "complexType": {"mixed"},
    "sequence": set[str](),
    "attribute": {"name", "type", "use"},
}


class Schema:
    """`errors` are what is wrong with a document whose root is one of the schema's elements."""

    def __init__(self, file: Path) -> None:
        root = parse(file).getroot()
        for node in list(root.iter())[1:]:
            kind = node.tag.removeprefix(XS)
            assert node.attrib.keys() <= KNOWN[kind], (kind, node.keys())
            assert node.get("type", "xs:string") == "xs:string"
        self._elements = {node.attrib["name"]: node for node in root}

    def errors(self, element: Element) -> Iterator[str]:
        declared = self._elements.get(element.tag)
        if declared is None:
            yield f"no element <{element.tag}>"
            return
        kind = declared.find(f"{XS}complexType")
        yield from self._attributes(element, [] if kind is None else kind.findall(f"{XS}attribute"))
        yield from self._children(element, [] if kind is None else kind.findall(f"{XS}sequence/{XS}element"))
        is_text = declared.get("type") is not None or (kind is not None and kind.get("mixed") == "true")
        if not is_text and any((text or "").strip() for text in (element.text, *(child.tail for child in element))):
            yield f"<{element.tag}> has text"
        for child in element:
            yield from self.errors(child)

    def _attributes(self, element: Element, declared: list[Element]) -> Iterator[str]:
        known = {one.attrib["name"]: one.get("use") for one in declared}
        yield from (f"<{element.tag}> has {name}" for name in element.attrib.keys() - known.keys())
        yield from (
            f"<{element.tag}> lacks {name}"
            for name, use in known.items()
            if use == "required" and name not in element.attrib
        )

    def _children(self, element: Element, declared: list[Element]) -> Iterator[str]:
        """In the order of the sequence, each as often as it may be."""
        left = [child.tag for child in element]
        for one in declared:
            most = one.get("maxOccurs", "1")
            met = 0
            while left and left[0] == one.attrib["ref"] and (most == "unbounded" or met < int(most)):
                left.pop(0)
                met += 1
            if met < int(one.get("minOccurs", "1")):
                yield f"<{element.tag}> lacks <{one.attrib['ref']}>"
        yield from (f"<{element.tag}> has <{tag}> where it may not" for tag in left)
