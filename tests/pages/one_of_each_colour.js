/* The texts of the page that differ to the eye: one of each colour, size and weight on each ground.

   Whether one can read a text hangs on nothing else, and to ask axe of each of a thousand takes seconds. A text that
   another could lie beneath or above (positioned, floating), or that need not be read (disabled), stands for itself. */
() => {
  const grounds = new Map([[null, ""]]);

  function ground(element) {
    if (!grounds.has(element)) {
      const style = getComputedStyle(element);
      const own = [style.backgroundColor, style.backgroundImage, style.opacity, style.filter, style.mixBlendMode];
      const apart = style.position !== "static" || style.float !== "none" || element.matches(":disabled, [aria-disabled]");
      const nothing = own.join() === "rgba(0, 0, 0, 0),none,1,none,normal" && !apart;
      const beneath = ground(element.parentElement);
      grounds.set(element, nothing ? beneath : [beneath, ...own, apart ? grounds.size : ""].join());
    }
    return grounds.get(element);
  }

  const seen = new Map();
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].map(node => (node.nodeType === Node.TEXT_NODE ? node.data : "")).join(" ");
    const typed = element.matches("input, select, textarea, button, label, summary");
    if (!(text.trim() || typed) || !element.checkVisibility({ visibilityProperty: true })) continue;
    const style = getComputedStyle(element);
    const looks = [style.color, style.fontSize, style.fontWeight, style.textShadow, ground(element)];
    // axe lets signs and single letters pass.
    const words = /[\p{L}\p{N}].*[\p{L}\p{N}]/su.test(text);
    seen.set([...looks, words, typed ? seen.size : ""].join("|"), element);
  }
  return [...seen.values()];
}
