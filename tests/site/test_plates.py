"""Plates: the figures that move draw in the page what Python draws, and obey mouse, finger and keys.

A plate joins these tests by being there: they find all of them.
"""

import ast
import contextlib
import io
import json
import math
import random
import re
import sys
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode, urlsplit

import plates
import pytest
from axe import OF_COLOURS, violations
from built import CHAPTERS, file_of, having, name_of, parse, text_of
from visit import WATCH_SHIFTS

from gdbook.figures.plate import Frame, Knob, Plate, plate, written
from gdbook.site.translate import core
from gdbook.site.translate.plates import KNOWN, OWN, module

NAMES = sorted(plates.found())
each_plate = pytest.mark.parametrize("name", NAMES)
pytestmark = pytest.mark.xdist_group("plates")

NEAR = 1e-9  # relative: the last digits of sines and powers differ between Python and the browser
SAME_PLACE = (
    0.4  # points: coordinates of the built figure have one decimal, Matplotlib's letters other widths
)

IMPORT = "const { plates } = await import(`/assets/plates/${of}.js`);"
RECORD = (
    f"async ([of, name, settings]) => {{ {IMPORT}"
    + """
  const record = (state) => {
    const calls = [];
    const pen = new Proxy({}, { get: (_, called) => (...given) => calls.push([called, ...given]) });
    plates[name](pen, ...Object.values(state));
    return calls;
  };
  return JSON.stringify(settings.map(record), (_, value) =>
    typeof value === "number" && !Number.isFinite(value) ? { none: String(value) } : value);
}"""
)


def differs(python, script):
    """The first pair that is not alike in what Python and the page asked of their pens; None if all are."""
    if isinstance(python, list | tuple):
        if not isinstance(script, list) or len(python) != len(script):
            return python, script
        return next(filter(None, map(differs, python, script)), None)
    if isinstance(python, str) or isinstance(script, str):
        return None if python == script else (python, script)
    if isinstance(script, dict):
        alike = {
            "NaN": math.isnan,
            "Infinity": lambda x: x == math.inf,
            "-Infinity": lambda x: x == -math.inf,
        }
        return None if alike[script["none"]](python) else (python, script)
    return None if math.isclose(python, script, rel_tol=NEAR, abs_tol=NEAR) else (python, script)


def test_what_differs_is_seen():
    calls = [["path", [[0, 1.0], [2.0, math.inf]], "blue"], ["say", "so"]]
    same = [["path", [[0, 1 + 1e-12], [2, {"none": "Infinity"}]], "blue"], ["say", "so"]]
    assert differs(calls, same) is None
    for i, wrong in (
        (0, [["path", [[0, 1.00001], [2, {"none": "Infinity"}]], "blue"]]),
        (1, [["say", "So"]]),
    ):
        assert differs(calls[i : i + 1], wrong)
    assert differs(calls, same[:1])
    assert differs([math.nan], [0.0])
    assert differs([0.0], [{"none": "NaN"}])


@each_plate
def test_the_page_draws_and_says_what_python_does(shared_tab, server, name):
    plate, page = plates.found()[name], plates.pages()[name]
    shared_tab.goto(server.url + page)
    tried = plates.settings(plate)
    of, _, function = name.partition(".")
    recorded = json.loads(shared_tab.evaluate(RECORD, [of, function, tried]))
    assert len(recorded) > plates.SEEDED
    for setting, script in zip(tried, recorded, strict=True):
        assert differs(plate.record(**setting), script) is None, setting
        assert sum(call[0] == "say" for call in script) == 1


FORMATS = [".0f", ".1f", ".2f", ".1e", "e", ".0e", ".2g", ".3g", "g", ".1%", ".0%", ",.0f", ",.2f", "+.2f"]


def test_numbers_are_written_as_python_writes_them(shared_tab):
    """Also those that lie exactly between two: 53.25 is 53.2 to three digits."""
    draw = random.Random(0)
    spread = [draw.choice([1, -1]) * 10 ** draw.uniform(-9, 9) for _ in range(300)]
    between = [draw.randrange(-4000, 4000) / 16 for _ in range(300)]
    numbers = [0.5, 1.5, 2.5, 53.25, 99.5, 999.5, 1e5, 123456.5, -0.5, -0.04, 1e15, *spread, *between]
    tried = [[how, number] for how in FORMATS for number in numbers]
    tried += [["", 5], [",", 1234567], [",", 12], [",", -1234]]
    shared_tab.goto("about:blank")
    script = core.prelude(OWN)[0]
    write = 'tried.map(([how, x]) => _pymeth_format.call(how ? "{:" + how + "}" : "{}", x))'
    found = shared_tab.evaluate(f"(tried) => {{ {script}\n return {write}; }}", tried)
    expected = [format(number, how) for how, number in tried]
    assert [pair for pair in zip(tried, expected, found, strict=True) if pair[1] != pair[2]] == []


@plate(Frame((0, 1), (0, 1)), Knob("x", "x", -3, 3, 0.5), Knob("n", "n", 1, 4, 2, whole=True))
def all_known(pen, x, n):
    """Asks for each function of Python's own that a plate may call."""
    halves = [float(i) / 2 - abs(x) for i in range(int(n) + 3)]
    mirrored = [a * b for a, b in zip(halves, reversed(halves), strict=True)]
    pen.dots([[i, y] for i, y in enumerate(mirrored)], "blue")
    pen.path([[len(halves), sum(halves)], [max(halves), min(halves)], [max(x, n), min(x, n)]], "blue")
    form = "{:.0f} {}"
    pen.text(round(x), round(n / 2), form.format(round(x / 9), str(round(100 * x))), "blue")
    pen.say("So.")


def test_each_function_that_a_plate_may_call_is_python_s(shared_tab, monkeypatch):
    called = {
        node.func.id
        for node in ast.walk(core.bare(all_known.function).definition)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called == KNOWN
    monkeypatch.setitem(sys.modules, "gdbook.figures.plates.known", SimpleNamespace(all_known=all_known))
    script = module("known").replace("export const plates =", "window.trial =")
    shared_tab.goto("about:blank")
    shared_tab.evaluate(script)
    settings = [{"x": k / 2, "n": n} for k in range(-6, 7) for n in range(1, 5)]
    found = json.loads(
        shared_tab.evaluate(
            RECORD.replace(IMPORT, "const plates = window.trial;"), ["", "all_known", settings]
        )
    )
    for setting, script in zip(settings, found, strict=True):
        assert differs(all_known.record(**setting), script) is None, setting


@each_plate
def test_a_sentence_is_one_that_can_be_read(name):
    of = plates.found()[name]
    for setting in plates.settings(of):
        said = written(of.said(**setting))
        assert said.endswith("."), said
        assert not re.search(r"nan|inf\b|None|e[+−]?\d{3}|−0\.0+(?!\d)", said), (setting, said)
        assert len(said) < 260, said


@each_plate
def test_a_knob_changes_what_is_drawn(name):
    of = plates.found()[name]
    for knob in of.knobs:
        other = knob.low if knob.value != knob.low else knob.high
        assert of.record(**{knob.name: other}) != of.record(), knob.name


def test_a_plate_stands_on_a_page():
    assert plates.pages().keys() == plates.found().keys()


# A page with its plates started, at the place of a plate.


@pytest.fixture(scope="module")
def desk(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, reduced_motion="reduce")
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    yield listened(context)
    context.close()


@pytest.fixture(scope="module")
def phone(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield listened(context)
    context.close()


def listened(context):
    tab = context.new_page()
    tab.complaints = []
    tab.on("console", lambda message: tab.complaints.append(message.text))
    tab.on("pageerror", lambda error: tab.complaints.append(str(error)))
    return tab


def open_at(tab, server, name, **state):
    """The plate of a page, started, with this state in the address."""
    function = name.partition(".")[2]
    query = urlencode({f"{function}.{knob}": value for knob, value in state.items()})
    tab.complaints.clear()
    tab.goto(f"{server.url}{plates.pages()[name]}?{query}")
    place = tab.locator(f'gd-plate[data-plate="{function}"]')
    place.scroll_into_view_if_needed()
    tab.wait_for_selector(f'gd-plate[data-plate="{function}"][data-ready]')
    return place


def said(place):
    return place.locator(".gd-say").inner_text()


def state_of(place):
    return place.evaluate("(plate) => plate.state")


# Where each thing is that the build drew, and that the script drew, in points, cut to its axes.
PLACES = """(plate) => {
  const svg = [...plate.querySelectorAll("svg[data-frames]")].find((one) => one.getClientRects().length);
  const rim = [-0.1, -0.1, 0.1, 0.1]; // coordinates are rounded
  const frames = JSON.parse(svg.dataset.frames).map(({ box }) => box.map((side, i) => side + rim[i]));
  const place = (element) => {
    const { x, y, width, height } = element.getBBox();
    const to = svg.getScreenCTM().inverse().multiply(element.getScreenCTM());
    const [a, b] = [[x, y], [x + width, y + height]].map(([x, y]) => new DOMPoint(x, y).matrixTransform(to));
    return [Math.min(a.x, b.x), Math.min(a.y, b.y), Math.max(a.x, b.x), Math.max(a.y, b.y)];
  };
  // Of a line its parts within the axes: Matplotlib leaves out what lies beyond the picture.
  const cut = (box, line) => {
    const [left, top, right, bottom] = box;
    const frame = frames.find((f) => left < f[2] && right > f[0] && top < f[3] && bottom > f[1]);
    if (!frame) return null;
    const within = (line ?? []).flatMap(([a, b]) => {
      let [from, to] = [0, 1];
      for (const side of [0, 1]) {
        const way = b[side] - a[side];
        const ends = [frame[side], frame[side + 2]].map((end) => (end - a[side]) / way).sort((s, t) => s - t);
        if (way) [from, to] = [Math.max(from, ends[0]), Math.min(to, ends[1])];
        else if (a[side] < frame[side] || a[side] > frame[side + 2]) to = -1;
      }
      return from > to ? [] : [from, to].map((t) => [0, 1].map((side) => a[side] + t * (b[side] - a[side])));
    });
    if (line && !within.length) return null;
    const sides = (side) => within.map((point) => point[side]);
    return line
      ? [Math.min(...sides(0)), Math.min(...sides(1)), Math.max(...sides(0)), Math.max(...sides(1))]
      : box.map((side, i) => (i < 2 ? Math.max : Math.min)(side, frame[i]));
  };
  const lineOf = (element) => {
    const path = element.matches("path") ? element : element.querySelector(":scope > path");
    const d = path?.getAttribute("d");
    if (!d || /[^MLZmlz\\d\\s.\\-e]/.test(d)) return undefined;
    const runs = [];
    let at = [0, 0];
    for (const [, letter, text] of d.matchAll(/([MLZ])([^MLZ]*)/gi)) {
      if (/z/i.test(letter)) {
        at = runs.at(-1)[0];
        continue;
      }
      const [x, y] = text.trim().split(/\\s+/).map(Number);
      at = /[ML]/.test(letter) ? [x, y] : [at[0] + x, at[1] + y];
      if (/m/i.test(letter)) runs.push([]);
      runs.at(-1).push(at);
    }
    return runs.flatMap((points) => points.slice(1).map((point, i) => [points[i], point]));
  };
  const all = (which) => {
    svg.toggleAttribute("data-drawn", which !== ".gd-still");
    return [...svg.querySelectorAll(which)].map((one) =>
      one.matches("text, :has(text)") ? ["words", place(one)] : ["shape", cut(place(one), lineOf(one))]);
  };
  return { still: all(".gd-still"), live: all(".gd-live > *, .gd-grip > :last-child") };
}"""


@each_plate
@pytest.mark.parametrize("width", ["desk", "phone"])
def test_nothing_jumps_when_the_live_picture_takes_over(request, server, name, width):
    tab = request.getfixturevalue(width)
    places = open_at(tab, server, name).evaluate(PLACES)
    still, live = ([box for box in places[which] if box[1]] for which in ("still", "live"))
    assert len(live) >= 3
    assert len(still) == len(live)
    left = list(live)
    for kind, box in still:
        near = min(
            (other for other in left if other[0] == kind),
            key=lambda other: max(abs(a - b) for a, b in zip(box, other[1], strict=True)),
        )
        left.remove(near)
        assert near[1] == pytest.approx(box, abs=SAME_PLACE), (kind, box)
    assert tab.complaints == []


@each_plate
def test_keys_turn_each_slider_and_the_address_says_so(desk, server, name):
    of, place = plates.found()[name], open_at(desk, server, name)
    function = name.partition(".")[2]
    turned = {}
    for knob in of.knobs:
        slider = place.locator(f'input[data-knob="{knob.name}"]')
        if slider.count():
            before = place.locator(".gd-live").first.inner_html() + said(place)
            slider.focus()
            for _ in range(40):
                desk.keyboard.press("ArrowLeft" if knob.value > (knob.low + knob.high) / 2 else "ArrowRight")
            turned[knob.name] = state_of(place)[knob.name]
            assert turned[knob.name] != knob.value
            assert before != place.locator(".gd-live").first.inner_html() + said(place), knob.name
            assert (
                slider.get_attribute("aria-valuetext")
                == place.locator(f'[data-shown="{knob.name}"]').inner_text()
            )
    desk.wait_for_timeout(700)
    query = dict(parse_qsl(urlsplit(desk.url).query))
    assert {key: float(value) for key, value in query.items()} == {
        f"{function}.{knob}": value for knob, value in turned.items()
    }
    again = said(place)
    assert again == written(of.said(**turned))
    desk.reload()
    place.scroll_into_view_if_needed()
    desk.wait_for_selector(f'gd-plate[data-plate="{function}"][data-ready]')
    assert said(place) == again
    place.get_by_role("button", name="Reset").click()
    assert said(place) == written(of.said())
    desk.wait_for_timeout(700)
    assert urlsplit(desk.url).query == ""
    assert desk.complaints == []


def test_a_key_takes_a_slider_of_whole_numbers_to_the_next_and_its_end_is_the_last(desk, server):
    place = open_at(desk, server, "chains.layer_by_layer", depth=29)
    slider = place.locator('input[data-knob="depth"]')
    slider.focus()
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "Home", "ArrowRight", "End"):
        desk.keyboard.press(key)
        seen.append((state_of(place)["depth"], slider.evaluate("(s) => s.value / s.max")))
    assert [depth for depth, _ in seen] == [30, 30, 29, 1, 2, 30]
    assert [part for _, part in seen] == pytest.approx([(depth - 1) / 29 for depth, _ in seen])
    assert desk.complaints == []


def test_a_tiny_number_is_a_power_of_ten_to_the_eye_and_a_decimal_to_aria(desk, server):
    place = open_at(desk, server, "landscapes.off_the_ridge", y=1e-8)
    assert place.locator('[data-shown="y"]').inner_text() == "1·10⁻⁸"
    (grip,) = handles(place)
    assert grip.get_attribute("aria-valuetext") == "1·10⁻⁸"
    assert grip.get_attribute("aria-valuenow") == "0.00000001"
    assert desk.complaints == []


def handles(place):
    return [grip for grip in place.locator(".gd-grip").all() if grip.is_visible()]


def middle(grip):
    box = grip.locator("circle").last.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@each_plate
def test_handles_go_where_the_mouse_takes_them(desk, server, name):
    place = open_at(desk, server, name)
    for grip in handles(place):
        place.evaluate("(plate) => plate.turn(plate.opening)")
        before = state_of(place)
        x, y = middle(grip)
        desk.mouse.move(x, y)
        desk.mouse.down()
        by = (-24, 18) if x > 640 / 2 + 150 else (24, 18)
        desk.mouse.move(x + by[0], y + by[1], steps=3)
        desk.mouse.up()
        after = state_of(place)
        assert after != before
        # What moves both ways lies under the pointer then, unless a knob is at its end.
        to = middle(grip)
        label = grip.get_attribute("aria-label")
        of = {knob.label: knob for knob in plates.found()[name].knobs}
        ends = [after[of[part].name] in (of[part].low, of[part].high) for part in label_parts(label, of)]
        if len(ends) == 2 and not any(ends):
            assert to == pytest.approx((x + by[0], y + by[1]), abs=1.5)
    assert desk.complaints == []


def label_parts(label, of):
    return [part for part in of if part in label.split(", ") or label == part] or [
        part for part in of if part in label
    ]


@each_plate
def test_handles_obey_keys(desk, server, name):
    place = open_at(desk, server, name)
    for grip in handles(place):
        place.evaluate("(plate) => plate.turn(plate.opening)")
        grip.focus()
        before, told = state_of(place), grip.get_attribute("aria-valuetext")
        for key in ("ArrowLeft", "ArrowDown", "ArrowLeft", "ArrowDown"):
            desk.keyboard.press(key)
        back = ("ArrowRight", "ArrowUp") * 4
        if state_of(place) == before:  # it was at its end
            for key in back:
                desk.keyboard.press(key)
        assert state_of(place) != before
        assert grip.get_attribute("aria-valuetext") != told
        assert grip.get_attribute("aria-label")
    assert desk.complaints == []


@each_plate
def test_handles_follow_a_finger_and_the_page_stays(phone, server, name):
    place = open_at(phone, server, name)
    devtools = phone.context.new_cdp_session(phone)
    for grip in handles(place):
        grip.evaluate("(grip) => grip.scrollIntoView({ block: 'center' })")
        before, scrolled = state_of(place), phone.evaluate("scrollY")
        x, y = middle(grip)
        by = -20 if x > 195 else 20
        points = [("touchStart", x, y), *[("touchMove", x + by * k / 4, y + 12 * k / 4) for k in range(1, 5)]]
        for kind, px, py in points:
            devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py}]})
        devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        assert state_of(place) != before
        assert phone.evaluate("scrollY") == scrolled
        assert grip.locator("circle").first.bounding_box()["width"] >= 40
    assert phone.complaints == []


@each_plate
def test_nothing_reaches_out_of_a_phone_or_of_the_picture(phone, server, name):
    place = open_at(phone, server, name)
    out = place.evaluate(
        """(plate, settings) => settings.flatMap((state) => {
          plate.turn(state);
          const { svg } = plate.shown;
          const { left, right } = svg.getBoundingClientRect();
          const words = [...svg.querySelectorAll(".gd-live text")].filter((text) => {
            const box = text.getBoundingClientRect();
            return box.left < left - 2 || box.right > right + 2;
          });
          const wide = document.documentElement.scrollWidth > innerWidth ? ["the page"] : [];
          const numbers = [...plate.querySelectorAll("output")];
          const line = (shown) => parseFloat(getComputedStyle(shown).lineHeight);
          const broken = numbers.filter((shown) => shown.clientHeight > 1.5 * line(shown));
          wide.push(...broken.map((shown) => shown.textContent));
          return [...wide, ...words.map((text) => text.textContent)].map((what) => [what, state]);
        })""",
        plates.settings(plates.found()[name])[:60],
    )
    assert out == []


@each_plate
def test_a_state_that_is_not_valid_falls_back_with_a_word(desk, server, name):
    of = plates.found()[name]
    knob = of.knobs[0]
    place = open_at(desk, server, name, **{knob.name: "abc"})
    assert "“abc” is no number" in place.locator(".gd-note").inner_text()
    assert said(place) == written(of.said())
    place = open_at(desk, server, name, **{knob.name: 1e9})
    assert knob.label in place.locator(".gd-note").inner_text()
    assert state_of(place)[knob.name] == knob.high
    for odd in ("", "Infinity", "-1e999", "NaN"):
        place = open_at(desk, server, name, **{knob.name: odd})
        assert place.locator(".gd-note").inner_text() != ""
        assert knob.low <= state_of(place)[knob.name] <= knob.high
    place = open_at(desk, server, name, **{knob.name: at_half(knob)})
    assert place.locator(".gd-note").inner_text() == ""
    assert desk.complaints == []


def at_half(knob):
    return plates.at(knob, 0.5)


@each_plate
def test_the_copied_lines_draw_this_very_picture(desk, server, name, tmp_path, monkeypatch):
    of = plates.found()[name]
    state = {knob.name: plates.at(knob, 0.37) for knob in of.knobs}
    place = open_at(desk, server, name, **state)
    place.get_by_role("button", name="Copy as Python").click()
    desk.get_by_text("Copied to clipboard").wait_for()
    code = desk.evaluate("navigator.clipboard.readText()")
    drawn = []
    monkeypatch.setattr(Plate, "__call__", lambda self, **given: drawn.append((self, given)) or Saved())
    with contextlib.redirect_stdout(io.StringIO()):
        exec(code, {})
    ((copied, given),) = drawn
    assert copied is of
    assert copied.said(**given) == of.said(**state)
    assert said(place) == written(of.said(**state))
    assert f'.savefig("{of.__name__}.svg")' in code


class Saved:
    def savefig(self, _):
        """Drawing is slow, and tested with the picture that the build draws."""


def test_a_button_goes_through_its_whole_numbers_and_begins_again(desk, server):
    (name, knob), *_ = [
        (name, knob) for name, of in plates.found().items() for knob in of.knobs if knob.by == "button"
    ]
    place = open_at(desk, server, name, **{knob.name: knob.high - 1})
    button = place.get_by_role("button", name=knob.label)
    heard = []
    for _ in range(3):
        button.click()
        heard.append(state_of(place)[knob.name])
    assert heard == [knob.high, knob.low, knob.low + 1]


# Without a script, with a broken one, and on paper the figure stands as the build drew it.

SHOWN = """(plate) => {
  const svg = [...plate.querySelectorAll("svg[data-frames]")].find((one) => one.getClientRects().length);
  const shows = (one) => one.getClientRects().length > 0;
  const seen = (which) => [...svg.querySelectorAll(which)].filter(shows).length;
  const knobs = plate.querySelector(".gd-knobs");
  return { still: seen(".gd-still"), live: seen(".gd-live, .gd-grip"), role: svg.getAttribute("role"),
    knobs: knobs.checkVisibility({ visibilityProperty: true }) };
}"""


@each_plate
def test_without_scripts_it_is_a_figure(browser, server, name):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(server.url + plates.pages()[name])
    place = tab.locator(f'gd-plate[data-plate="{name.partition(".")[2]}"]')
    # A level line has no height, and counts.
    assert place.locator(".gd-still").evaluate_all("(all) => all.some((one) => one.getClientRects().length)")
    assert not place.locator(".gd-knobs").is_visible()
    assert said(place) == written(plates.found()[name].said())
    context.close()


@each_plate
@pytest.mark.parametrize("broken", ["missing", "wrong", "fails"])
def test_with_a_broken_script_it_is_a_figure(browser, server, name, broken):
    of, _, function = name.partition(".")
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    script = {
        "missing": {"status": 404, "body": ""},
        "wrong": {"content_type": "text/javascript", "body": "export const plates = {"},
        "fails": {
            "content_type": "text/javascript",
            "body": f"export const plates = {{ {function}: () => {{ throw new Error('no'); }} }};",
        },
    }[broken]
    tab.route(f"**/plates/{of}.js", lambda route: route.fulfill(**script))
    tab.goto(server.url + plates.pages()[name])
    place = tab.locator(f'gd-plate[data-plate="{function}"]')
    place.scroll_into_view_if_needed()
    tab.wait_for_selector(f'gd-plate[data-plate="{function}"][data-failed]', state="attached")
    shown = place.evaluate(SHOWN)
    assert shown["still"] > 2
    assert (shown["live"], shown["role"], shown["knobs"]) == (0, "img", False)
    tab.close()


@each_plate
def test_on_paper_it_is_the_figure_of_the_build(desk, server, name):
    of = plates.found()[name]
    knob = of.knobs[0]
    place = open_at(desk, server, name, **{knob.name: at_half(knob)})
    assert place.evaluate(SHOWN)["still"] == 0
    desk.emulate_media(media="print")
    shown = place.evaluate(SHOWN)
    desk.emulate_media(media="screen")
    assert shown["still"] > 2
    assert (shown["live"], shown["knobs"]) == (0, False)
    assert place.evaluate(SHOWN)["live"] > 0


def phrases(site):
    """The phrases of the book that set a plate: ``(page, plate, words, state)``."""
    for page in CHAPTERS:
        root = parse(file_of(site, page))[0]
        for link in root.iter("a"):
            if link.get("data-set") is not None:
                yield (
                    page,
                    link.get("href"),
                    text_of(link),
                    dict(parse_qsl(link.get("data-set"), strict_parsing=True)),
                )


def test_a_phrase_sets_a_plate_of_its_page_to_what_is_valid(site):
    by_figure = {
        (plates.pages()[name], f"#figure-{of.__name__.replace('_', '-')}"): of
        for name, of in plates.found().items()
    }
    said = list(phrases(site))
    assert {(page, figure) for page, figure, _, _ in said} <= by_figure.keys()
    for page, figure, words, state in said:
        of = by_figure[page, figure]
        turned = of.state(**{knob: float(value) for knob, value in state.items()})
        assert turned != of.state(), words
        for value in re.findall(r"= ([\d,]+(?:\.\d+)?)", words):
            assert float(value.replace(",", "")) in turned.values(), words


def test_a_phrase_turns_the_knobs_and_brings_the_picture(desk, server):
    place = open_at(desk, server, "momentum.valley", rate=1.2)
    desk.get_by_role("link", name="what if μ = 0.99?").click()
    of = plates.found()["momentum.valley"]
    desk.wait_for_function(
        "(words) => document.querySelector('.gd-say').textContent === words", arg=written(of.said(mu=0.99))
    )
    assert state_of(place) == of.state(mu=0.99)
    top, height = (
        place.evaluate(f"(plate) => plate.getBoundingClientRect().{side}") for side in ("top", "height")
    )
    assert top >= 0
    assert top + min(height, 400) <= 1000
    assert desk.complaints == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", sorted(set(plates.pages().values())), ids=name_of)
def test_plates_start_without_a_move_and_axe_finds_no_violation_in_them(browser, server, page, width):
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.add_init_script(WATCH_SHIFTS)
    tab.goto(server.url + page)
    for place in tab.locator("gd-plate").all():
        place.scroll_into_view_if_needed()
        tab.wait_for_function("(plate) => 'ready' in plate.dataset", arg=place.element_handle())
    tab.wait_for_timeout(300)
    shifts = tab.evaluate("window.shifts")
    assert sum(value for value, _ in shifts) < 0.01, shifts
    # The rest of the page is judged with all other pages.
    for scheme, rules in (("light", None), ("dark", OF_COLOURS)):
        tab.emulate_media(color_scheme=scheme)
        tab.locator(f"body[data-md-color-scheme={'slate' if scheme == 'dark' else 'default'}]").wait_for()
        report = violations(tab, rules=rules, within="gd-plate")
        assert report.violations_count == 0, report.generate_report()
    tab.close()


def test_labels_of_the_knobs_are_words_of_the_page(site):
    for name, page in plates.pages().items():
        root = parse(file_of(site, page))[0]
        labels = {text_of(label) for label in root.iter("label")} | {
            text_of(button) for button in root.iter("button")
        }
        shown = [knob.label for knob in plates.found()[name].knobs if knob.by != "handle"]
        assert set(shown) <= labels
        assert having(root, "gd-knobs")


# What is no plate is refused, with the name of what is wrong.


def test_a_plate_takes_its_knobs_in_their_order():
    with pytest.raises(ValueError, match=r"must take the knobs \['a', 'b'\], got \['b', 'a'\]"):

        @plate(Frame((0, 1), (0, 1)), Knob("a", "a", 0, 1, 0), Knob("b", "b", 0, 1, 0))
        def wrong(pen, b, a):
            """Nothing."""


@pytest.mark.parametrize(
    "knob",
    [
        Knob("a", "a", 0, 1, 2),
        Knob("a", "a", 0, 1, 0.5, log=True),
        Knob("a", "a", 0, 1, 0, by="wheel"),
        Knob("a", "a", 0, 1, 0, by="button"),
    ],
)
def test_a_knob_that_cannot_be_is_refused(knob):
    with pytest.raises(ValueError, match=r"^a "):
        plate(Frame((0, 1), (0, 1)), knob)(lambda pen, a: None)


def test_a_knob_that_is_not_there_or_out_of_range_is_refused():
    of = plates.found()["momentum.valley"]
    with pytest.raises(ValueError, match="valley has no knob 'nu': it has mu, rate, x, y"):
        of.state(nu=1)
    with pytest.raises(ValueError, match=r"mu must be between 0 and 0.99, got 1.5"):
        of.record(mu=1.5)
