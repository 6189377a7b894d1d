"""Measures CPU per proxied request, side by side on one machine.

One nginx origin serves an asset of 1 KB and a page of 29 KB on loopback. Each proxy stands before it with the same
number of workers. In every round each proxy is loaded in turn with wrk, so that whatever else the machine does
meets all of them; the figure is the median over the rounds. CPU is user and system time of all processes of the
proxy from /proc/PID/stat, so it does not matter whether the proxy, wrk or the origin is the bottleneck.
Everything runs in a temporary directory and every process is ended by its id.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TICK_US = 1_000_000 / os.sysconf("SC_CLK_TCK")
START_SECONDS = 20
ASSET_BYTES = 1024
PAGE_BYTES = 29 * 1024
TAGS = """<script async src="https://www.googletagmanager.com/gtag/js?id=G-ABC123"></script>
<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}gtag('js',new Date());gtag('config','G-ABC123');</script>
<script>!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){};t=b.createElement(e);t.async=!0;t.src=v;s=b.getElementsByTagName(e)[0];s.parentNode.insertBefore(t,s)}(window,document,'script','https://connect.facebook.net/en_US/fbevents.js');fbq('init','1');fbq('track','PageView');</script>
<noscript><img height="1" width="1" src="https://www.facebook.com/tr?id=1&amp;ev=PageView&amp;noscript=1"></noscript>
<script async src="https://static.hotjar.com/c/hotjar-1.js?sv=6"></script>
<link rel="preconnect" href="https://www.google-analytics.com">
"""
EMBEDS = '<iframe src="https://www.youtube.com/embed/abc" title="Hjulskift"></iframe>\n'
NEEDLES = [
    "https://www.googletagmanager.com/", "https://www.google-analytics.com", "https://connect.facebook.net/",
    "https://www.facebook.com/tr", "https://static.hotjar.com/", "https://www.youtube.com/embed/",
    "https://www.clarity.ms/", "https://analytics.tiktok.com/", "https://bat.bing.com/", "</head>",
]

# A browser's, so that the pages asked for are counted as visits are.
AGENT = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
# What a browser accepts where it asks for such a thing.
ACCEPTED = {
    "/a.css": "Accept: text/css,*/*;q=0.1",
    "/page.html": "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
}


def page():
    """A product list with six trackers, cut to size by its last comment."""
    head = f'<!doctype html>\n<html lang="nb">\n<head><meta charset="utf-8"><title>Dekk</title>\n{TAGS}</head>\n<body>\n'
    item = (
        '<article class="product"><a href="/dekk/{0}"><img src="/bilder/{0}.webp" alt="Vinterdekk {0}" width="320" '
        'height="320" loading="lazy"></a><h2>Vinterdekk {0}</h2><p class="price">1 {0} kr</p>'
        '<form method="post" action="/handlekurv"><input type="hidden" name="id" value="{0}">'
        '<button type="submit">Legg i handlekurv</button></form></article>\n'
    )
    body, number, end = EMBEDS, 100, "</body></html>\n"
    while len((head + body + item.format(number) + end).encode()) < PAGE_BYTES - 16:
        body += item.format(number)
        number += 1
    missing = PAGE_BYTES - len((head + body + end).encode()) - len("<!---->")
    return head + body + "<!--" + "." * missing + "-->" + end


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process:
    """One server and its children, from start to end."""

    def __init__(self, name, command, port, log):
        self.name, self.port = name, port
        self.child = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            if self.child.poll() is not None:
                raise RuntimeError(f"{name} ended at once with {self.child.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    self.end()
                    raise RuntimeError(f"{name} does not listen") from None
                time.sleep(0.05)

    def ids(self):
        """The process and its children (nginx's workers)."""
        pids = [self.child.pid]
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                fields = stat(entry)
                if fields and int(fields[1]) == self.child.pid:
                    pids.append(int(entry))
        return pids

    def cpu_us(self):
        ticks = 0
        for pid in self.ids():
            fields = stat(pid)
            if fields:
                ticks += int(fields[11]) + int(fields[12])
        return ticks * TICK_US

    def resident_kib(self):
        """What is in memory, over all processes."""
        pages = 0
        for pid in self.ids():
            fields = stat(pid)
            if fields:
                pages += int(fields[21])
        return pages * os.sysconf("SC_PAGE_SIZE") // 1024

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


def stat(pid):
    """The fields of /proc/PID/stat from the state on, or nothing when the process is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def fill(template, target, values):
    text = (HERE / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    target.write_text(text)
    return target


def load(port, path, seconds, connections):
    """Requests that wrk completed, and its rate; any error is fatal."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-H", AGENT, "-H", ACCEPTED[path], f"http://127.0.0.1:{port}{path}"]
    out = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        raise RuntimeError(f"wrk met errors at {path}:\n{out}")
    return int(re.search(r"(\d+) requests in", out)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1])


def start_all(options, directory, log, started):
    """Starts the origin and every proxy; each is noted as soon as it runs, so that it is ended in any case."""
    www = directory / "www"
    www.mkdir()
    (www / "a.css").write_bytes(b"a" * ASSET_BYTES)
    (www / "page.html").write_text(page())
    values = {"DIR": directory, "WORKERS": options.workers, "ORIGIN": free_port()}
    config = fill("origin.conf", directory / "origin.conf", values)
    started.append(Process("origin", ["nginx", "-c", str(config), "-p", str(directory)], values["ORIGIN"], log))
    filters = "".join(f"sub_filter '{needle}' '{needle}#'; " for needle in NEEDLES) + "sub_filter_once off;"
    for name, lines in [("nginx", ""), ("nginx-sub", filters)]:
        values |= {"NAME": name, "PORT": free_port(), "FILTERS": lines}
        config = fill("nginx.conf", directory / f"{name}.conf", values)
        started.append(Process(name, ["nginx", "-c", str(config), "-p", str(directory)], values["PORT"], log))
    values["PORT"] = free_port()
    config = fill("haproxy.cfg", directory / "haproxy.cfg", values)
    started.append(Process("haproxy", ["haproxy", "-db", "-f", str(config)], values["PORT"], log))
    if not options.binary.exists():
        print(f"{options.binary} is missing (cargo build --release): measured without it", file=sys.stderr)
        return
    values |= {"PORT": free_port(), "ADMIN": free_port()}
    config = fill("consentry.toml", directory / "consentry.toml", values)
    command = [str(options.binary.resolve()), "run", "--config", str(config)]
    started.append(Process("consentry", command, values["PORT"], log))


def measure(options, proxies):
    """CPU per request in µs and requests per second, by path and proxy."""
    figures = {}
    for number in range(-1, options.rounds):
        for path in ["/a.css", "/page.html"]:
            for proxy in proxies:
                before = proxy.cpu_us()
                count, rate = load(proxy.port, path, options.seconds if number >= 0 else 1, options.connections)
                if number >= 0:
                    cpu = (proxy.cpu_us() - before) / count
                    figures.setdefault((path, proxy.name), []).append((cpu, rate))
    return figures


def report(options, proxies, figures):
    print(f"{options.rounds} rounds of {options.seconds} s, {options.workers} worker(s), "
          f"{options.connections} connections; median (least to most)")
    print(f"{'path':11} {'proxy':10} {'CPU µs/request':>26} {'× nginx':>8} {'requests/s':>11} {'KiB':>8}")
    for path in ["/a.css", "/page.html"]:
        plain = statistics.median(cpu for cpu, _ in figures[path, "nginx"])
        for proxy in proxies:
            cpus = [cpu for cpu, _ in figures[path, proxy.name]]
            rate = statistics.median(rate for _, rate in figures[path, proxy.name])
            cpu = statistics.median(cpus)
            spread = f"{cpu:.1f} ({min(cpus):.1f} to {max(cpus):.1f})"
            print(f"{path:11} {proxy.name:10} {spread:>26} {cpu / plain:8.2f} {rate:11.0f} {proxy.resident_kib():8}")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--seconds", type=int, default=3)
    arguments.add_argument("--workers", type=int, default=1)
    arguments.add_argument("--connections", type=int, default=32)
    default = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", HERE.parent.parent / "target")) / "release" / "consentry"
    arguments.add_argument("--binary", type=pathlib.Path, default=default)
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    directory = pathlib.Path(tempfile.mkdtemp(prefix="consentry-bench-"))
    directory.chmod(0o755)
    started = []
    try:
        with open(directory / "log", "w+") as log:
            try:
                start_all(options, directory, log, started)
                report(options, started[1:], measure(options, started[1:]))
            except (RuntimeError, subprocess.SubprocessError) as error:
                log.seek(0)
                sys.exit(f"error: {error}\n{log.read()[-4000:]}")
    finally:
        for process in reversed(started):
            process.end()
        shutil.rmtree(directory)


if __name__ == "__main__":
    main()
