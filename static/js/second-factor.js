// Asks a security key or passkey, and sends what it answers. Without this file the form says what else to use.
// `webauthnJSON` is allauth's: it turns what the server asks into what browsers want, and back.
(() => {
  const form = document.querySelector("form[data-key]");
  if (!form || !window.PublicKeyCredential || !window.webauthnJSON) return;
  const options = JSON.parse(document.getElementById("key_options").textContent);
  const said = form.querySelector("[data-said]");
  form.querySelector("[data-without-script]").hidden = true;
  form.querySelector("[data-with-script]").hidden = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    said.textContent = form.dataset.asking;
    try {
      const answer = await webauthnJSON[form.dataset.key](options); // create or get
      form.elements.credential.value = JSON.stringify(answer);
    } catch {
      said.textContent = form.dataset.failed;
      return;
    }
    form.submit(); // without this listener
  });
})();
