// The form of a draft: order by drag, by buttons and by Alt+↑ and Alt+↓, rows between two others, removing with undo,
// and a word before unsaved changes are left. Without it, position numbers and spare rows serve.
(() => {
  const form = document.querySelector("[data-desk]");
  if (!form) return;
  const words = document.querySelector("[data-words]").dataset;
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

  const renumber = (list) => {
    rowsOf(list).forEach((row, n) => {
      field(row, "position").value = n + 1;
      row.querySelector("[data-number]").textContent = n + 1;
    });
  };
  const moved = (row) => {
    const list = row.parentElement;
    renumber(list);
    changed();
    offer();
    const rows = rowsOf(list);
    tell(words.moved.replace("%n", rows.indexOf(row) + 1).replace("%m", rows.length));
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
    offer();
    row.querySelector("[data-fields] :is(input, textarea, select)").focus();
    tell(words.added.replace("%n", rowsOf(list).indexOf(row) + 1));
  };

  const remove = (row, gone) => {
    field(row, "remove").checked = gone;
    row.toggleAttribute("data-removed", gone);
    row.querySelector("[data-undo]")?.remove();
    if (gone) {
      const undo = document.createElement("p");
      undo.dataset.undo = "";
      undo.append(`${words.removed} `);
      const back = button(words.undo, words.undo, () => remove(row, false));
      undo.append(back);
      row.querySelector("legend").after(undo);
      back.focus();
    } else row.querySelector("[data-fields] :is(input, textarea, select)").focus();
    changed();
    offer();
  };

  // What other rows choose from follows what is typed here

  const nameOf = (row) => {
    const typed = row.querySelector("[data-fields] :is(input, textarea)").value.trim().replace(/\s+/g, " ");
    const name = typed.length > 70 ? `${typed.slice(0, 69)}…` : typed || words.new;
    return field(row, "remove").checked ? `${name} ${words.gone}` : name;
  };
  const refOf = (row) => field(row, "key").value || `new:${row.dataset.row}`;
  const listOf = (name) => form.querySelector(`[data-part="${name}"] > [data-rows]`);
  const options = (name) => rowsOf(listOf(name)).map((row) => [refOf(row), nameOf(row)]);
  const fill = (parent, keep, wanted) => {
    const chosen = new Set([...parent.querySelectorAll("option:checked")].map((option) => option.value));
    const made = wanted.map(([value, name]) => {
      const option = document.createElement("option");
      option.value = value;
      option.textContent = name;
      option.selected = chosen.has(value);
      return option;
    });
    parent.replaceChildren(...keep, ...made);
  };
  const KINDS = ["principles", "steps", "warnings", "checklist", "examples", "mistakes"];
  let waiting = 0;
  const offer = () => {
    // Once for all that happens in a moment: there can be hundreds of lists.
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      const steps = options("steps");
      for (const select of form.querySelectorAll("select[data-steps]")) {
        const value = select.value;
        fill(select, [select.options[0]], steps);
        select.value = value;
      }
      const wanted = KINDS.map((kind) => (kind === "steps" ? steps : options(kind)));
      for (const select of form.querySelectorAll("select[data-entries]")) {
        [...select.querySelectorAll("optgroup")].slice(1).forEach((group, n) => fill(group, [], wanted[n]));
      }
    });
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
    if (field(row, "remove").checked) remove(row, true);
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
    for (const inner of row.querySelectorAll("[data-part]")) dressPart(inner);
  };
  const dressPart = (part) => {
    const list = part.querySelector(":scope > [data-rows]");
    const adding = part.querySelector(":scope > [data-add]");
    for (const row of rowsOf(list)) if (!("filled" in row.dataset)) row.remove();
    adding.hidden = false;
    adding.querySelector("button").addEventListener("click", () => add(list));
  };

  for (const part of form.querySelectorAll("[data-part]")) dressPart(part);
  for (const row of form.querySelectorAll("[data-row]")) {
    const tools = row.querySelector("[data-tools]");
    if (!tools.classList.contains("desk-scripted")) dressRow(row);
  }
  function dressRow(row) {
    // Its parts are dressed already: only its own tools are missing.
    const inner = row.querySelectorAll("[data-part]");
    for (const part of inner) part.removeAttribute("data-part");
    dress(row);
    for (const part of inner) part.setAttribute("data-part", "citations");
  }
  form.querySelector("[data-noscript]").hidden = true;
  const wasUnsaved = "unsaved" in form.dataset;
  unsaved = wasUnsaved;

  // A click chooses one more of several, as on a telephone: no key has to be held.
  form.addEventListener("mousedown", (event) => {
    const option = event.target.closest("select[multiple] option");
    if (!option) return;
    event.preventDefault();
    const select = option.closest("select");
    const top = select.scrollTop;
    option.selected = !option.selected;
    select.focus();
    requestAnimationFrame(() => (select.scrollTop = top));
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });

  form.addEventListener("input", changed);
  form.addEventListener("change", (event) => {
    changed();
    if (event.target.matches("[data-fields] :is(input, textarea)")) offer();
  });
  let sending = false;
  form.addEventListener("submit", () => (sending = true));
  window.addEventListener("pageshow", () => (sending = false));
  window.addEventListener("beforeunload", (event) => {
    if (unsaved && !sending) event.preventDefault();
  });
  document.querySelector(".desk-mistakes, .desk-conflict")?.scrollIntoView({ block: "start" });
})();
