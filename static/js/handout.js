// A step that is left out of a handout takes its items along: see templates/sharing/new.html. They keep their ticks for
// when it is taken in again, and the server leaves them out; here they say that they are, and cannot be ticked.
(() => {
  for (const group of document.querySelectorAll("[data-step]")) {
    const step = group.querySelector("input");
    const items = group.querySelectorAll("ul input");
    const follow = () => items.forEach((item) => item.setAttribute("aria-disabled", String(!step.checked)));
    step.addEventListener("change", follow);
    // After Back a browser has ticked as it was, and told nobody.
    addEventListener("pageshow", follow);
    for (const item of items) item.addEventListener("click", (event) => step.checked || event.preventDefault());
  }
})();
