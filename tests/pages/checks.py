"""What holds for every page, as a browser shows it."""

from axe_playwright_python.sync_playwright import Axe

RULES = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ]
}


def breaks_no_rule(page, name):
    # Open the page with `reduced_motion="reduce"`: halfway through a transition no colour is as it will be.
    found = Axe().run(page, options=RULES)
    told = [
        f"{name}: {violation['id']}: {node['html'][:150]} {node['failureSummary']}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
    ]
    assert not told, "\n".join(told)


def never_scrolls_sideways(page, name):
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} is {over} px too wide at {width} px"
