"""Measure the plates in Chromium, and print a Markdown table: python benchmarks/plates.py [SITE]

One row a plate: the scripts that it brings beyond the theme's, and what a drawing costs, with the
layout that follows it, here and on a phone (4 times slower): the median and the slowest of 40 places
of each knob.
SITE is a built site; without it one is built.
"""

import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "site"))

import plates  # noqa: E402
from built import build  # noqa: E402
from visit import LOCAL, find_chromium, launch, serve  # noqa: E402

PHONE = {"width": 390, "height": 844}
SLOWER = 4  # how much slower than this machine the emulated phone is
PLACES = 40  # of each knob

DRAW = """([name, settings]) => {
  const plate = document.querySelector(`gd-plate[data-plate="${name}"]`);
  return settings.map((state) => {
    const before = performance.now();
    plate.turn(state);
    plate.getBoundingClientRect();
    return performance.now() - before;
  });
}"""


def settings(plate):
    """Each knob through its places, the others as they open."""
    shares = [i / (PLACES - 1) for i in range(PLACES)]
    return [plate.state(**{knob.name: plates.at(knob, share)}) for knob in plate.knobs for share in shares]


def measure(browser, server, name, slower):
    """``(milliseconds of each drawing, bytes of scripts)`` of one plate."""
    context = browser.new_context(viewport=PHONE)
    tab = context.new_page()
    context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": slower})
    function = name.partition(".")[2]
    server.sent.clear()
    tab.goto(server.url + plates.pages()[name])
    tab.locator(f'gd-plate[data-plate="{function}"]').scroll_into_view_if_needed()
    tab.wait_for_selector(f'gd-plate[data-plate="{function}"][data-ready]')
    tab.wait_for_load_state("networkidle")
    own = [size for file, size in server.sent if "plates" in file or file.endswith("symbols.js")]
    tried = settings(plates.found()[name])
    tab.evaluate(DRAW, [function, tried[:PLACES]])  # so that it is compiled
    times = tab.evaluate(DRAW, [function, tried])
    context.close()
    return times, sum(own)


def table(site):
    with serve(site, LOCAL) as server, launch(find_chromium()) as browser:
        for name in sorted(plates.found()):
            here, scripts = measure(browser, server, name, 1)
            phone, _ = measure(browser, server, name, SLOWER)
            costs = [f"{statistics.median(times):.1f}, {max(times):.1f} ms" for times in (here, phone)]
            yield f"| {name.partition('.')[2]} | {scripts / 1000:.1f} kB | {' | '.join(costs)} |"


def main():
    with tempfile.TemporaryDirectory() as folder:
        site = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "site"
        if len(sys.argv) == 1 and (built := build(site)).returncode:
            sys.exit(built.stdout)
        print("| plate | its scripts, gzip | a drawing, median and slowest | on a phone |\n|---|---|---|---|")
        for row in table(site):
            print(row, flush=True)


if __name__ == "__main__":
    main()
