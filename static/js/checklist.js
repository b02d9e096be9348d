// Saves each change of a checklist by itself, and says what became of it. Without this file the form has a Save button.
// A box shows what is stored, or what is on its way: after a refusal or a lost answer it goes back.
(() => {
  const form = document.querySelector("form[data-checklist]");
  const state = form?.querySelector("[data-state]"); // an archived checklist has none: there is nothing to save
  if (!state || !window.htmx) return;
  const words = form.dataset;
  // Before htmx starts, which is when the page is parsed. The security policy forbids the first two anyway.
  Object.assign(htmx.config, {
    allowEval: false,
    includeIndicatorStyles: false,
    allowScriptTags: false,
    historyCacheSize: 0,
    defaultSettleDelay: 0,
    timeout: 10000,
  });
  // Each change is of one item and of one kind, its state or its note. How many of it are on their way: an answer that a
  // later one has overtaken is not shown. And what was refused and not yet made good, with what shows it.
  const underway = new Map();
  const refusals = new Map();

  const keyOf = (element) => element?.dataset?.item ?? element?.dataset?.button;
  const row = (key) => document.getElementById(key);
  const said = (key) => row(key)?.querySelector("[data-said]");
  const kindOf = (element) => ("savesNote" in element.dataset ? "note" : "state");
  const changeOf = (element) => `${keyOf(element)} ${kindOf(element)}`;
  const countOf = (key) => ["state", "note"].reduce((sum, kind) => sum + (underway.get(`${key} ${kind}`) ?? 0), 0);
  const counting = () => [...underway.values()].reduce((sum, number) => sum + number, 0);

  // The status line

  const tell = (text) => { state.textContent = text; };
  const numbers = () => form.querySelector("[data-numbers]")?.textContent.trim() ?? "";
  const save = form.querySelector("[data-save]");
  // What is filled in from before a sign-in is saved by the button alone.
  const waits = () => form.querySelector("[data-unsaved]") !== null;
  const summarise = () => {
    save.hidden = !waits();
    const told = [words.saved, numbers()];
    if (refusals.size) told.push(words.refused);
    if (waits()) told.push(words.waiting);
    tell(told.join(" · "));
  };
  if (!waits()) {
    save.hidden = true;
    tell(words.ready);
  }

  const say = (key, text, icon, ...actions) => {
    const place = said(key);
    if (!place) return;
    place.replaceChildren();
    if (!text) return;
    if (icon === "danger") place.setAttribute("role", "alert");
    place.append(drawing(icon), text, ...actions);
  };
  const drawing = (name) => {
    const any = document.querySelector("svg use");
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
    use.setAttribute("href", `${any.getAttribute("href").split("#")[0]}#${name}`);
    svg.setAttribute("aria-hidden", "true");
    svg.setAttribute("width", "20");
    svg.setAttribute("height", "20");
    svg.append(use);
    return svg;
  };
  const action = (text, run) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "linkish";
    button.textContent = text;
    button.addEventListener("click", run);
    return button;
  };
  const link = (text, address) => {
    const anchor = document.createElement("a");
    anchor.href = address;
    anchor.textContent = text;
    return anchor;
  };

  // A change begins: a box by its change, a button by its click. htmx queues them, so that they arrive in their order.

  const begin = (element) => {
    const [key, change] = [keyOf(element), changeOf(element)];
    underway.set(change, (underway.get(change) ?? 0) + 1);
    refusals.delete(change);
    row(key)?.removeAttribute("data-level");
    say(key, words.saving, "saving");
    tell(words.saving);
  };
  const end = (element) => {
    const change = changeOf(element);
    const left = (underway.get(change) ?? 1) - 1;
    if (left > 0) underway.set(change, left);
    else underway.delete(change);
    return left;
  };
  form.addEventListener("change", (event) => {
    if (event.target.dataset.item) begin(event.target);
  });
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-button]");
    if (button) begin(button);
  });

  form.addEventListener("htmx:configRequest", (event) => {
    const element = event.detail.elt;
    const key = keyOf(element);
    if (!key) return;
    const parameters = {};
    if (element.dataset.item) parameters.state = element.checked ? "done" : "open";
    else if ("savesNote" in element.dataset) parameters.note = row(key).querySelector("[data-note]").value;
    else parameters.state = element.value;
    parameters.revision = form.elements.revision.value;
    event.detail.parameters = parameters;
    event.detail.headers["X-CSRFToken"] = form.elements.csrfmiddlewaretoken.value;
  });

  // An answer takes the row's place. What is being written in it, and where the reader is, must survive that.

  const before = new Map();
  form.addEventListener("htmx:beforeSwap", (event) => {
    const sender = event.detail.requestConfig.elt;
    const key = keyOf(sender);
    if (!key) return;
    if (countOf(key) > 1) event.detail.shouldSwap = false;
    const note = row(key)?.querySelector("[data-note]");
    const stored = event.detail.requestConfig.parameters.note ?? note?.defaultValue;
    const active = document.activeElement;
    before.set(key, {
      note: note && note.value !== stored ? note.value : null,
      open: row(key)?.querySelector("details")?.open && !sender.dataset.button,
      focus: row(key)?.contains(active) ? placeOf(active) : null,
      cursor: active === note ? [note.selectionStart, note.selectionEnd] : null,
    });
  });
  // Where the reader is, as a selector that finds the same place in the row to come.
  const placeOf = (element) => {
    if (element.id) return `[id="${element.id}"]`;
    if ("savesNote" in element.dataset) return "[data-saves-note]";
    return element.dataset.button ? `[data-button][value="${element.value}"]` : "summary";
  };
  const restore = (key) => {
    const kept = before.get(key);
    before.delete(key);
    for (const kind of ["state", "note"]) refusals.get(`${key} ${kind}`)?.();
    if (!kept) return;
    const details = row(key).querySelector("details");
    const note = row(key).querySelector("[data-note]");
    if (note && kept.note !== null) note.value = kept.note;
    if (details && (kept.open || kept.note !== null)) details.open = true;
    if (!kept.focus || row(key).contains(document.activeElement)) return;
    // What was pressed may be gone now, or out of sight: then the first thing of the row that takes the focus.
    for (const place of row(key).querySelectorAll(kept.focus)) place.focus({ preventScroll: true });
    for (const place of row(key).querySelectorAll("input[type=checkbox], summary, button")) {
      if (!row(key).contains(document.activeElement)) place.focus({ preventScroll: true });
    }
    if (kept.cursor) note?.setSelectionRange(...kept.cursor);
  };

  form.addEventListener("htmx:afterRequest", (event) => {
    const element = event.detail.requestConfig.elt; // `detail.elt` is what has taken its place
    const key = keyOf(element);
    if (!key) return;
    const left = end(element);
    if (event.detail.successful) {
      const asked = event.detail.requestConfig.parameters.state;
      if (asked) remember(key, asked === "done");
      if (countOf(key) === 0) restore(key);
      else if (element.dataset.item) element.defaultChecked = asked === "done";
      if (counting() === 0) summarise();
      return;
    }
    if (left > 0) return; // a later change of the same is on its way, and will tell
    const box = row(key)?.querySelector("[data-item]");
    const wanted = box?.checked;
    if (element.dataset.item && box) box.checked = box.defaultChecked;
    refusals.set(changeOf(element), () => refused(key, element, event.detail.xhr, wanted));
    refused(key, element, event.detail.xhr, wanted);
  });

  // The whole form, which the Enter key sends, is made from what is stored now.
  const remember = (key, isDone) => {
    const was = new Set(form.elements.was.value.split(" ").filter(Boolean));
    if (isDone) was.add(key);
    else was.delete(key);
    form.elements.was.value = [...was].join(" ");
  };

  const refused = (key, element, xhr, wanted) => {
    const retry = action(words.retry, () => {
      const box = row(key)?.querySelector("[data-item]");
      if (element.dataset.item && box) {
        box.checked = wanted;
        box.dispatchEvent(new Event("change", { bubbles: true }));
        box.focus();
      } else {
        const again = row(key).querySelector(placeOf(element));
        again?.focus();
        again?.click();
      }
    });
    const reload = action(words.reload, () => window.location.reload());
    const text = xhr.getResponseHeader?.("Content-Type")?.startsWith("text/plain") ? xhr.responseText : "";
    row(key)?.setAttribute("data-level", "danger");
    if (xhr.status === 0) say(key, words.offline, "danger", " ", retry);
    else if (xhr.status === 401 || xhr.getResponseHeader("X-Sign-In")) {
      say(key, text, "danger", " ", link(words.signIn, words.signInUrl));
    } else if (xhr.status === 403) say(key, words.expired, "danger", " ", reload);
    else if (text) say(key, text, "danger", ...(xhr.status === 422 ? [] : [" ", reload]));
    else say(key, words.failed, "danger", " ", retry);
    tell(said(key).firstElementChild.nextSibling.textContent);
  };

  window.addEventListener("beforeunload", (event) => {
    const writing = [...form.querySelectorAll("[data-note]")].some((note) => note.value !== note.defaultValue);
    if (counting() > 0 || writing) event.preventDefault();
  });
  form.addEventListener("submit", () => {
    for (const note of form.querySelectorAll("[data-note]")) note.defaultValue = note.value;
  });
})();
