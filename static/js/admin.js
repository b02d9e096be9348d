// Django's choice among many names a bare span, which nothing reads out: drawn as a sign, it is one to who listens, too.
window.addEventListener("load", () => {
  for (const sign of document.querySelectorAll(".selector .search-label-icon")) sign.setAttribute("role", "img");
});

// Who leaves a form of the admin half filled is asked first. The desk's own forms have a script of their own.
for (const form of document.querySelectorAll('#content-main > form[id$="_form"][method="post"]')) {
  let unsaved = Boolean(form.querySelector(".errornote"));
  form.addEventListener("input", () => (unsaved = true));
  form.addEventListener("change", () => (unsaved = true));
  form.addEventListener("submit", () => (unsaved = false));
  window.addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
}
