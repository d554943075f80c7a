"""What a running Penstock shows of itself: its threads' CPU, its memory, the turns of its loops, and its log."""

import os
import re
import threading
import time
import urllib.request

from lab.process import TICKS_PER_SECOND


def thread_seconds(pid):
    """Seconds of CPU so far: of the control thread, of all workers, and of all others, also those that have ended."""
    seconds = {"control": 0.0, "workers": 0.0}
    for thread in os.listdir(f"/proc/{pid}/task"):
        try:
            with open(f"/proc/{pid}/task/{thread}/schedstat") as stat, open(f"/proc/{pid}/task/{thread}/comm") as comm:
                name = "control" if int(thread) == pid else comm.read()
                if name == "control" or name.startswith("worker-"):
                    seconds[name if name == "control" else "workers"] += int(stat.read().split()[0]) / 1e9
        except FileNotFoundError:
            pass  # it has just ended
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    total = (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND
    return {**seconds, "others": total - sum(seconds.values())}


class Turns:
    """The turns of a loop, from its histogram: how many there were up to each bound."""

    def __init__(self, page, series):
        found = re.findall(rf'^{series}_bucket{{[^}}]*le="([^"]+)"}} (\d+)$', page, re.M)
        self.counts = {}
        for bound, count in found:  # one histogram for each worker
            self.counts[float(bound)] = self.counts.get(float(bound), 0) + int(count)

    def since(self, before):
        later = Turns("", "")
        later.counts = {bound: count - before.counts.get(bound, 0) for bound, count in self.counts.items()}
        return later

    def longest_ms(self):
        """The lowest bound that all turns keep; 0 if there were none."""
        all_of_them = max(self.counts.values(), default=0)
        return min((bound * 1e3 for bound, count in self.counts.items() if count == all_of_them), default=0) \
            if all_of_them else 0

    def without_one_like(self, scrape):
        """Without one turn as long as the longest of `scrape`."""
        bound_s = scrape.longest_ms() / 1e3
        rest = Turns("", "")
        rest.counts = {bound: count - (bound >= bound_s) for bound, count in self.counts.items()}
        return rest

    def longer_than(self, seconds):
        return max(self.counts.values(), default=0) - self.counts.get(seconds, 0)


def turns(admin_port):
    """(of the control thread, of the workers). The scrape itself is a turn of the control thread: a long one if there is
    much to show, which counts from the next scrape on."""
    page = urllib.request.urlopen(f"http://127.0.0.1:{admin_port}/metrics", timeout=60).read().decode()
    return Turns(page, "penstock_control_loop_lag_seconds"), Turns(page, "penstock_event_loop_lag_seconds")


class Log:
    """What a program has written since it was last asked."""

    def __init__(self, path):
        self.file = open(path, errors="replace")

    def wait_for(self, texts, seconds=60):
        """Which of the texts came first; what was written until then is behind us."""
        seen, until = "", time.monotonic() + seconds
        while time.monotonic() < until:
            seen += self.file.read()
            places = {text: seen.find(text) for text in texts if text in seen}
            if places:
                return min(places, key=places.get)
            time.sleep(0.002)
        raise SystemExit(f"the log has none of {texts} after {seconds} s:\n{seen[-2000:]}")


class Memory:
    """The resident size over time, looked at ten times a second."""

    def __init__(self, program):
        self.program, self.series = program, []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ended.wait(0.1):
            self.series.append(self.program.resident_bytes() / (1 << 20))

    def end(self):
        self.ended.set()
        self.thread.join()
        return self.series
