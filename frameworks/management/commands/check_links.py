import sys
from collections import Counter
from itertools import chain
from secrets import SystemRandom

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from frameworks.article import doi_link
from frameworks.citing import citing
from frameworks.links import Outcome, Visitor, without_a_network
from frameworks.models import HelpContact, Source

_TITLES = {
    Outcome.UNCLEAR: "Unclear; open them yourself:",
    Outcome.UNREACHED: "Not reached:",
    Outcome.DEAD: "Dead; nothing was changed for them:",
}


class Command(BaseCommand):
    help = (
        "Ask every address of a source or a help contact whether it still answers, and list those that do not. "
        "Exit status 1 where no network is there; then nothing changes."
    )
    # Tests give a visitor that may ask this machine.
    stealth_options = ("visitor",)

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="ask, and store nothing")
        parser.add_argument(
            "--limit",
            type=int,
            metavar="N",
            help="ask at most N addresses, chosen by chance so that all have a turn",
        )

    def handle(self, *, dry_run, limit, visitor=None, **options):
        sources = _addresses_of_sources()
        contacts = _addresses_of_contacts()
        addresses = list(dict.fromkeys(chain(*sources.values(), *contacts.values())))
        if limit is not None and limit < len(addresses):
            addresses = SystemRandom().sample(addresses, max(0, limit))
        visitor = visitor or Visitor(user_agent=_user_agent())
        visits = {visit.address: visit for visit in visitor.visit_all(addresses)}
        if without_a_network(visits.values()):
            self.stderr.write(
                f"None of {len(visits)} addresses could be reached: there is no network. Nothing changed."
            )
            sys.exit(1)
        answered = {address for address, visit in visits.items() if visit.outcome is Outcome.ANSWERED}
        seen = [key for key, of_source in sources.items() if answered.issuperset(of_source)]
        # The day of a record that a file keeps stands in the file: changed here, it would be an editor's change to
        # load_library, which then refuses the file's next one.
        noted = Source.objects.filter(key__in=seen, loaded_digest="")
        noted = noted.count() if dry_run else noted.update(verified_on=timezone.localdate())
        self._list(visits, sources, contacts)
        counted = Counter(visit.outcome for visit in visits.values())
        counts = ", ".join(f"{counted[outcome]} {outcome}" for outcome in Outcome)
        self.stdout.write(
            f"{len(visits)} addresses: {counts}. {len(seen)} sources answered, "
            f"{noted} {'would be ' if dry_run else ''}noted as seen today."
        )
        if dry_run:
            self.stdout.write("Dry run: nothing was stored.")

    def _list(self, visits, sources, contacts):
        """The addresses that did not answer, with what has them and who cites that."""
        for outcome, title in _TITLES.items():
            found = {address: visit for address, visit in visits.items() if visit.outcome is outcome}
            if not found:
                continue
            self.stdout.write(title)
            keys = {key for key, of_source in sources.items() if found.keys() & of_source}
            frameworks = citing(keys) if keys else []
            for key in sorted(keys):
                self._say(f"source {key}", [found[a] for a in sources[key] if a in found])
                for framework in frameworks:
                    if key in framework.sources:
                        self.stdout.write(f"    cited by {framework.slug}")
            for key, of_contact in contacts.items():
                self._say(f"help contact {key}", [found[a] for a in of_contact if a in found])

    def _say(self, name, visits):
        for visit in visits:
            self.stdout.write(f"  {name}: {visit.address} {visit.detail}")


def _addresses_of_sources() -> dict[str, list[str]]:
    """Where each source leads, by its key; without those that lead nowhere."""
    found = {}
    for key, doi, url in Source.objects.order_by("key").values_list("key", "DOI", "URL"):
        if addresses := [address for address in (doi and doi_link(doi), url) if address]:
            found[key] = addresses
    return found


def _addresses_of_contacts() -> dict[str, list[str]]:
    """Where we have each help contact from, and the page that it opens, by its key."""
    found = {}
    for key, link, source_url in HelpContact.objects.values_list("key", "link", "source_url"):
        addresses = [address for address in (source_url, link) if address.startswith("http")]
        found[key] = list(dict.fromkeys(addresses))
    return found


def _user_agent() -> str:
    """Who asks, so that whoever minds can say so."""
    site = next((host for host in settings.ALLOWED_HOSTS if host.strip(".*") == host), "localhost")
    return f"Tracework (check of links; https://{site}/)"
