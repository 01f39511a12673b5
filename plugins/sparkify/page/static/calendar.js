import { el, nothing } from "./dom.js";
import { moment, number } from "./format.js";
import { runLink } from "./links.js";
import { fill } from "./parts.js";

const STATUSES = ["loaded", "empty", "missing", "failed", "running"];
const MEANING = {
  loaded: "its run has loaded plays",
  empty: "loaded, and no play in it",
  missing: "no run has loaded it",
  failed: "its latest run failed",
  running: "a run waits or goes on",
};
const REASONS = { no_file: "no log file", no_rows: "no rows", no_plays: "no plays", loaded: null };
const MARKS = { loaded: "", empty: "", missing: "?", failed: "×", running: "•" };
const MONTHS = new Intl.DateTimeFormat("en", { month: "short", timeZone: "UTC" });
const FULL_MONTHS = new Intl.DateTimeFormat("en", { month: "long", year: "numeric", timeZone: "UTC" });
const WEEKDAYS = new Intl.DateTimeFormat("en", { weekday: "short", timeZone: "UTC" });
const DAY_HOURS = 24;

const chosen = { year: null, month: null };

/** A year to choose a month from, and the hours of the month. */
export async function showCalendar(place, ask) {
  const year = await ask(chosen.year ? `api/calendar/${chosen.year}` : "api/calendar");
  showYears(place, year);
  if (!year.years.length) {
    place.replaceChildren(nothing("No hour was loaded yet.", "Trigger the DAG sparkify_etl with a window, or unpause it."));
    return;
  }
  const held = year.months.filter((month) => month.days.some(Boolean));
  if (!held.some((month) => month.month === chosen.month)) chosen.month = held.at(-1)?.month ?? null;
  const below = el("div", { class: "month" });
  const strip = el("div", { class: "strip", role: "group", "aria-label": `Months of ${year.year}` },
    ...year.months.map((month) => monthButton(month, () => choose(month.month))));
  const press = () => {
    for (const button of strip.children) button.setAttribute("aria-pressed", String(button.dataset.month === chosen.month));
  };
  const choose = (month) => {
    Object.assign(chosen, { year: year.year, month });
    document.querySelector("#year").value = year.year;
    press();
    // Another year, or this one again, is being asked for: what comes of it must not be left out.
    if (place.hasAttribute("aria-busy")) fill(place, showCalendar);
    else fill(below, showMonth);
  };
  press();
  await showMonth(below, ask);
  const focused = place.querySelector(".strip")?.contains(document.activeElement);
  place.replaceChildren(strip, below);
  if (focused) strip.querySelector("[aria-pressed=true]")?.focus();
}

async function showMonth(place, ask) {
  if (chosen.month) place.replaceChildren(...monthParts(await ask(`api/calendar/${chosen.month.replace(/-0?/, "/")}`)));
  else place.replaceChildren(nothing("No hour of this year was loaded.", "Choose another year."));
}

// The element stays the same while years come and go: whoever chooses by keyboard is still in it afterwards.
function showYears(place, { year, years, first_hour: first, last_hour: last }) {
  const select = document.querySelector("#year");
  select.replaceChildren(...years.map((each) => el("option", { value: each }, String(each))));
  select.value = year;
  select.onchange = () => {
    Object.assign(chosen, { year: Number(select.value), month: null });
    fill(place, showCalendar);
  };
  const choice = select.closest(".choice");
  choice.hidden = !years.length;
  choice.querySelector(".quiet").textContent = `Hours from ${moment(first)} to ${moment(last)} UTC`;
}

function monthButton(month, choose) {
  const at = new Date(`${month.month}-01T00:00:00Z`);
  const known = month.days.some(Boolean);
  const days = month.days.map((status) => el("i", { class: `mini ${status ?? "none"}` }));
  return el("button", {
    type: "button",
    disabled: !known,
    "data-month": month.month,
    onclick: choose,
  }, el("span", {}, MONTHS.format(at)), el("span", { class: "unseen" }, ` ${at.getUTCFullYear()}: ${known ? told(month.counts) : "not asked for"}`), el("span", { class: "minis", "aria-hidden": "true" }, ...days));
}

const told = (counts) => STATUSES.filter((status) => counts[status]).map((status) => `${number(counts[status])} ${status}`).join(", ");

function monthParts(month) {
  const at = new Date(`${month.month}-01T00:00:00Z`);
  const about = el("p", { class: "hour-told", role: "status" }, "Choose an hour to open its run.");
  const title = el("h3", {}, FULL_MONTHS.format(at));
  const legend = el("ul", { class: "legend" }, ...STATUSES.map((status) =>
    el("li", {}, el("i", { class: `cell ${status}`, "aria-hidden": "true" }, MARKS[status]),
      el("span", {}, el("strong", {}, number(month.counts[status])), ` ${status}`, el("span", { class: "meaning" }, `: ${MEANING[status]}`)))));
  return [title, legend, grid(month, at, about), about];
}

function grid(month, first, about) {
  const byHour = new Map(month.hours.map((hour) => [hour.hour, hour]));
  const head = el("tr", {}, el("th", { scope: "col" }, el("span", { class: "unseen" }, "Day")),
    ...Array.from({ length: DAY_HOURS }, (_, hour) => el("th", { scope: "col", class: hour % 3 ? "minor" : null }, String(hour).padStart(2, "0"))));
  const rows = Array.from({ length: month.days }, (_, day) => {
    const morning = new Date(first.getTime() + day * 86_400_000);
    const cells = Array.from({ length: DAY_HOURS }, (_, hour) => {
      const key = new Date(morning.getTime() + hour * 3_600_000).toISOString().replace(".000", "");
      return el("td", {}, cell(key, byHour.get(key)));
    });
    return el("tr", {}, el("th", { scope: "row" }, String(day + 1).padStart(2, "0"), el("span", { class: "weekday" }, ` ${WEEKDAYS.format(morning)}`)), ...cells);
  });
  const made = el("table", { class: "hours", role: "grid", "aria-label": `Hours of ${FULL_MONTHS.format(first)}, UTC` },
    el("thead", {}, head), el("tbody", {}, ...rows));
  roam(made, about);
  return el("div", { class: "scroll" }, made);
}

function cell(key, hour) {
  if (!hour) return el("span", { class: "cell none", role: "img", tabindex: "-1", "aria-label": `${moment(key)} UTC: not asked for` });
  const reason = REASONS[hour.reason];
  const text = [`${moment(key)} UTC: ${hour.status}`, reason, hour.run_id].filter(Boolean).join(", ");
  const attributes = { class: `cell ${hour.status}`, tabindex: "-1", "aria-label": text, title: text };
  if (hour.run_id) return runLink(hour.dag_id, hour.run_id, attributes, MARKS[hour.status]);
  return el("span", { role: "img", ...attributes }, MARKS[hour.status]);
}

// One stop of the Tab key; arrows, Home, End, Page Up and Page Down move within: the ARIA pattern of a grid.
function roam(made, about) {
  const cells = [...made.querySelectorAll(".cell")];
  const start = cells.find((each) => each.matches(".failed, .missing")) ?? cells.find((each) => !each.matches(".none"));
  (start ?? cells[0]).tabIndex = 0;
  const tell = (event) => {
    const met = event.target.closest(".cell");
    if (met) about.textContent = met.getAttribute("aria-label");
  };
  made.addEventListener("focusin", tell);
  made.addEventListener("mouseover", tell);
  made.addEventListener("keydown", (event) => {
    const place = cells.indexOf(event.target.closest(".cell"));
    if (place < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
    const row = place - (place % DAY_HOURS);
    const to = {
      ArrowLeft: place - 1,
      ArrowRight: place + 1,
      ArrowUp: place - DAY_HOURS,
      ArrowDown: place + DAY_HOURS,
      Home: row,
      End: row + DAY_HOURS - 1,
      PageUp: place % DAY_HOURS,
      PageDown: cells.length - DAY_HOURS + (place % DAY_HOURS),
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (!cells[to]) return;
    cells[place].tabIndex = -1;
    cells[to].tabIndex = 0;
    cells[to].focus();
  });
}
