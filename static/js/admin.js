// Django's choice among many names a bare span, which nothing reads out: drawn as a sign, it is one to who listens, too.
window.addEventListener("load", () => {
  for (const sign of document.querySelectorAll(".selector .search-label-icon")) sign.setAttribute("role", "img");
});
