import { showCalendar } from "./calendar.js";
import { showInsights } from "./insights.js";
import { showLoads } from "./loads.js";
import { fill } from "./parts.js";
import { showQuality } from "./quality.js";
import { showTables } from "./tables.js";

const PARTS = { tables: showTables, hours: showCalendar, quality: showQuality, loads: showLoads, insights: showInsights };

async function fillAll() {
  const button = document.querySelector("#refresh");
  button.disabled = true;
  await Promise.all(Object.entries(PARTS).map(([name, show]) => fill(document.querySelector(`#${name} .part`), show)));
  button.disabled = false;
  document.querySelector("#as-of").textContent = `As of ${new Date().toISOString().slice(11, 16)} UTC`;
}

document.querySelector("#refresh").addEventListener("click", fillAll);
fillAll();
