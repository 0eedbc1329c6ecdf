"""A small SVG writer: every text is made visible and escaped on its way in.

Style stands in classes, never in `style` attributes, which the page's content security policy forbids.
"""

from __future__ import annotations

from markupsafe import Markup, escape

from keywitness.model.text import visible


def number(value: float) -> str:
    """At most two decimals, no trailing zeros: equal input, equal bytes."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def shorten(text: str, width: int) -> str:
    """At most `width` characters, with an ellipsis where something is left off."""
    return text if len(text) <= width else text[: width - 1] + "…"


class Drawing:
    """One picture.

    Args:
        width: Units across.
        height: Units down.
        label: What the picture shows, for those who cannot see it.
        css: Its class.
        stretch: Let it fill its box without keeping proportions; then it must hold no text.
        scale: Pixels of a unit, where the picture keeps its own size and its box scrolls; 0 to fill the box.
    """

    def __init__(
        self, width: float, height: float, *, label: str, css: str, stretch: bool = False, scale: float = 0.0
    ) -> None:
        aspect = Markup(' preserveAspectRatio="none"') if stretch else Markup("")
        if scale:
            aspect += Markup(' width="{}" height="{}"').format(number(width * scale), number(height * scale))
        self._open = Markup('<svg class="{}" viewBox="0 0 {} {}"{} role="img" aria-label="{}">').format(
            css, number(width), number(height), aspect, visible(label)
        )
        self._parts: list[Markup] = []

    def rect(self, x: float, y: float, width: float, height: float, css: str, *, title: str = "") -> None:
        self._add("rect", (("x", x), ("y", y), ("width", width), ("height", height)), css, title)

    def line(self, x1: float, y1: float, x2: float, y2: float, css: str) -> None:
        self._add("line", (("x1", x1), ("y1", y1), ("x2", x2), ("y2", y2)), css, "")

    def circle(self, x: float, y: float, radius: float, css: str, *, title: str = "") -> None:
        self._add("circle", (("cx", x), ("cy", y), ("r", radius)), css, title)

    def path(self, data: str, css: str, *, title: str = "") -> None:
        """`data` is SVG path syntax, made from numbers only."""
        inner = Markup("<title>{}</title>").format(visible(title)) if title else Markup("")
        self._parts.append(Markup('<path class="{}" d="{}">{}</path>').format(css, data, inner))

    def text(self, x: float, y: float, text: str, css: str, *, anchor: str = "start", title: str = "") -> None:
        inner = Markup("<title>{}</title>").format(visible(title)) if title else Markup("")
        self._parts.append(
            Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}{}</text>').format(
                css, number(x), number(y), anchor, visible(text), inner
            )
        )

    def markup(self) -> Markup:
        """The picture, to be put into a page."""
        return self._open + Markup("").join(self._parts) + Markup("</svg>")

    def _add(self, name: str, numbers: tuple[tuple[str, float], ...], css: str, title: str) -> None:
        attributes = Markup(" ").join(Markup('{}="{}"').format(key, number(value)) for key, value in numbers)
        inner = Markup("<title>{}</title>").format(visible(title)) if title else Markup("")
        self._parts.append(Markup('<{} class="{}" {}>{}</{}>').format(name, escape(css), attributes, inner, name))


_RADIUS_CROSS = 4.2


def mark(drawing: Drawing, kind: str, x: float, y: float, css: str, *, title: str = "", size: float = 4.5) -> None:
    """The sign of one kind of event; kinds differ in shape, so that colour alone never carries meaning."""
    if kind == "read":
        drawing.circle(x, y, size, css, title=title)
    elif kind == "list":
        drawing.path(_polygon(x, y, ((-size, 0), (0, -size), (size, 0), (0, size))), css, title=title)
    elif kind == "change":
        side = size * 0.86
        drawing.rect(x - side, y - side, 2 * side, 2 * side, css, title=title)
    elif kind == "grant":
        drawing.path(_polygon(x, y, ((0, -size), (size, size * 0.8), (-size, size * 0.8))), css, title=title)
    elif kind == "denied":
        arm = _RADIUS_CROSS * size / 4.5
        cross = f"M{number(x - arm)} {number(y - arm)}L{number(x + arm)} {number(y + arm)}"
        cross += f"M{number(x + arm)} {number(y - arm)}L{number(x - arm)} {number(y + arm)}"
        drawing.path(cross, f"{css} stroke", title=title)
    elif kind == "sign-in":
        drawing.circle(x, y, size - 0.6, f"{css} hollow", title=title)
    else:
        side = size * 0.8
        drawing.rect(x - side, y - side, 2 * side, 2 * side, f"{css} hollow", title=title)


def _polygon(x: float, y: float, points: tuple[tuple[float, float], ...]) -> str:
    return "M" + "L".join(f"{number(x + dx)} {number(y + dy)}" for dx, dy in points) + "Z"
