import { ask, Problem } from "./answers.js";
import { clear } from "./charts.js";
import { trouble } from "./dom.js";

// By the page's section what is being asked for there.
const asking = new WeakMap();

/**
 * Fill a place by `show(place, ask)`, and say there what goes wrong; the rest of the page stays as it is.
 *
 * What a section has asked for before is given up: it belongs to a choice that has been changed since, and would come
 * to stand below the new one. So whatever somebody chooses goes this way.
 */
export async function fill(place, show) {
  const section = place.closest("section");
  asking.get(section)?.abort();
  const asked = new AbortController();
  asking.set(section, asked);
  section.querySelector("[aria-busy]")?.removeAttribute("aria-busy");
  place.setAttribute("aria-busy", "true");
  try {
    await show(place, (path) => ask(path, asked.signal));
  } catch (problem) {
    if (asked.signal.aborted) return;
    clear(place);
    const told = problem instanceof Problem;
    place.replaceChildren(trouble(told ? problem : new Problem("This part cannot be drawn.", "What is wrong stands in the browser's console.")));
    if (!told) reportError(problem);
  } finally {
    if (!asked.signal.aborted) place.removeAttribute("aria-busy");
  }
}
