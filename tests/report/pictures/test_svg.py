import xml.etree.ElementTree as ET

from keywitness.report.pictures.svg import Drawing, mark, number, shorten


def test_numbers_are_short_and_stable():
    assert [number(value) for value in (0, 1.0, 1.005, 12.3456, -0.0001, 1e6)] == [
        "0",
        "1",
        "1",
        "12.35",
        "0",
        "1000000",
    ]


def test_texts_are_escaped_and_made_visible():
    drawing = Drawing(10, 10, label='"><script>', css='"x')
    drawing.text(1, 2, "</text><script>\x00", "y", title="a\u202e")
    drawing.rect(0, 0, 1, 1, "z", title='"<&')
    root = ET.fromstring(str(drawing.markup()))
    assert root.attrib["aria-label"] == '"><script>'
    assert [element.tag for element in root.iter()] == ["svg", "text", "title", "rect", "title"]
    assert root[0].text == "</text><script>\\x00"
    assert root[0][0].text == "a\\u202e"


def test_kinds_differ_in_shape_not_only_in_colour():
    kinds = ("read", "list", "change", "grant", "denied", "sign-in", "directory")
    shapes = set()
    for kind in kinds:
        drawing = Drawing(20, 20, label="x", css="x")
        mark(drawing, kind, 10, 10, "event")
        shapes.add(str(drawing.markup()))
    assert len(shapes) == len(kinds)


def test_shorten_marks_what_it_cuts():
    assert (shorten("abcdef", 6), shorten("abcdefg", 6)) == ("abcdef", "abcde…")
