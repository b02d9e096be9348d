"""What a reader and a clinician have between them, in words and on a day that are found wherever they are shown."""

import re
from datetime import UTC, datetime

from checklists import moves
from checklists.models import State, Tick, TickChange
from checklists.owners import Owner
from sharing import progress
from sharing.models import HandoutStart
from tests.factories import make_checklist, make_clinician, make_handout, make_user
from tests.second_factors import make_key

NOTE, EARLIER_NOTE = "Xanthippe was here", "Xenophon was here"
NAME, EMAIL = "M. B. of the bakery", "xanthippe@example.com"
MESSAGE = "As we agreed on Thursday"
#: On which everything was ticked, noted and begun; nothing else is of that year.
LONG_AGO = datetime(1987, 3, 5, 12, 30, tzinfo=UTC)
YEAR = "1987"


class Private:
    """A reader with a checklist from a clinician's handout, who ticked and noted, and lets the clinician see it."""

    def __init__(self, framework):
        self.reader = make_user(EMAIL)
        self.key = make_key(self.reader)
        self.clinician = make_clinician()
        self.handout = make_handout(self.clinician, framework, message=MESSAGE)
        self.checklist = make_checklist(self.reader, framework=framework, started_at=LONG_AGO)
        HandoutStart.objects.create(checklist=self.checklist, handout=self.handout)
        for item, state in (("chair", State.DONE), ("four-rounds", State.NOT_FOR_ME)):
            kept = {"checklist": self.checklist, "item": item, "changed_at": LONG_AGO}
            Tick.objects.create(**kept, state=state, note=NOTE, noted_at=LONG_AGO)
            TickChange.objects.create(**kept, state=state, note=EARLIER_NOTE)
            TickChange.objects.create(**kept, note=NOTE)
        self.consent = progress.grant(self.checklist.pk, self.reader, handout=self.handout.pk, name=NAME)

    def move(self, *, to):
        """Take the checklist to this revision, as the reader would."""
        owner = Owner(reader=self.reader.pk)
        moves.move(self.checklist.pk, owner, to=to, supervision_confirmed=False)
        return self.checklist.moves.latest("pk")


def masked(text) -> str:
    """A page without what is another one each time that it is made."""
    return re.sub(r'(name="(?:csrfmiddlewaretoken|id)" value=")[^"]+', r"\1", text)
