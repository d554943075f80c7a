"""Medians over rounds, and ratios inside each round: absolute figures drift on a shared machine, ratios hold."""

import os
import subprocess
import time
from statistics import median


def ratios(values, reference):
    """value / reference in each round, both lists by round."""
    return [value / other for value, other in zip(values, reference)]


def median_ratio(values, reference):
    return median(ratios(values, reference))


def comparison(values, reference, name):
    """What the ratio to `name` is made of. The two kinds of it part when figures drift between rounds: the median of the
    rounds' ratios is the one to quote, and the other tells how far apart they are."""
    rounds = ratios(values, reference)
    return (f"{median(rounds):.3f} x {name}, by round {' '.join(f'{ratio:.3f}' for ratio in rounds)}; "
            f"of the medians {median(values) / median(reference):.3f}")


def version(command):
    """The first line of what the program says of itself; nginx says it on the error output."""
    told = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    return told.splitlines()[0] if told else "?"


def about(penstocks, peers):
    """Prints and returns what a figure has to name: when it was made, and of which builds. `penstocks`: name → path;
    `peers`: name → command that prints the version."""
    facts = {"date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()), "cores": os.cpu_count()}
    facts.update({name: f"{version([path, '--version'])} ({path})" for name, path in penstocks.items()})
    facts.update({name: version(command) for name, command in peers.items()})
    for name, fact in facts.items():
        print(f"{name}: {fact}", flush=True)
    return facts


def best_of(figures, names):
    """The name with the lowest median among `names`, or None."""
    present = [name for name in names if name in figures]
    return min(present, key=lambda name: median(figures[name])) if present else None


def table(title, unit, figures, reference=None, extra=None):
    """Prints a row for each name of `figures` (name → one value per round), and below it its ratio to `reference`."""
    print(f"\n{title}")
    for name, values in figures.items():
        row = f"  {name:<24} {median(values):>9.2f} {unit}   rounds: {' '.join(f'{value:.2f}' for value in values)}"
        if extra:
            row += f"   {extra[name]}"
        if reference and name != reference:
            row += f"\n  {'':<24} {comparison(values, figures[reference], reference)}"
        print(row, flush=True)
