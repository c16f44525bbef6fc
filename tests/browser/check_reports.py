"""Each kind of report as a reader sees it: in Chromium, light and dark, on a telephone and on a desk.

    make check-browser        (python tests/browser/check_reports.py PROGRAM)

Looks for errors and for anything that is fetched, moves the pointer and the keyboard over the charts, and has
axe-core look for what keeps readers out. PICTURES=folder keeps a picture of each page."""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

PROGRAM = os.path.abspath(sys.argv.pop(1))
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
PICTURES = os.environ.get("PICTURES")
PHONE, DESK = (390, 844), (1280, 900)
HERE = pathlib.Path(__file__).parent

# What is opened: a name, and the command that leaves report.html in a folder.
REPORTS = {
    "a run": ["run", "scenarios/first_steps/shop/scenario.yaml"],
    "a run with requests that fail": [
        "run", "scenarios/reconciliation/02_rolling_update/what_if_no_readiness.yaml"],
    "a run without workloads": ["run", str(HERE / "nothing.yaml")],
    "a comparison": ["compare", "scenarios/first_steps/shop/scenario.yaml", "--policy", "default",
                     "--policy", "most-allocated", "--policy", "random"],
    "an experiment": ["experiment", str(HERE / "study.yaml")],
    "advice": ["advise", "scenarios/advice/lonely_replica.yaml"],
}


def make_pages(folder):
    pages = {}
    for number, (name, command) in enumerate(REPORTS.items()):
        out = pathlib.Path(folder) / str(number)
        run = subprocess.run([PROGRAM, *command, "--out", str(out)], capture_output=True, text=True)
        # 1: something that was expected did not hold, as in a lesson's what-if.
        assert run.returncode in (0, 1), f"{command}: {run.stderr}"
        pages[name] = out / "report.html"
    return pages


class Reports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.pages = make_pages(cls.folder.name)
        cls.playwright = sync_playwright().start()
        cls.browser = cls.playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.playwright.stop()
        cls.folder.cleanup()

    # What is wrong with a page is in `complaints`: errors, and whatever it asked for besides itself.
    def open(self, name, size=DESK, theme="light", **more):
        context = self.browser.new_context(viewport={"width": size[0], "height": size[1]},
                                           color_scheme=theme, **more)
        self.addCleanup(context.close)
        page = context.new_page()
        page.complaints = []
        address = self.pages[name].as_uri()
        page.on("console", lambda said: page.complaints.append(said.text)
                if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("requestfailed", lambda asked: page.complaints.append("failed: " + asked.url))
        page.on("request", lambda asked: page.complaints.append("asked for " + asked.url)
                if asked.url.split("#")[0] != address else None)
        page.goto(address)
        return page

    # Playwright's own way of waiting is code in a string, which the page forbids.
    def wait_for(self, page, condition):
        for _ in range(200):
            if page.evaluate(condition):
                return
            page.wait_for_timeout(25)
        self.fail(f"never came true: {condition}")

    def scroll_through(self, page):
        page.evaluate("""async () => {
            for (let y = 0; y < document.documentElement.scrollHeight; y += 600) {
                scrollTo(0, y);
                await new Promise((done) => setTimeout(done, 40));
            }
            scrollTo(0, 0);
        }""")
        self.wait_for(page, "seatrial.figures.every((figure) => figure.chart !== null)")

    def every_page(self):
        for name in REPORTS:
            for theme in ("light", "dark"):
                for size in (PHONE, DESK):
                    with self.subTest(name, theme=theme, width=size[0]):
                        yield name, size, theme

    def chart(self, page, kind, which=0):
        """The canvas of a chart, in view and drawn, and the script's word for its figure."""
        numbers = page.evaluate(
            f"seatrial.figures.flatMap((f, i) => f.spec.type === '{kind}' ? [i] : [])")
        figure = f"seatrial.figures[{numbers[which]}]"
        canvas = page.locator("figure.chart canvas[tabindex]").nth(numbers[which])
        canvas.scroll_into_view_if_needed()
        self.wait_for(page, f"{figure}.chart !== null")
        return canvas, figure

    # --- every page ---------------------------------------------------------------------------

    def test_opens_without_complaint_and_fits(self):
        for name, size, theme in self.every_page():
            page = self.open(name, size, theme)
            self.scroll_through(page)
            self.assertEqual(page.complaints, [])
            wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            self.assertLessEqual(wider, 0, "it scrolls sideways")
            paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
            lightness = sum(int(n) for n in re.findall(r"\d+", paper)[:3]) / 765
            self.assertEqual(lightness > 0.5, theme == "light", paper)
            empty = page.evaluate("""seatrial.figures.filter((figure) => {
                const { canvas } = figure, pixels = canvas.getContext("2d")
                    .getImageData(0, 0, canvas.width, canvas.height).data;
                return !pixels.some((value) => value !== 0);
            }).map((figure) => figure.spec.label)""")
            self.assertEqual(empty, [], "charts that drew nothing")
            if PICTURES:
                os.makedirs(PICTURES, exist_ok=True)
                page.screenshot(full_page=True, path=os.path.join(
                    PICTURES, f"{name} {theme} {size[0]}.png".replace(" ", "_")))

    def test_axe_finds_nothing_serious(self):
        for name, size, theme in self.every_page():
            page = self.open(name, size, theme)
            self.scroll_through(page)
            page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
            found = [f"{v['id']}: {v['nodes'][0]['html'][:200]}"
                     for v in Axe().run(page).response["violations"]
                     if v["impact"] in ("serious", "critical")]
            self.assertEqual(found, [])

    def test_tells_everything_without_its_script(self):
        for name in REPORTS:
            with self.subTest(name):
                page = self.open(name, java_script_enabled=False)
                self.assertTrue(page.locator(".answer .first").is_visible())
                for details in page.locator("figure details").all():
                    details.locator("summary").click()
                    self.assertTrue(details.locator("table").first.is_visible())
                self.assertEqual(page.locator("#theme:visible, .timebar:visible").count(), 0,
                                 "buttons that would do nothing")

    def test_prints_light_and_comes_back(self):
        for name in ("a run", "an experiment"):
            with self.subTest(name):
                page = self.open(name, theme="dark")
                page.evaluate("""addEventListener("beforeprint", () => setTimeout(() => {}, 0));
                    window.printed = null;
                    addEventListener("beforeprint", () => { window.printed = seatrial.figures
                        .every((f) => f.chart !== null) && document.documentElement.dataset.theme; })""")
                self.assertGreater(len(page.pdf()), 50000)
                self.assertEqual(page.evaluate("printed"), "light", "all charts are drawn, in light")
                self.assertEqual(page.evaluate("document.documentElement.dataset.theme"), "")
                self.assertEqual(page.complaints, [])

    # --- charts of time -------------------------------------------------------------------------

    def tooltip(self, page, figure):
        return page.evaluate(f"""(() => {{ const tip = {figure}.chart.tooltip;
            return tip.opacity > 0 ? [...tip.title, ...tip.body.flatMap((b) => b.lines)].join(" | ") : ""; }})()""")

    def test_pointing_at_a_line_of_time_tells_what_held_and_at_a_mark_what_happened(self):
        for size in (PHONE, DESK):
            page = self.open("a run", size)
            canvas, figure = self.chart(page, "time")
            quiet = page.evaluate(f"{figure}.chart.scales.x.getPixelForValue(13.5 * 86400)")
            canvas.hover(position={"x": quiet, "y": 60})
            self.assertRegex(self.tooltip(page, figure), r"^from \d+d.*wanted: 1.*ready: 1$")
            mark = page.evaluate(f"""(() => {{ const chart = {figure}.chart,
                d = chart.data.datasets.findIndex((set) => set.isMarks);
                const {{ x, y }} = chart.getDatasetMeta(d).data[0]; return {{ x, y }}; }})()""")
            canvas.hover(position=mark)
            self.assertRegex(self.tooltip(page, figure), r"^at .*crash.* \| cost .* of downtime")

    def test_zooms_by_dragging_by_buttons_and_by_keys_all_lines_at_once(self):
        page = self.open("a run")
        canvas, figure = self.chart(page, "time")
        _, other = self.chart(page, "time", 1)
        limits = lambda of: page.evaluate(f"[{of}.chart.scales.x.min, {of}.chart.scales.x.max]")
        canvas.scroll_into_view_if_needed()
        whole = limits(figure)
        self.assertEqual(whole, [0, 30 * 86400])
        box = canvas.bounding_box()
        page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 60, steps=4)
        page.mouse.up()
        dragged = limits(figure)
        self.assertGreater(dragged[0], 8 * 86400)
        self.assertLess(dragged[1], 21 * 86400)
        self.assertEqual(limits(other), dragged)
        bar = page.locator("#timelines .timebar")
        self.assertRegex(bar.locator("output").inner_text(), r"^\d+d.* to \d+d")
        bar.get_by_role("button", name="zoom in").click()
        self.assertAlmostEqual((limits(figure)[1] - limits(figure)[0]) / (dragged[1] - dragged[0]), 0.5)
        bar.get_by_role("button", name="later").click()
        self.assertGreater(limits(figure)[1], dragged[1] - (dragged[1] - dragged[0]) / 4)
        canvas.focus()
        page.keyboard.press("-")
        self.assertAlmostEqual((limits(figure)[1] - limits(figure)[0]) / (dragged[1] - dragged[0]), 1)
        bar.get_by_role("button", name="the whole run").click()
        self.assertEqual(limits(figure), whole)
        page.evaluate("seatrial.look(86400, 2 * 86400)")
        canvas.dblclick(position={"x": 300, "y": 60})
        self.assertEqual(limits(figure), whole)
        self.assertEqual(page.complaints, [])

    def test_an_outage_of_the_table_is_shown_in_its_chart(self):
        page = self.open("a run")
        page.locator("#outages").get_by_role("button").first.click()
        low, high = page.evaluate("[seatrial.view.from, seatrial.view.to]")
        self.assertLess(high - low, 3600)
        self.assertEqual(page.evaluate("document.activeElement.tagName"), "CANVAS")

    # --- every kind of chart ----------------------------------------------------------------------

    def test_arrow_keys_go_through_every_kind_of_chart_and_are_read_out(self):
        for name, kinds in (("a run", ("time", "bars", "quantiles")),
                            ("an experiment", ("intervals", "quantiles", "bars", "scatter", "convergence")),
                            ("a comparison", ("bars", "quantiles", "intervals")),
                            ("advice", ("intervals",))):
            for kind in kinds:
                with self.subTest(name, kind=kind):
                    page = self.open(name)
                    canvas, figure = self.chart(page, kind)
                    canvas.focus()
                    page.keyboard.press("ArrowRight")
                    first = page.locator("[aria-live]").inner_text()
                    self.assertRegex(first, r"\d")
                    self.assertNotEqual(self.tooltip(page, figure), "")
                    page.keyboard.press("ArrowRight")
                    self.assertNotEqual(page.locator("[aria-live]").inner_text(), first)
                    page.keyboard.press("Escape")
                    self.assertEqual(self.tooltip(page, figure), "")
                    self.assertEqual(page.complaints, [])

    def test_pointing_at_an_interval_tells_estimate_and_bounds(self):
        page = self.open("an experiment")
        canvas, figure = self.chart(page, "intervals")
        box = canvas.bounding_box()
        canvas.hover(position={"x": box["width"] / 2, "y": 20})
        self.assertRegex(self.tooltip(page, figure), r"\[.*, .*\].*runs")

    def test_a_series_is_hidden_by_its_button(self):
        page = self.open("a run")
        _, figure = self.chart(page, "bars")
        button = page.locator("figure.chart .legend button").first
        visible = lambda: page.evaluate(f"{figure}.chart.isDatasetVisible(0)")
        self.assertEqual(button.get_attribute("aria-pressed"), "true")
        button.focus()
        page.keyboard.press("Enter")
        self.assertEqual((visible(), button.get_attribute("aria-pressed")), (False, "false"))
        page.keyboard.press("Enter")
        self.assertTrue(visible())

    def test_the_theme_is_switched_and_charts_with_it(self):
        page = self.open("a run")
        _, figure = self.chart(page, "time")
        colour = lambda: page.evaluate(
            f"[getComputedStyle(document.body).backgroundColor, {figure}.chart.data.datasets[1].borderColor]")
        light = colour()
        page.locator("#theme").click()
        dark = colour()
        self.assertNotEqual(light[0], dark[0])
        self.assertNotEqual(light[1], dark[1])
        page.reload()
        self.wait_for(page, "seatrial.figures.length > 0")
        self.assertEqual(page.evaluate("document.documentElement.dataset.theme"), "dark", "it is kept")
        page.locator("#theme").click()
        self.assertEqual(page.evaluate("document.documentElement.dataset.theme"), "light")


if __name__ == "__main__":
    unittest.main(verbosity=1)
