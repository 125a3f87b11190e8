"""Headless Chromium: what a page looks like to a browser, and what it asks the network for."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

BROWSER = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "google-chrome"))), None)
PROBE = """<body><img src="http://127.0.0.1:9/probe"><iframe src="{page}" style="width:{width}px;height:900px;border:0">
</iframe><script>onload = () => {{
  const page = document.querySelector("iframe").contentDocument
  const facts = {{{facts}}}
  document.body.innerHTML = "<pre>" + JSON.stringify(facts) + "</pre>"
}}</script>"""
"""Asks the network for one thing, so that what is seen of the network is known to be seen."""
SECONDS = 60
DARK = 0


class Seen(NamedTuple):
    """What was found out about a page, and every address that was asked for, the probe's own included."""

    facts: dict[str, object]
    asked_for: set[str]


def look_at(page: Path, width: int, facts: dict[str, str]) -> Seen:
    """Open a page in a dark window of that width, and find out facts: expressions of JavaScript over `page`."""
    told = ", ".join(f"{json.dumps(name)}: {expression}" for name, expression in facts.items())
    probe, log = page.with_name("probe.html"), page.with_name("network.json")
    probe.write_text(PROBE.format(page=page.name, width=width, facts=told))
    options = ["--no-sandbox", "--disable-gpu", "--allow-file-access-from-files", "--virtual-time-budget=2000"]
    options += [f"--blink-settings=preferredColorScheme={DARK}", f"--log-net-log={log}", "--dump-dom"]
    done = subprocess.run(
        [str(BROWSER), "--headless", *options, f"--user-data-dir={page.parent / 'profile'}", probe.as_uri()],
        capture_output=True,
        text=True,
        check=True,
        timeout=SECONDS,
    )
    found = re.search(r"<pre>(.*)</pre>", done.stdout)
    assert found is not None, done.stderr
    events = json.loads(log.read_text())["events"]
    return Seen(json.loads(found[1]), {event["params"]["url"] for event in events if "url" in event.get("params", {})})
