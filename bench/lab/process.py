"""Programs under test and their helpers: started on a core of their own, measured, and ended by their own pids."""

import os
import resource
import signal
import socket
import subprocess
import time

PROXY_CORE = 0  # the program under test, alone
LOAD_CORE = 1  # the load generator and the backend
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def free_port():
    """A port that nobody listens on now. Somebody else could take it before we do: then the start fails, visibly."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def raise_open_files():
    """Lets this process and its children open as many files as the system allows. Returns the number."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def hurry(pid):
    """Other work on the machine must not decide, where we may say so. Threads that begin later are as ever."""
    try:
        for thread in map(int, os.listdir(f"/proc/{pid}/task")):
            os.sched_setscheduler(thread, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(1))
    except PermissionError:
        pass  # then a busy machine shows


class Program:
    """One started program. It must listen on `port` within 10 seconds; `end()` ends it. `scheme`: what it speaks."""

    def __init__(self, name, command, port, core, log_path, scheme="http"):
        self.name, self.port, self.log_path, self.scheme = name, port, log_path, scheme
        log = open(log_path, "wb")
        core = min(core, os.cpu_count() - 1)
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}))
        log.close()
        self._wait_until_listening()

    def _wait_until_listening(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.05)
        self.end()
        with open(self.log_path, errors="replace") as log:
            raise SystemExit(f"{self.name} did not start:\n{log.read()[-2000:]}")

    def worker_pid(self):
        """The process that does the work: the only child if there is one (nginx: master and worker), else itself."""
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            pids = children.read().split()
        return int(pids[0]) if len(pids) == 1 else pid

    def cpu_seconds(self):
        """(user, system) seconds of the working process so far, all of its threads."""
        with open(f"/proc/{self.worker_pid()}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND

    def cpu_seconds_exactly(self):
        """The same in one sum and in nanoseconds, for runs of few requests: cpu_seconds() counts in ticks of 10 ms."""
        folder = f"/proc/{self.worker_pid()}/task"
        total = 0
        for thread in os.listdir(folder):
            with open(f"{folder}/{thread}/schedstat") as stat:
                total += int(stat.read().split()[0])
        return total / 1e9

    def resident_bytes(self):
        with open(f"/proc/{self.worker_pid()}/status") as status:
            for line in status:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) * 1024
        raise SystemExit(f"{self.name}: no VmRSS")

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # at once; Penstock serves on for a while after TERM
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
