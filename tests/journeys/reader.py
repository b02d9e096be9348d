"""What a reader does on a page and sees there, in the words that stand on it."""

import re

from django.core import mail
from playwright.sync_api import expect

from checklists.models import Tick
from tests.factories import PASSWORD


def stored(checklist) -> dict[str, str]:
    """The state of each item that the database has a row of."""
    return dict(Tick.objects.filter(checklist=checklist).values_list("item", "state"))


def done(checklist) -> set[str]:
    return {item for item, state in stored(checklist).items() if state == "done"}


class Reader:
    """Somebody at one device. With scripts a change is saved by itself, without them by the button."""

    def __init__(self, page, javascript=True):
        self.page = page
        self.javascript = javascript

    # What is on the page

    def box(self, text):
        return self.page.get_by_role("checkbox", name=text)

    def row(self, text):
        return self.page.locator("form[data-checklist] li").filter(has_text=text)

    @property
    def status(self):
        """The line that tells, also to those who listen, what became of the last change."""
        return self.page.locator("form[data-checklist]").get_by_role("status")

    @property
    def boxes(self) -> dict[str, bool]:
        return {
            box.get_attribute("value"): box.is_checked() for box in self.page.get_by_role("checkbox").all()
        }

    def sees(self, text):
        expect(self.page.locator("main")).to_contain_text(text)

    def sees_ticked(self, *texts):
        for text in texts:
            expect(self.box(text)).to_be_checked()

    def sees_open(self, *texts):
        for text in texts:
            expect(self.box(text)).not_to_be_checked()

    # What the reader does

    def presses(self, name, exact=True):
        """A button that leads to a page."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=name, exact=exact).filter(visible=True).first.click()

    def follows(self, name):
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=name).filter(visible=True).first.click()

    def tries_again(self, text):
        """The button beside an item that was not saved."""
        self.row(text).get_by_role("button", name="Try again").click()

    def ticks(self, *texts):
        for text in texts:
            self.box(text).check()
        self.saves()

    def unticks(self, *texts):
        for text in texts:
            self.box(text).uncheck()
        self.saves()

    def saves(self):
        """Wait until all is saved; without scripts, press what saves it."""
        if self.javascript:
            expect(self.status).to_contain_text("Saved · ")
        else:
            self.presses("Save")

    def opens_more(self, text):
        self.row(text).locator("summary").click()

    def writes(self, text, note):
        """A note at the item, not saved yet."""
        area = self.row(text).get_by_label("Private note")
        if not area.is_visible():
            self.opens_more(text)
        area.fill(note)

    def asks(self, text, button):
        """Press a button of one item."""
        found = self.row(text).get_by_role("button", name=button)
        if not found.is_visible():
            self.opens_more(text)
        if self.javascript:
            found.click()
        else:
            with self.page.expect_navigation():
                found.click()

    def signs_in(self, user):
        self.page.get_by_label("E-mail address").fill(user.email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.presses("Sign in")

    def signs_up(self, email):
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(PASSWORD)
        self.presses("Make an account")
        self.page.get_by_role("heading", name="Enter the code").wait_for()
        self.page.get_by_label("Code").fill(re.search(r"\d{3}-\d{3}-\d{3}", mail.outbox[-1].body)[0])
        self.presses("Go on")


class HeldBack:
    """Holds back each change that a page sends, until it is let go: with `with`, and then one by one.

    `arrives` waits for the next one to be sent. It can reach the server and its answer be held still (`commit`), be
    answered (`answer`), or be lost on the way there (`lose`).
    """

    def __init__(self, page):
        self.page = page
        self._waiting = []
        page.route("**/items/**", lambda route: self._waiting.append(route))

    def arrives(self):
        for _ in range(1000):
            if self._waiting:
                return Sent(self._waiting.pop(0))
            self.page.wait_for_timeout(5)  # where Playwright hands over what the browser has sent
        raise AssertionError("the page sends nothing")

    @property
    def nothing_more(self) -> bool:
        self.page.wait_for_timeout(0)
        return not self._waiting

    def let_all_go(self):
        for route in self._waiting:
            route.continue_()
        self.page.unroute("**/items/**")


class Sent:
    """A change on its way."""

    def __init__(self, route):
        self._route = route
        self._answer = None

    def commit(self):
        """Let the server do it, and hold back what it answers."""
        self._answer = self._route.fetch()

    def answer(self):
        if self._answer is None:
            self.commit()
        self._route.fulfill(response=self._answer)

    def lose(self):
        self._route.abort("connectionreset")
