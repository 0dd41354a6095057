"""The pages in a browser: no violation that axe knows, on a desk and a phone, in light and dark; what fits where."""

import shutil

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from grader.verdict import Outcome, Verdict
from tests import made_class
from tests.conftest import lacks
from tests.made_class import check, hand_in, put, two_sides

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SCREENS = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 375, "height": 700}}


@pytest.fixture(scope="module")
def browser():
    if BROWSER is None:
        lacks("chromium is not installed")
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=BROWSER, args=QUIET)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The pages of a class with every verdict, figures, two frameworks, notes, and an assignment that few did."""
    out = made_class.make(tmp_path_factory.mktemp("axe") / "out")
    put(out, "h1", two_sides(Verdict.PASSED, Verdict.UNSURE) | {"assignment": "04_two", "title": "Two"})
    checks = [check("a", Outcome(Verdict.FAILED, "no")), check("b", Outcome(Verdict.NOT_CHECKED, "First: a."))]
    put(out, "h2", hand_in(checks, like_solution="the same text") | {"assignment": "05_far", "title": "Far"})
    html = made_class.write(out)
    return {"class": html, **{p.stem: p for p in html.with_name("report-students").iterdir()}}


@pytest.fixture
def show(browser, site):
    """Open a page of the site; `change` edits its HTML first."""
    opened = []

    def show(name, screen="desk", scheme="light", change=str):
        copy = site[name].with_suffix(".shown.html")
        copy.write_text(change(site[name].read_text("utf-8")), "utf-8")
        opened.append(browser.new_page(viewport=SCREENS[screen], color_scheme=scheme))
        opened[-1].goto(copy.as_uri())
        return opened[-1]

    yield show
    for page in opened:
        page.close()


def violations(page):
    found = Axe().run(page).response["violations"]
    return {f"{v['id']}: {node['target']}" for v in found for node in v["nodes"]}


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["class", "h1", "h3"])
def test_no_violation(show, name, scheme, screen):
    assert violations(show(name, screen, scheme)) == set()


@pytest.mark.parametrize(
    ("old", "new", "rule", "scheme"),
    [
        ("--on-failed: #8a2318", "--on-failed: #d98a80", "color-contrast", "light"),
        ("--on-failed: #f5bbb1", "--on-failed: #8a3a30", "color-contrast", "dark"),
        ('<html lang="en">', "<html>", "html-has-lang", "light"),
        ("initial-scale=1", "user-scalable=no", "meta-viewport", "light"),
    ],
)
def test_a_planted_violation_is_found(show, old, new, rule, scheme):
    page = show("class", "phone", scheme, lambda html: html.replace(old, new))
    assert rule in {v.partition(":")[0] for v in violations(page)}


@pytest.mark.parametrize("name", ["class", "h1", "h3"])
def test_a_phone_shows_the_whole_width(show, name):
    page = show(name, "phone")
    assert page.evaluate("document.documentElement.scrollWidth") == SCREENS["phone"]["width"]


def test_the_matrix_scrolls_and_names_stay(show):
    page = show("class", "phone")
    left, moved = page.evaluate(
        """() => {
            const box = document.querySelector('.box:has(.matrix)');
            const name = box.querySelector('tbody th'), before = name.getBoundingClientRect().left;
            box.scrollLeft = 100;
            return [name.getBoundingClientRect().left - before, box.scrollLeft];
        }"""
    )
    assert (left, moved) == (0, 100)


def test_paper_is_light_whatever_the_screen(show):
    page = show("h3", scheme="dark")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(media="print")
    assert dark != page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    ink = page.evaluate("getComputedStyle(document.querySelector('.race .needed')).stroke")
    assert ink == "rgb(28, 35, 41)"


def test_nothing_is_requested(browser, site):
    page = browser.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(site["h3"].as_uri())
    page.close()
    assert asked == [site["h3"].as_uri()]
