// The form of a draft: order by drag, by buttons and by Alt+↑ and Alt+↓, rows between two others, removing with undo,
// long lists folded, and a word before unsaved changes are left. Without it, position numbers and spare rows serve.
(() => {
  const form = document.querySelector("[data-desk]");
  if (!form) return;
  const words = document.querySelector("[data-words]")?.dataset;
  if (!words) return; // the page was cut off on its way: it serves as without a script
  const live = form.querySelector("[data-live]");
  let unsaved = "unsaved" in form.dataset;

  const rowsOf = (list) => [...list.children].filter((child) => child.matches("[data-row]"));
  const partOf = (row) => row.closest("[data-part]");
  const field = (row, name) => row.querySelector(`[name="${row.dataset.row}-${name}"]`);
  const tell = (text) => {
    live.textContent = "";
    requestAnimationFrame(() => (live.textContent = text));
  };
  const changed = () => (unsaved = true);

  const button = (label, text, action) => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "desk-tool";
    made.setAttribute("aria-label", label);
    made.title = label;
    made.textContent = text;
    made.addEventListener("click", action);
    return made;
  };

  // Order

  // Writes only what is another than before: of a hundred rows that stay as they are none is drawn again.
  const renumber = (list) => {
    let number = 0;
    const others = rowsOf(list).filter((row, n) => {
      const shown = row.querySelector("[data-number]");
      const position = field(row, "position");
      const text = "removed" in row.dataset ? "" : String(++number);
      if (position.value !== String(n + 1)) position.value = n + 1;
      if (shown.textContent === text) return false;
      shown.textContent = text;
      return true;
    });
    rename(others);
    const count = document.querySelector(`[data-count="${list.parentElement.dataset.part}"]`);
    if (count && !list.parentElement.closest("[data-row]")) count.textContent = number;
  };
  const numberOf = (row) => row.querySelector("[data-number]").textContent;
  const moved = (row) => {
    renumber(row.parentElement);
    changed();
    const rows = rowsOf(row.parentElement).filter((one) => !("removed" in one.dataset));
    tell(words.moved.replace("%n", numberOf(row)).replace("%m", rows.length));
  };
  const move = (row, by) => {
    const rows = rowsOf(row.parentElement);
    const other = rows[rows.indexOf(row) + by];
    if (!other) return;
    const focused = document.activeElement;
    if (by < 0) other.before(row);
    else other.after(row);
    focused?.focus();
    row.scrollIntoView({ block: "nearest" });
    moved(row);
  };

  // New rows

  const add = (list, before = null) => {
    const part = list.closest("[data-part]");
    const total = part.querySelector(":scope > [data-total]");
    const holder = document.createElement("ol");
    const number = total.value;
    holder.innerHTML = part.querySelector(":scope > template").innerHTML.replaceAll(`__${part.dataset.part}__`, number);
    total.value = Number(number) + 1;
    const row = holder.firstElementChild;
    list.insertBefore(row, before);
    dress(row);
    renumber(list);
    changed();
    firstField(row).focus();
    tell(words.added.replace("%n", numberOf(row)));
  };

  // The warnings and items of a step that are not removed themselves.
  const atStep = (row) =>
    [...form.querySelectorAll("select[data-steps]")]
      .filter((select) => select.value === refOf(row))
      .map((select) => select.closest("[data-row]"))
      .filter((one) => !field(one, "remove").checked);
  const mark = (row, gone) => {
    field(row, "remove").checked = gone;
    row.toggleAttribute("data-removed", gone);
    row.querySelector("[data-undo]")?.remove();
    if (!gone) return;
    const undo = document.createElement("p");
    const text = document.createElement("span");
    const standing = atStep(row).map((one) => `“${typedName(one)}”`);
    text.textContent = words.removed.replace("%n", () => typedName(row));
    if (standing.length) text.textContent += ` ${words.belong.replace("%n", () => standing.join(", "))}`;
    undo.dataset.undo = "";
    undo.append(text, " ", button(words.undo, words.undo, () => remove(row, false)));
    row.querySelector("legend").after(undo);
  };
  const remove = (row, gone) => {
    mark(row, gone);
    renumber(row.parentElement);
    rename([row]);
    const place = gone ? row.querySelector("[data-undo] button") : foldOf(row).open ? firstField(row) : foldOf(row).firstElementChild;
    place.focus();
    changed();
    tell(gone ? row.querySelector("[data-undo] span").textContent : "");
  };

  // Long lists

  const FOLD_FROM = 6;
  const firstField = (row) => row.querySelector("[data-fields] :is(input, textarea, select)");
  const foldOf = (row) => row.querySelector("[data-fold]");
  const isToBeSeen = (row) => row.querySelector(".desk-error, .desk-theirs") !== null;
  const foldAll = (list, folded) => {
    for (const row of rowsOf(list)) foldOf(row).open = !folded;
  };
  // What a link leads to is open.
  const reveal = (hash) => {
    const target = hash.length > 1 && document.getElementById(hash.slice(1));
    if (!target) return;
    for (let row = target.closest("[data-row]"); row; row = row.parentElement.closest("[data-row]")) {
      foldOf(row).open = true;
    }
    (target.closest(".desk-field") ?? target).scrollIntoView(); // with its label and what is said of it
  };

  // What other rows choose from follows what is typed here

  const typedName = (row) => {
    // A long text without the signs of its emphasis and links, as the server names it.
    const { value } = firstField(row);
    const plain = !firstField(row).matches("textarea") ? value : value.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1").replace(/\*+(\S(?:[^*]*\S)?)\*+/g, "$1");
    const typed = plain.trim().replace(/\s+/g, " ");
    return typed.length > 70 ? `${typed.slice(0, 69)}…` : typed || words.new;
  };
  const nameOf = (row) => (field(row, "remove").checked ? `${typedName(row)} ${words.gone}` : typedName(row));
  const refOf = (row) => field(row, "key").value || `new:${row.dataset.row}`;
  const listOf = (name) => form.querySelector(`[data-part="${name}"] > [data-rows]`);
  const fill = (select, options) => {
    const value = select.value;
    select.replaceChildren(select.options[0], ...options);
    select.value = value;
    if (!select.value) select.selectedIndex = 0; // what was chosen is no longer offered
  };
  // A list of steps is filled when somebody comes to it: there can be hundreds. What is chosen in it has its name always.
  const fillSteps = (event) => {
    if (!event.target.matches?.("select[data-steps]")) return;
    fill(event.target, rowsOf(listOf("steps")).map((row) => new Option(nameOf(row), refOf(row))));
  };
  form.addEventListener("focusin", fillSteps);
  form.addEventListener("pointerdown", fillSteps);
  // What these rows are called now is shown wherever they are named.
  const rename = (rows) => {
    const called = new Map(rows.map((row) => [refOf(row), row]));
    const say = (element, name) => element.textContent === name || (element.textContent = name);
    for (const row of rows) say(row.querySelector("[data-name]"), typedName(row));
    for (const select of called.size ? form.querySelectorAll("select[data-steps]") : []) {
      if (called.has(select.value)) say(select.selectedOptions[0], nameOf(called.get(select.value)));
    }
    const names = new Map([...called].map(([ref, row]) => [ref, fullNameOf(row)]));
    for (const one of form.querySelectorAll("[data-ref]")) if (names.has(one.dataset.ref)) nameChosen(one, names);
  };

  // What a claim is about: a list of what was chosen, and one select that takes more

  const entries = form.querySelector("#entries");
  const KINDS = ["principles", "steps", "warnings", "checklist", "examples", "mistakes", "claims"];
  const refs = new Set([...form.querySelectorAll("[data-row]")].map(refOf));
  const texts = [...(entries?.options ?? [])].filter((option) => !refs.has(option.value));
  const fullNameOf = (row) => `${row.querySelector("legend").textContent.trim().replace(/\s+/g, " ")}: ${nameOf(row)}`;
  const entryNames = () =>
    new Map([
      ...texts.map((option) => [option.value, option.text]),
      ...KINDS.flatMap((kind) => rowsOf(listOf(kind)).map((row) => [refOf(row), fullNameOf(row)])),
    ]);
  const nameChosen = (one, names) => {
    const name = names.get(one.dataset.ref) ?? one.dataset.ref;
    const away = one.querySelector("button");
    one.querySelector("span").textContent = name;
    away.setAttribute("aria-label", `${entries.dataset.remove}: ${name}`);
    away.title = `${entries.dataset.remove}: ${name}`;
  };
  const dressAbout = (holder) => {
    const list = holder.querySelector("[data-chosen]");
    const lines = [...holder.querySelectorAll(":scope > input")];
    const select = document.createElement("select");
    for (const name of ["id", "aria-describedby", "aria-invalid"]) {
      if (lines[0].hasAttribute(name)) select.setAttribute(name, lines[0].getAttribute(name));
    }
    select.name = holder.dataset.about; // what is chosen and not added yet is sent, too
    select.autocomplete = "off";
    select.append(new Option(entries.dataset.choose, ""));

    const chosen = () => [...list.children].map((one) => one.dataset.ref);
    // Filled when somebody comes to it: a page has hundreds, each with hundreds of entries to choose from.
    const refill = () => {
      const taken = new Set([...chosen(), refOf(holder.closest("[data-row]"))]);
      const group = (label, options) => {
        const made = document.createElement("optgroup");
        made.label = label;
        made.append(...options.filter((option) => !taken.has(option.value)));
        return made;
      };
      const parts = KINDS.map((kind) => {
        const rows = listOf(kind);
        return group(rows.getAttribute("aria-label"), rowsOf(rows).map((row) => new Option(nameOf(row), refOf(row))));
      });
      const all = [group(entries.dataset.texts, texts.map((option) => new Option(option.text, option.value))), ...parts];
      fill(select, all.filter((one) => one.children.length));
    };
    select.addEventListener("focus", refill);
    select.addEventListener("pointerdown", refill);

    const take = (ref) => {
      const one = document.createElement("li");
      const sent = document.createElement("input");
      one.dataset.ref = ref;
      sent.type = "hidden";
      sent.name = holder.dataset.about;
      sent.value = ref;
      one.append(sent, document.createElement("span"), button("", "×", () => drop(one)));
      list.append(one);
      return one;
    };
    const drop = (one) => {
      const next = one.nextElementSibling ?? one.previousElementSibling;
      const name = one.querySelector("span").textContent;
      one.remove();
      (next?.querySelector("button") ?? select).focus();
      changed();
      tell(`${entries.dataset.removed}: ${name}`);
    };
    const adding = button(entries.dataset.take, entries.dataset.take, () => {
      if (!select.value) return select.focus();
      const one = take(select.value);
      nameChosen(one, entryNames());
      select.value = "";
      refill();
      changed();
      tell(`${entries.dataset.added}: ${one.querySelector("span").textContent}`);
    });

    const before = [...list.querySelectorAll("input:checked"), ...lines].map((input) => input.value);
    list.replaceChildren();
    const names = entryNames();
    for (const ref of before) if (ref) nameChosen(take(ref), names);
    const line = document.createElement("div");
    line.className = "desk-choose";
    line.append(select, adding);
    for (const input of lines) input.remove();
    holder.append(line);
  };

  // A row's own tools

  let dragged = null;
  const dress = (row) => {
    const list = row.parentElement;
    const tools = row.querySelector("[data-tools]");
    tools.classList.add("desk-scripted");
    const handle = document.createElement("span");
    handle.className = "desk-handle";
    handle.draggable = true;
    handle.title = words.drag;
    handle.setAttribute("aria-hidden", "true");
    handle.textContent = "⠿";
    handle.addEventListener("dragstart", (event) => {
      dragged = row;
      event.dataTransfer.effectAllowed = "move";
      event.dataTransfer.setData("text/plain", row.dataset.row); // without data, nothing is dragged
      event.dataTransfer.setDragImage(row, 0, 0);
    });
    handle.addEventListener("dragend", () => {
      for (const marked of form.querySelectorAll("[data-over]")) marked.removeAttribute("data-over");
      dragged = null;
    });
    tools.append(
      handle,
      button(words.up, "↑", () => move(row, -1)),
      button(words.down, "↓", () => move(row, 1)),
      button(words.insert, `+ ${words.insert}`, () => add(list, row)),
      button(words.remove, words.remove, () => remove(row, true)),
    );
    if (field(row, "remove").checked) mark(row, true);
    row.addEventListener("keydown", (event) => {
      if (!event.altKey || (event.key !== "ArrowUp" && event.key !== "ArrowDown")) return;
      if (event.target.closest("[data-row]") !== row) return; // a citation inside a claim
      event.preventDefault();
      move(row, event.key === "ArrowUp" ? -1 : 1);
    });
    const isAbove = (event) => {
      const box = row.getBoundingClientRect();
      return event.clientY < box.top + box.height / 2;
    };
    row.addEventListener("dragover", (event) => {
      if (!dragged || dragged === row || dragged.parentElement !== list) return;
      event.preventDefault();
      row.dataset.over = isAbove(event) ? "before" : "after";
    });
    row.addEventListener("dragleave", () => row.removeAttribute("data-over"));
    row.addEventListener("drop", (event) => {
      if (!dragged || dragged.parentElement !== list) return;
      event.preventDefault();
      if (isAbove(event)) row.before(dragged);
      else row.after(dragged);
      moved(dragged);
    });
    for (const holder of row.querySelectorAll("[data-about]")) dressAbout(holder);
    for (const inner of row.querySelectorAll("[data-part]")) dressPart(inner);
  };
  const dressPart = (part) => {
    const list = part.querySelector(":scope > [data-rows]");
    const adding = part.querySelector(":scope > [data-add]");
    for (const row of rowsOf(list)) {
      if ("filled" in row.dataset) dress(row);
      else row.remove();
    }
    const folding = part.querySelector(":scope > [data-folding]");
    if (rowsOf(list).length >= FOLD_FROM) {
      for (const row of rowsOf(list)) foldOf(row).open = isToBeSeen(row);
      folding.append(
        button(words.unfold, words.unfold, () => foldAll(list, false)),
        " ",
        button(words.fold, words.fold, () => foldAll(list, true)),
      );
      folding.hidden = false;
    }
    adding.hidden = false;
    adding.querySelector("button").addEventListener("click", () => add(list));
  };

  for (const part of form.querySelectorAll("[data-part]")) {
    if (!part.parentElement.closest("[data-part]")) dressPart(part); // those inside a row are dressed with it
  }
  form.querySelector("[data-noscript]").hidden = true;
  for (const part of form.querySelectorAll(":scope > .desk-part > [data-part]")) renumber(part.querySelector("[data-rows]"));
  reveal(location.hash);
  window.addEventListener("hashchange", () => reveal(location.hash));
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href*="#"]');
    if (link && link.pathname === location.pathname) setTimeout(() => reveal(link.hash)); // also where it is the address already
  });

  form.addEventListener("input", changed);
  form.addEventListener("change", (event) => {
    changed();
    const row = event.target.closest("[data-row]");
    if (row && event.target === firstField(row)) rename([row]);
    if (event.target.matches("select[data-steps]")) {
      for (const step of rowsOf(listOf("steps"))) if ("removed" in step.dataset) mark(step, true);
    }
  });
  let sending = false;
  form.addEventListener("submit", (event) => {
    if (navigator.onLine === false && words.offline) {
      event.preventDefault();
      tell(words.offline);
    } else sending = true;
  });
  window.addEventListener("pageshow", () => (sending = false));
  window.addEventListener("beforeunload", (event) => {
    if (unsaved && !sending) event.preventDefault();
  });
  document.querySelector(".desk-mistakes, .desk-conflict")?.scrollIntoView({ block: "start" });
})();
