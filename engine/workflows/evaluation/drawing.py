"""The SVG of the evaluations' figures: a white picture with a title, horizontal lines and texts."""

from xml.etree import ElementTree

Image = ElementTree.Element


def picture(width: float, height: float, title: str) -> Image:
    """Return a white picture of that size in pixels; the title is for those who do not see it, and is not drawn."""
    image = Image("svg", xmlns="http://www.w3.org/2000/svg", viewBox=f"0 0 {width:g} {height:g}", role="img")
    ElementTree.SubElement(image, "title").text = title
    ElementTree.SubElement(image, "rect", width=f"{width:g}", height=f"{height:g}", fill="white")
    return image


def add_line(image: Image, left: float, right: float, y: float, colour: str, *, dashed: bool = False) -> None:
    """Draw a horizontal line."""
    ends = {"x1": f"{left:.1f}", "x2": f"{right:.1f}", "y1": f"{y:.1f}", "y2": f"{y:.1f}"}
    line = ElementTree.SubElement(image, "line", ends, stroke=colour)
    if dashed:
        line.set("stroke-dasharray", "5 4")


def add_text(image: Image, x: float, y: float, text: str, size: int, colour: str = "black") -> None:
    """Write a text, its first letter's foot at (x, y), with letters of ``size`` pixels."""
    written = ElementTree.SubElement(image, "text", x=f"{x:.1f}", y=f"{y:.1f}", fill=colour)
    written.set("font-size", str(size))
    written.set("font-family", "sans-serif")
    written.text = text


def to_bytes(image: Image) -> bytes:
    """Return the picture as a file's bytes."""
    return ElementTree.tostring(image, encoding="utf-8", xml_declaration=True)
