"""Medians over rounds, and ratios inside each round: absolute figures drift on a shared machine, ratios hold."""

from statistics import median


def median_ratio(values, reference):
    """The median over rounds of value / reference, both lists by round."""
    return median(value / other for value, other in zip(values, reference))


def best_of(figures, names):
    """The name with the lowest median among `names`, or None."""
    present = [name for name in names if name in figures]
    return min(present, key=lambda name: median(figures[name])) if present else None


def table(title, unit, figures, reference=None, extra=None):
    """Prints a row for each name of `figures` (name → one value per round), with its ratio to `reference`."""
    print(f"\n{title}")
    for name, values in figures.items():
        row = f"  {name:<24} {median(values):>9.2f} {unit}   rounds: {' '.join(f'{value:.2f}' for value in values)}"
        if reference and name != reference:
            row += f"   {median_ratio(values, figures[reference]):.3f} x {reference}"
        if extra:
            row += f"   {extra[name]}"
        print(row, flush=True)
