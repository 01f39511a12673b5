import { ask, Problem } from "./answers.js";
import { showCalendar } from "./calendar.js";
import { trouble } from "./dom.js";
import { showInsights } from "./insights.js";
import { showLoads } from "./loads.js";
import { showQuality } from "./quality.js";
import { showTables } from "./tables.js";

const PARTS = { tables: showTables, hours: showCalendar, quality: showQuality, loads: showLoads, insights: showInsights };

/** Fill one part; what goes wrong in it is said in it and leaves the others alone. */
async function fill(name) {
  const place = document.querySelector(`#${name} > div`);
  place.setAttribute("aria-busy", "true");
  try {
    await PARTS[name](place, ask);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    place.replaceChildren(trouble(problem));
  } finally {
    place.removeAttribute("aria-busy");
  }
}

async function fillAll() {
  const button = document.querySelector("#refresh");
  button.disabled = true;
  await Promise.allSettled(Object.keys(PARTS).map(fill));
  button.disabled = false;
  document.querySelector("#as-of").textContent = `As of ${new Date().toISOString().slice(11, 16)} UTC`;
}

document.querySelector("#refresh").addEventListener("click", fillAll);
fillAll();
