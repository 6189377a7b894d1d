#!/usr/bin/env python3
"""How many lines a second `consentry import` brings from a file into the store: by the clock, and by the CPU time it took.

    benches/import.py [--lines 1000000] [--binary target/release/consentry] [--rounds 3] [--cores 0] [--dry-run]

Each file holds a week of a shop: 20 000 visitors a day, 3 to 6 pages a visit out of 300, 40 browsers, some campaigns.
`jsonl` and `pages` hold page views only; `log` is what a server writes, four assets beside each page. On one core
reading, counting and SQLite share it; `--cores 0,1` gives them two (taskset). A busy machine spoils the clock, not the CPU time. `--dry-run` leaves out
the store, to see what it costs. The best of the rounds is told; figures come from --json.
"""

import argparse
import datetime
import json
import pathlib
import random
import resource
import subprocess
import sys
import tempfile

SETTINGS = """
[listen]
http = ["127.0.0.1:0"]
admin = "127.0.0.1:0"
[store]
path = "{store}"
[[site]]
name = "shop"
hosts = ["shop.example"]
origin = "http://127.0.0.1:9"
time_zone = "Europe/Oslo"
languages = ["nb"]
[site.controller]
name = "Shop"
address = "Storgata 1, 0155 Oslo"
email = "personvern@shop.example"
privacy_url = "/personvern"
complaint_url = "https://www.datatilsynet.no/"
[site.consent]
mode = "observe"
"""
BEGINS = datetime.datetime(2026, 3, 2, tzinfo=datetime.timezone.utc).timestamp()
DAYS = 7
AGENTS = [
    f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{120 + version}.0.0.0 Safari/537.36"
    for system in ("Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "Linux; Android 10; K", "X11; Linux x86_64")
    for version in range(10)
]
SOURCES = ["", "", "https://www.google.no/", "https://l.facebook.com/", "https://www.bing.com/", "https://bilforum.example/trad/7"]
CAMPAIGNS = ["", "", "", "?utm_source=nyhetsbrev&utm_medium=email&utm_campaign=skiftetid", "?gclid=x&utm_campaign=vinterdekk"]


def views(count):
    """Page views in the order of time: (second, address, agent, path, referrer)."""
    random.seed(1)
    made = []
    while len(made) < count:
        at = BEGINS + random.random() * DAYS * 86400
        visitor = random.randrange(20_000)
        address = f"10.{visitor // 250 % 250}.{visitor % 250}.{visitor % 200}"
        referrer, query = random.choice(SOURCES), random.choice(CAMPAIGNS)
        for _ in range(random.randint(3, 6)):
            page = random.randrange(1 + random.randrange(300))
            made.append((at, address, AGENTS[visitor % len(AGENTS)], f"/dekk/vinterdekk/produkt-{page}{query}", referrer))
            referrer, query = "https://shop.example/dekk", ""
            at += 5 + random.random() * 120
    made.sort()
    return made[:count]


def jsonl(view):
    at, address, agent, path, referrer = view
    time = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat(timespec="milliseconds")
    line = {"t": time.replace("+00:00", "Z"), "ip": address, "ua": agent, "path": path, "type": "pageview"}
    return json.dumps(line | ({"referrer": referrer} if referrer else {})) + "\n"


def combined(view, path=None, size=29017):
    at, address, agent, page, referrer = view
    time = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000")
    return f'{address} - - [{time}] "GET {path or page} HTTP/1.1" 200 {size} "{referrer or "-"}" "{agent}"\n'


def log(view):
    assets = ("/stil.css?v=3", "/skript/app.js", "/bilder/dekk-205.webp", "/logo.svg")
    return combined(view) + "".join(combined(view, path, 1024) for path in assets)


def cpu():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(options, path, kind, more):
    """The least CPU seconds of the rounds, the highest rate by the clock, page views, and what is kept of them."""
    seconds, rate = float("inf"), 0
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as store:
            settings = pathlib.Path(store) / "consentry.toml"
            settings.write_text(SETTINGS.format(store=store))
            command = [str(options.binary), "import", "--config", str(settings), "--site", "shop", "--json", "--format", kind, *more, str(path)]
            before = cpu()
            ran = subprocess.run(["taskset", "-c", options.cores, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
            seconds = min(seconds, cpu() - before)
            figures = json.loads(ran.stdout)
            rate = max(rate, figures["lines_per_second"])
            database = pathlib.Path(store) / "statistics.db"
            kept = database.stat().st_size if database.exists() else 0
    return seconds, rate, figures["counted"]["pageviews"], kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", default="0", help="as taskset takes them")
    parser.add_argument("--dry-run", action="store_true")
    root = pathlib.Path(__file__).resolve().parent.parent
    parser.add_argument("--binary", type=pathlib.Path, default=root / "target/release/consentry")
    options = parser.parse_args()
    if not options.binary.exists():
        print(f"{options.binary} is not there: cargo build --release, or name another with --binary", file=sys.stderr)
        return 2
    files = [("jsonl", "jsonl", jsonl, 1), ("pages", "combined", combined, 1), ("log", "combined", log, 5)]
    with tempfile.TemporaryDirectory() as directory:
        for name, kind, line, lines_a_view in files:
            path = pathlib.Path(directory) / name
            with path.open("w") as file:
                file.writelines(line(view) for view in views(options.lines // lines_a_view))
            more = ["--dry-run"] if options.dry_run else []
            seconds, rate, pageviews, kept = measure(options, path, kind, more)
            print(
                f"{name:6} {options.lines / seconds:>9,.0f} lines per CPU second, {rate:>9,} by the clock;"
                f" {pageviews:>9,} page views, {kept >> 20:>4} MB kept"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
