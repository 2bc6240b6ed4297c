"""The figures' SVG: what is drawn stands where it was put, and texts stay texts."""

from xml.etree import ElementTree

from engine.workflows.evaluation.drawing import add_line, add_text, picture, to_bytes

SVG = "{http://www.w3.org/2000/svg}"


def test_lines_and_texts_come_back_as_they_were_put():
    image = picture(300, 200.5, "<b> & title")
    add_line(image, 10, 290, 50.04, "#cccccc")
    add_line(image, 10, 290, 60, "#000000", dashed=True)
    add_text(image, 8, 9.99, "<script>", 11, "#0072b2")
    found = ElementTree.fromstring(to_bytes(image))
    assert found.get("viewBox") == "0 0 300 200.5"
    assert [element.text for element in found.findall(f"{SVG}title")] == ["<b> & title"]
    plain, dashed = found.findall(f"{SVG}line")
    assert plain.attrib == {"x1": "10.0", "x2": "290.0", "y1": "50.0", "y2": "50.0", "stroke": "#cccccc"}
    assert (plain.get("stroke-dasharray"), dashed.get("stroke-dasharray")) == (None, "5 4")
    (text,) = found.findall(f"{SVG}text")
    assert (text.text, text.get("x"), text.get("y"), text.get("font-size")) == ("<script>", "8.0", "10.0", "11")
    assert not found.findall(f".//{SVG}script")
