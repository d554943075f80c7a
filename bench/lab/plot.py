"""A line chart as SVG, without anything that would have to be installed."""

import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 820, 400, 60, 250, 40, 50
COLOURS = ("#c0392b", "#2471a3", "#1e8449", "#8e44ad", "#d68910", "#17a589", "#5d6d7e", "#a04000")


def _text(x, y, text, anchor="middle", extra=""):
    text = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" {extra}>{text}</text>'


def lines(title, x_label, y_label, xs, series, top):
    """`series`: name → a value for each of `xs` (above 0, drawn on a logarithmic axis). `top`: the y axis's end."""
    low, high = math.log(xs[0]), math.log(xs[-1])
    span = (high - low) or 1

    def at(x, y):
        return (LEFT + (math.log(x) - low) / span * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - min(y, top) / top * (HEIGHT - TOP - BOTTOM))

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" '
             'font-size="12">', f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
             _text(LEFT, 22, title, "start", 'font-size="15"')]
    for step in range(7):
        value = top * step / 6
        _, y = at(xs[0], value)
        parts.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - RIGHT}" y2="{y:.1f}" stroke="#dddddd"/>')
        parts.append(_text(LEFT - 8, y + 4, f"{value:.1f}", "end"))
    for x in xs:
        parts.append(_text(at(x, 0)[0], HEIGHT - BOTTOM + 18, f"{x:g}×"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, x_label))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    parts.append(_text(16, middle, y_label, extra=f'transform="rotate(-90 16 {middle})"'))
    for number, (name, values) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        dash = ' stroke-dasharray="6 4"' if number >= len(COLOURS) else ""
        points = [at(x, y) for x, y in zip(xs, values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"{dash}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in points]
        y = TOP + 10 + 20 * number
        parts.append(f'<line x1="{WIDTH - RIGHT + 20}" y1="{y}" x2="{WIDTH - RIGHT + 44}" y2="{y}" stroke="{colour}" '
                     f'stroke-width="2.5"{dash}/>')
        parts.append(_text(WIDTH - RIGHT + 52, y + 4, name, "start"))
    return "\n".join(parts) + "\n</svg>\n"
