// A button that copies an address: see components/address.html. Without this file the address is there to be selected.
(() => {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const place = button.closest(".share");
    const field = place.querySelector("[data-link]");
    const said = place.querySelector("[role=status]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      for (const other of document.querySelectorAll("[data-copied]")) other.textContent = "";
      field.select();
      try {
        await navigator.clipboard.writeText(field.value);
        said.textContent = said.dataset.copied;
      } catch {
        said.textContent = said.dataset.notCopied; // http, or the browser does not let us
      }
    });
  }
})();
