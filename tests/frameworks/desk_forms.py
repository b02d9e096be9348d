"""A form of the desk as a browser without scripts would send it, so that a test changes only what it is about."""

from html.parser import HTMLParser


class _Form(HTMLParser):
    """The fields of the page's form with this id and what they hold."""

    def __init__(self, id):
        super().__init__()
        self.id, self.inside, self.templates = id, False, 0
        self.fields: list[tuple[str, str]] = []
        self.select = self.textarea = None

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "template":
            self.templates += 1
        if tag == "form":
            self.inside = attrs.get("id") == self.id
        if not self.inside or self.templates:
            return
        name = attrs.get("name")
        if tag == "input" and name:
            if attrs.get("type") != "checkbox" or "checked" in attrs:
                self.fields.append(
                    (name, attrs.get("value", "on" if attrs.get("type") == "checkbox" else ""))
                )
        elif tag == "textarea":
            self.textarea = [name, ""]
        elif tag == "select":
            self.select = [name, "multiple" in attrs, None, []]
        elif tag == "option" and self.select:
            if self.select[2] is None:
                self.select[2] = attrs["value"]
            if "selected" in attrs:
                self.select[3].append(attrs["value"])

    def handle_data(self, data):
        if self.textarea:
            self.textarea[1] += data

    def handle_endtag(self, tag):
        if tag == "template":
            self.templates -= 1
        elif tag == "form":
            self.inside = False
        elif tag == "textarea" and self.textarea:
            name, text = self.textarea
            self.fields.append((name, text.removeprefix("\n")))
            self.textarea = None
        elif tag == "select" and self.select:
            name, several, first, chosen = self.select
            chosen = chosen or ([] if several else [first])
            self.fields += [(name, value) for value in chosen]
            self.select = None


def typed(page, form="draft", **changes) -> dict[str, list[str]]:
    """What the form of a page holds, as a browser sends it; `changes` replace fields, `__` standing for a hyphen."""
    parser = _Form(form)
    parser.feed(page.text)
    fields: dict[str, list[str]] = {}
    for name, value in parser.fields:
        fields.setdefault(name, []).append(value)
    for name, value in changes.items():
        fields[name.replace("__", "-")] = value if isinstance(value, list) else [value]
    return fields
