// Airflow's theme for this page, before anything is painted. Airflow shows it in a frame of its own origin and keeps its
// theme as a class of its document's root; the colours are custom properties there, and a deployment may have its own.
(() => {
  const ROOT = document.documentElement;
  const COLOURS = [
    "bg", "bg-muted", "fg", "fg-muted", "border", "brand-solid", "brand-fg", "brand-muted",
    "brand-focus-ring",
  ];
  const dark = matchMedia("(prefers-color-scheme: dark)");

  /** Airflow's root element, or null where the page stands alone. */
  function airflow() {
    try {
      return window.parent === window ? null : window.parent.document.documentElement;
    } catch {
      return null; // framed by another origin, which the answer's headers forbid anyhow
    }
  }

  function wanted(root) {
    if (root?.classList.contains("dark")) return "dark";
    if (root?.classList.contains("light")) return "light";
    let chosen = null;
    try {
      chosen = localStorage.getItem("theme"); // where Airflow's UI keeps the choice
    } catch {
      // storage may be forbidden
    }
    if (chosen === "dark" || chosen === "light") return chosen;
    return dark.matches ? "dark" : "light";
  }

  function follow() {
    const root = airflow();
    ROOT.className = wanted(root);
    const given = root && getComputedStyle(root);
    for (const name of COLOURS) {
      const value = given?.getPropertyValue(`--chakra-colors-${name}`).trim();
      if (value) ROOT.style.setProperty(`--${name}`, value);
      else ROOT.style.removeProperty(`--${name}`);
    }
    document.dispatchEvent(new CustomEvent("themechange"));
  }

  follow();
  const root = airflow();
  if (root) new MutationObserver(follow).observe(root, { attributeFilter: ["class"] });
  dark.addEventListener("change", follow);
  window.addEventListener("storage", follow);
})();
