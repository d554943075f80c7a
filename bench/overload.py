#!/usr/bin/env python3
"""What is left of a backend's capacity when more is asked of it: Penstock, nginx and HAProxy in one interleaved run.

The backend has ten workers that take 10 ms (exponentially distributed) for a request, and a queue without end; clients
ask whatever becomes of it (a Poisson process), and leave after 100 ms. Goodput is what was answered with 200 by then.

  steady  0.5 to 10 times the capacity
  halved  twice the capacity; in the middle third the backend can do half as much: each request takes twice as long,
          or (--change workers) half of the workers are gone; --factor for other parts than half
  abuse   one client of a hundred asks a hundred times as often as each of the others, who alone make 0.8 of it
  classes a third of the capacity is asked by critical clients, ten times the capacity by sheddable ones
  search  the settings of nginx and HAProxy that lab/limited.py has as the best

Each run has a backend and a proxy of its own, from cold; its first seconds (--warm) don't count in steady and abuse.
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from statistics import median

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from lab import limited, plot, process  # noqa: E402

CLIENTS = 100
ABUSE = 100  # times as many requests as another client
NORMAL_LOAD = 0.8  # of all normal clients in "abuse"
SETTLED = 0.9  # of the capacity, over SETTLED_FOR seconds
SETTLED_FOR = 2
MOST_UNSENT, MOST_LAG_MS = 0.01, 15  # by the load generator, before it is told
NICE = -10  # of all programs here, where that is allowed: other work on the machine must not decide


class Run:
    """One backend, one proxy, one load. `result` is what open_load printed, with the proxy's CPU and the backend's."""

    def __init__(self, subject, options, classes, seconds, warm, events=(), seed=1):
        self.options = options
        with tempfile.TemporaryDirectory(prefix="penstock-bench-") as folder:
            os.chmod(folder, 0o755)
            port = process.free_port()
            backend = process.Program(
                "backend", [os.path.join(options.tools, "capacity_backend"), "--port", str(port), "--workers",
                            str(options.workers), "--service-ms", str(options.service_ms), "--seed", str(seed)],
                port, process.LOAD_CORE, os.path.join(folder, "backend.output"))
            try:
                hurry(backend.process.pid)
                self.proxy = subject.start(folder, backend)
                try:
                    hurry(self.proxy.worker_pid())
                    self.result = self.measure(backend, classes, seconds, warm, events, seed)
                finally:
                    self.proxy.end()
            finally:
                backend.end()
        self.tell_lateness(subject.name, sum(rate for _, rate, _ in classes) * seconds)

    def tell_lateness(self, name, asked):
        unsent, lag = self.result["unsent"] / asked, self.result["send_lag_ms"]["p99"]
        if unsent > MOST_UNSENT or lag > MOST_LAG_MS:
            print(f"  ({name} at {asked / self.result['total_seconds']:.0f} requests/s: the load generator's core was "
                  f"too busy: {unsent:.1%} not sent, the others up to {lag:.0f} ms late, P99)", flush=True)

    def measure(self, backend, classes, seconds, warm, events, seed):
        begin = time.monotonic() + 0.3
        load = self.start_load(classes, seconds, warm, begin, seed)
        cpu = []
        moments = [(warm, lambda: cpu.append(self.proxy.cpu_seconds_exactly())),
                   (seconds, lambda: cpu.append(self.proxy.cpu_seconds_exactly()))]
        moments += [(at, lambda query=query: control(backend.port, query)) for at, query in events]
        for at, action in sorted(moments, key=lambda moment: moment[0]):
            time.sleep(max(0, begin + at - time.monotonic()))
            action()
        output, _ = load.communicate(timeout=60)
        if load.returncode != 0:
            raise SystemExit(f"{self.proxy.name}: the load generator failed")
        result = json.loads(output)
        result["cpu_per_second"] = (cpu[1] - cpu[0]) / (seconds - warm)
        result["backend"] = control(backend.port, "")
        result["total_seconds"] = seconds
        return result

    def start_load(self, classes, seconds, warm, begin, seed):
        command = [os.path.join(self.options.tools, "open_load"), "--port", str(self.proxy.port), "--seconds",
                   str(seconds), "--warm", str(warm), "--deadline-ms", str(self.options.deadline_ms), "--start",
                   f"{begin:.6f}", "--seed", str(seed)]
        for name, rate, clients in classes:
            command += ["--class", f"{name}:{rate}:{clients}"]
        core = min(process.LOAD_CORE, os.cpu_count() - 1)
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                                preexec_fn=lambda: (os.sched_setaffinity(0, {core}), hurry(os.getpid())))


def hurry(pid):
    """All threads of the process."""
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            os.setpriority(os.PRIO_PROCESS, int(thread), NICE)
    except PermissionError:
        pass  # then a busy machine shows


def control(port, query):
    """Changes the backend; returns what it says of itself."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/control?" + query)
    answer = json.load(connection.getresponse())
    connection.close()
    return answer


def capacity(options):
    return options.workers / options.service_ms * 1000


def reachable(result, options):
    """Goodput over what was possible: the capacity, or what was offered if that is less."""
    return result["served"] / min(capacity(options), result["offered"])


def cell(rounds, value, form="{:.2f}"):
    """The median over rounds; a dash if there is nothing to take it of."""
    values = [value(result) for result in rounds]
    values = [each for each in values if each is not None]
    return form.format(median(values)) if values else "–"


def print_table(title, columns, rows):
    print(f"\n{title}\n\n| | " + " | ".join(columns) + " |\n|" + "---|" * (len(columns) + 1))
    for name, cells in rows.items():
        print(f"| {name} | " + " | ".join(cells) + " |")
    sys.stdout.flush()


def served_p99(result):
    return result["served_ms"]["p99"]


def wasted(result):
    """Percent of what the backend has done since it was started."""
    return 100 * (1 - sum(result["series"]["served"]) / max(1, result["backend"]["begun"]))


def steady_results(subjects, options):
    """Name → load → result by round."""
    results = {subject.name: {load: [] for load in options.loads} for subject in subjects}
    for number in range(options.rounds):
        for load in options.loads:
            for subject in subjects:
                run = Run(subject, options, [("all", load * capacity(options), CLIENTS)],
                          options.seconds + options.warm, options.warm, seed=number + 1)
                results[subject.name][load].append(run.result)
    return results


def refusal_cost(by_load):
    """CPU in µs of the proxy: (per request served at 0.8 of the capacity, per request refused at the highest load).

    The second is what refused requests add from one overload to the next; what is served is the same in both.
    """
    loads = sorted(by_load)
    calm = [load for load in loads if load < 1]
    busy = [load for load in loads if load > 1.5]
    if not calm or len(busy) < 2:
        return None, None
    served = median(result["cpu_per_second"] / result["served"] for result in by_load[calm[-1]])
    costs = []
    for less, more in zip(by_load[busy[0]], by_load[busy[-1]]):
        refused = more["refused"] - less["refused"]
        if refused > 100 and more["late"] < more["refused"] / 10:
            cpu = more["cpu_per_second"] - less["cpu_per_second"] - (more["served"] - less["served"]) * served
            costs.append(cpu / refused)
    return served * 1e6, median(costs) * 1e6 if costs else None


def steady(options):
    subjects = chosen(limited.peers() + limited.penstocks(options.penstock), options)
    results = steady_results(subjects, options)
    columns = [f"{load:g}×" for load in options.loads]

    def rows(value, form="{:.2f}"):
        return {name: [cell(by_load[load], value, form) for load in options.loads] for name, by_load in results.items()}

    goodputs, p99s = rows(lambda result: reachable(result, options)), rows(served_p99, "{:.0f}")
    print_table("Goodput over what was possible / p99 of the served in ms", columns,
                {name: [f"{a} / {b}" for a, b in zip(goodputs[name], p99s[name])] for name in results})
    print_table("Refused, of what was offered", columns,
                rows(lambda result: 100 * result["refused"] / result["offered"], "{:.1f} %"))
    print_table("Refused after, p99 in ms", columns, rows(lambda result: result["refused_ms"]["p99"], "{:.1f}"))
    print_table("Work of the backend that came too late for anybody", columns, rows(wasted, "{:.0f} %"))
    costs = {name: refusal_cost(by_load) for name, by_load in results.items()}
    print_table("The proxy's CPU, µs per request", ["served, below capacity", "refused", "refused / served"],
                {name: [f"{served:.1f}" if served else "–", f"{refused:.1f}" if refused else "–",
                        f"{refused / served:.2f}" if refused else "–"] for name, (served, refused) in costs.items()})
    if options.svg:
        draw(results, options)
    return results


def draw(results, options):
    series = {name: [median(result["served"] for result in by_load[load]) / capacity(options)
                     for load in options.loads] for name, by_load in results.items()}
    with open(options.svg, "w") as file:
        file.write(plot.lines("Goodput under overload", "offered, of the backend's capacity",
                              f"answered within {options.deadline_ms:g} ms, of the capacity", options.loads, series,
                              1.2))


def settle_time(result, begin, end, wanted):
    """Seconds from `begin` until goodput is `wanted` a second for SETTLED_FOR seconds; None if not before `end`."""
    bin_seconds = result["bin_ms"] / 1000
    size = round(SETTLED_FOR / bin_seconds)
    served = result["series"]["served"]
    for first in range(round(begin / bin_seconds), round(end / bin_seconds) - size + 1):
        if sum(served[first:first + size]) >= wanted * SETTLED_FOR:
            return first * bin_seconds - begin
    return None


def phase_cells(rounds, begin, end, now_capacity):
    """Goodput / p99 in a phase, and the time in which it was reached."""
    def goodput(result):
        bins = result["series"]["served"][round(begin * 1000 / result["bin_ms"]):round(end * 1000 / result["bin_ms"])]
        return sum(bins) / (end - begin) / now_capacity

    def p99(result):
        values = [value for value in result["served_p99_ms_by_second"][round(begin):round(end)] if value is not None]
        return median(values) if values else None

    return [f"{cell(rounds, goodput)} / {cell(rounds, p99, '{:.0f}')}",
            cell(rounds, lambda result: settle_time(result, begin, end, SETTLED * now_capacity), "{:.1f} s")]


def change(options):
    """What the backend is told in the middle third: (query, capacity then)."""
    if options.change == "workers":
        workers = max(1, round(options.workers / options.factor))
        return f"workers={workers}", capacity(options) * workers / options.workers
    return f"service_ms={options.factor * options.service_ms}", capacity(options) / options.factor


def halved(options):
    subjects = chosen(limited.peers() + limited.penstocks(options.penstock), options)
    third = float(round(max(options.seconds, 2 * SETTLED_FOR)))
    query, less = change(options)
    events = [(third, query), (2 * third, f"service_ms={options.service_ms}&workers={options.workers}")]
    results = {subject.name: [] for subject in subjects}
    for number in range(options.rounds):
        for subject in subjects:
            results[subject.name].append(Run(subject, options, [("all", 2 * capacity(options), CLIENTS)], 3 * third, 0,
                                             events, number + 1).result)
    full = capacity(options)
    print_table(
        f"{2 * full:g} requests/s for a capacity of {full:g}, of {less:g} from {third:g} s to {2 * third:g} s "
        f"({query}): goodput / capacity in the phase / p99 in ms; settled: {SETTLED:g} of it for {SETTLED_FOR} s",
        ["from cold", "settled after", "less", "settled after", "back", "settled after"],
        {name: phase_cells(rounds, 0, third, full) + phase_cells(rounds, third, 2 * third, less) +
            phase_cells(rounds, 2 * third, 3 * third, full) for name, rounds in results.items()})
    return results


def abuse(options):
    subjects = chosen(limited.peers() + [limited.nginx_by_client(), limited.haproxy_by_client()] +
                      limited.penstocks(options.penstock, by_client=True), options)
    normal = NORMAL_LOAD * capacity(options)
    classes = [("normal", normal, CLIENTS - 1), ("abuser", normal / (CLIENTS - 1) * ABUSE, 1)]
    results = {subject.name: [] for subject in subjects}
    for number in range(options.rounds):
        for subject in subjects:
            results[subject.name].append(Run(subject, options, classes, options.seconds + options.warm, options.warm,
                                             seed=number + 1).result)

    def of(name, value):
        return lambda result: value(result["classes"][name])

    def succeeded(counts):
        return 100 * counts["served"] / counts["offered"]

    print_table(
        f"{CLIENTS - 1} clients with {normal:g} requests/s together, and one with {classes[1][1]:.0f}",
        ["normal: served", "p99, ms", "abuser: served", "goodput / capacity"],
        {name: [cell(rounds, of("normal", succeeded), "{:.1f} %"), cell(rounds, of("normal", served_p99), "{:.0f}"),
                cell(rounds, of("abuser", succeeded), "{:.1f} %"),
                cell(rounds, lambda result: result["served"] / capacity(options))] for name, rounds in results.items()})
    return results


def classes(options):
    subjects = chosen(limited.penstocks(options.penstock) + [limited.penstock_by_class(options.penstock)], options)
    asked = [("critical", capacity(options) / 3, CLIENTS), ("sheddable", 10 * capacity(options), CLIENTS)]
    results = {subject.name: [] for subject in subjects}
    for number in range(options.rounds):
        for subject in subjects:
            results[subject.name].append(Run(subject, options, asked, options.seconds + options.warm, options.warm,
                                             seed=number + 1).result)

    def of(name, value):
        return lambda result: value(result["classes"][name])

    print_table(
        f"critical clients with {asked[0][1]:.0f} requests/s, sheddable ones with {asked[1][1]:.0f}",
        ["critical: served", "p99, ms", "refused", "late", "sheddable: served", "goodput / capacity"],
        {name: [cell(rounds, of("critical", lambda c: 100 * c["served"] / c["offered"]), "{:.2f} %"),
                cell(rounds, of("critical", served_p99), "{:.0f}"),
                cell(rounds, of("critical", lambda c: 100 * c["refused"] / c["offered"]), "{:.2f} %"),
                cell(rounds, of("critical", lambda c: 100 * c["late"] / c["offered"]), "{:.2f} %"),
                cell(rounds, of("sheddable", lambda c: 100 * c["served"] / c["offered"]), "{:.1f} %"),
                cell(rounds, lambda result: result["served"] / capacity(options))] for name, rounds in results.items()})
    return results


def search(options):
    options.loads = [load for load in options.loads if load > 1]
    results = steady_results(chosen(list(limited.candidates()), options), options)
    rows = {}
    for name, by_load in results.items():
        values = [median(reachable(result, options) for result in by_load[load]) for load in options.loads]
        rows[name] = (min(values), [f"{value:.2f} / {cell(by_load[load], served_p99, '{:.0f}')}"
                                    for value, load in zip(values, options.loads)])
    ranked = sorted(rows, key=lambda name: -rows[name][0])
    print_table("Goodput over capacity / p99 of the served in ms, best worst case first",
                [f"{load:g}×" for load in options.loads], {name: rows[name][1] for name in ranked})
    return results


SCENARIOS = {"steady": steady, "halved": halved, "abuse": abuse, "classes": classes, "search": search}


def chosen(subjects, options):
    if not options.subjects:
        return subjects
    return [subject for subject in subjects if any(part in subject.name for part in options.subjects)]


def numbers(text):
    return [float(part) for part in text.split(",")]


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="all", choices=[*SCENARIOS, "all"], help="all: all but search")
    parser.add_argument("--penstock", default="build/release/penstock", metavar="PATH")
    parser.add_argument("--tools", default="build/bench/bench", metavar="FOLDER",
                        help="where capacity_backend and open_load are")
    parser.add_argument("--subjects", type=lambda text: text.split(","), help="those whose names have one of these")
    parser.add_argument("--loads", type=numbers, default=[0.5, 0.8, 1.2, 2, 5, 10], help="of steady and search")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=10, help="of each run; of each third of halved")
    parser.add_argument("--warm", type=float, default=3)
    parser.add_argument("--workers", type=int, default=10)
    parser.add_argument("--service-ms", type=float, default=10)
    parser.add_argument("--deadline-ms", type=float, default=100)
    parser.add_argument("--change", choices=["service", "workers"], default="service",
                        help="what becomes less in halved")
    parser.add_argument("--factor", type=float, default=2, help="by how much")
    parser.add_argument("--svg", metavar="FILE", help="draw goodput over load there (steady)")
    parser.add_argument("--json", metavar="FILE", help="also write all figures there")
    options = parser.parse_args()
    options.penstock, options.tools = os.path.abspath(options.penstock), os.path.abspath(options.tools)
    return options


def main():
    options = parse_arguments()
    process.raise_open_files()
    names = ["steady", "halved", "abuse", "classes"] if options.what == "all" else [options.what]
    results = {name: SCENARIOS[name](options) for name in names}
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=2)


if __name__ == "__main__":
    main()
