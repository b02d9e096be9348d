"""What holds for every page, as a browser shows it and as a checker reads it."""

import json
import os
import re
import subprocess
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT

#: Only violations are asked for: to list what passes takes as long again.
RULES = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ],
    "resultTypes": ["violations"],
}
#: A dark page differs from the light one in its colours alone, so these are all that it can break anew.
LINKS_IN_TEXT = {"runOnly": {"type": "rule", "values": ["link-in-text-block"]}, "resultTypes": ["violations"]}
CONTRAST = {"runOnly": {"type": "rule", "values": ["color-contrast"]}, "resultTypes": ["violations"]}
ONE_OF_EACH_COLOUR = (Path(__file__).parent / "one_of_each_colour.js").read_text()
#: How a desktop shows a page, for those whose widths were looked at before.
DESKTOP = {"width": 1280, "height": 800}


def serves_everybody(page, name):
    """One visit for all that a browser can tell: the rules in both schemes, and the widths. Ends at 320 px."""
    breaks_no_rule(page, name)
    never_scrolls_sideways(page, name)


def breaks_no_rule(page, name):
    """Every rule of WCAG 2.2 AA and best practice; then, with the page shown dark, those of its colours."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = _ask_axe(page, name, RULES)
    page.emulate_media(color_scheme="dark")
    found += _ask_axe(page, f"{name}, dark", LINKS_IN_TEXT)
    found += _ask_axe(page, f"{name}, dark", CONTRAST, of=ONE_OF_EACH_COLOUR)
    page.emulate_media(color_scheme="light")
    assert not found, "\n".join(found)


#: Halfway through a transition no colour is as it will be, and Django's admin has them whatever a reader prefers.
_SETTLE = """() => {
    const under_way = () => document.getAnimations().filter(one => one instanceof CSSTransition);
    for (let ones = under_way(); ones.length; ones = under_way()) ones.forEach(one => one.finish());
}"""


def _ask_axe(page, name, rules, *, of="() => document"):
    page.evaluate(_SETTLE)
    violations = page.evaluate(f"async rules => (await axe.run(({of})(), rules)).violations", rules)
    return [
        f"{name}: {violation['id']}: {node['html'][:150]} {node['failureSummary']}"
        for violation in violations
        for node in violation["nodes"]
    ]


def never_scrolls_sideways(page, name):
    for width in (1280, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert over <= 0, f"{name} is {over} px too wide at {width} px"


#: What the checker does not know: htmx’s attributes, one that keeps browsers from restoring a stale box, one of SVG 2.
_MEANT = re.compile(
    "Attribute “(hx-[a-z-]+” not allowed|autocomplete” is only allowed|pathLength” not allowed)"
)


def is_valid_html(folder, pages):
    """The Nu HTML checker finds no error in these answers, by name. Mark tests that ask it with `html`."""
    for number, answer in enumerate(pages.values()):
        (folder / f"{number}.html").write_bytes(answer.content)
    checked = subprocess.run(
        ["java", "-jar", os.environ["VNU_JAR"], "--format", "json", "--skip-non-html", str(folder)],
        capture_output=True,
        check=False,
    )
    names = list(pages)
    told = [
        f"{names[int(Path(message['url']).stem)]}: {message['message']}: {message.get('extract')}"
        for message in json.loads(checked.stderr)["messages"]
        if message["type"] == "error" and not _MEANT.match(message["message"])
    ]
    assert not told, "\n".join(told)
