import { clear, chart } from "./charts.js";
import { el, nothing, table } from "./dom.js";
import { many, moment, number } from "./format.js";
import { runLink } from "./links.js";
import { fill } from "./parts.js";

const DAY = 86_400_000;

/** What the checks came to the last time, and day by day. */
export async function showQuality(place, ask) {
  const days = document.querySelector("#days");
  days.onchange = () => fill(place, showQuality);
  const found = await ask(`api/quality?days=${days.value}`);
  clear(place);
  const choice = days.closest(".choice");
  choice.hidden = !found.checks.length;
  if (!found.checks.length) {
    place.replaceChildren(nothing("No check was made yet.", "Checks are made at the end of each run of sparkify_etl."));
    return;
  }
  choice.querySelector(".quiet").textContent = `to ${found.until}, the day of the last check`;
  const span = daysBetween(found.since, found.until);
  place.replaceChildren(verdict(found.checks));
  if (found.problems.length) place.append(el("h3", {}, "Not passed"), problems(found.problems));
  if (span.length > 1 && found.problems.length) overTime(place, found.checks, span);
  place.append(el("h3", {}, "By check"), ...byTable(found.checks, span));
}

function daysBetween(since, until) {
  const days = [];
  for (let at = Date.parse(since); at <= Date.parse(until); at += DAY) days.push(new Date(at).toISOString().slice(0, 10));
  return days;
}

const outcome = (check) => (check.passed ? "passed" : check.severity === "warn" ? "warned" : "failed");

function verdict(checks) {
  const count = { passed: 0, warned: 0, failed: 0 };
  for (const check of checks) count[outcome(check)] += 1;
  return el("ul", { class: "badges", "aria-label": "What the checks came to the last time" },
    ...Object.entries(count).map(([name, value]) =>
      el("li", { class: `badge ${value || name === "passed" ? name : "none"}` }, el("strong", {}, number(value)), ` ${name}`)));
}

function problems(rows) {
  const columns = [
    { label: "When (UTC)", show: moment },
    { label: "Check" },
    { label: "Severity", show: (severity) => el("span", { class: `badge ${severity === "warn" ? "warned" : "failed"}` }, severity) },
    { label: "Expected" },
    { label: "Found" },
    { label: "Samples", show: (samples) => (samples.length ? el("span", { class: "samples" }, ...samples.map((each) => el("code", {}, each))) : "–") },
    { label: "Window (UTC)", show: (start, row) => (start ? `${moment(start)} to ${moment(row[9])}` : "whole table") },
    { label: "Run", show: (run, row) => runLink(row[8], run, { class: "run" }, run) },
  ];
  // Two more than there are columns: what the cells of the window and of the run need besides.
  const cells = rows.map((row) => [row.checked_at, row.check, row.severity, row.expected, row.found, row.samples,
    row.window_start, row.run_id, row.dag_id, row.window_end]);
  return table("Checks that did not pass, the latest first", columns, cells, { class: "problems" });
}

function overTime(place, checks, days) {
  const totals = new Map(days.map((day) => [day, [0, 0, 0]]));
  for (const check of checks) {
    for (const [day, ...counts] of check.days) counts.forEach((count, index) => { if (totals.has(day)) totals.get(day)[index] += count; });
  }
  const values = (index) => days.map((day) => totals.get(day)[index]);
  const holder = el("div");
  place.append(el("h3", {}, "Warnings and failures by day"), holder);
  chart(holder, {
    caption: "Warnings and failures by day",
    labels: days,
    stacked: true,
    shown: (day) => day.slice(5),
    show: number,
    series: [
      { label: "warned", values: values(1), colour: "warned" },
      { label: "failed", values: values(2), colour: "failed" },
    ],
    columns: [{ label: "Day" }, { label: "Passed", number: true }, { label: "Warned", number: true }, { label: "Failed", number: true }],
    rows: days.map((day) => [day, ...totals.get(day)]),
  });
}

function byTable(checks, days) {
  const tables = new Map();
  for (const check of checks) tables.set(check.table, [...(tables.get(check.table) ?? []), check]);
  return [...tables].map(([name, its]) => {
    const bad = its.filter((check) => !check.passed).length;
    const ever = its.some((check) => check.days.some(([, , warned, failed]) => warned + failed));
    const passed = `${many(its.length, "check")} passed${ever ? ", before not all" : ""}`;
    const told = bad ? `${bad} of ${many(its.length, "check")} not passed` : passed;
    return el("details", { class: "checks", open: bad > 0 || ever },
      el("summary", {}, el("strong", {}, name), " ", el("span", { class: bad ? "bad" : "quiet" }, told)),
      table(`Checks of ${name}`, [
        { label: "Check", show: (check) => check.replace(`${name}.`, "") },
        { label: "Last", show: (text) => el("span", { class: `badge ${text}` }, text) },
        { label: "Expected" },
        { label: "Found" },
        { label: "Days", show: (its_days) => strip(its_days, days) },
        { label: "Passed", number: true },
        { label: "Warned", number: true },
        { label: "Failed", number: true },
      ], its.map((check) => [check.check, outcome(check), check.expected, check.found, check.days, ...sums(check.days)]), { class: "checks" }));
  });
}

function sums(days) {
  return [1, 2, 3].map((index) => number(days.reduce((total, day) => total + day[index], 0)));
}

function strip(its, days) {
  const known = new Map(its.map(([day, ...counts]) => [day, counts]));
  return el("span", { class: "days", "aria-hidden": "true" }, ...days.map((day) => {
    const [passed, warned, failed] = known.get(day) ?? [0, 0, 0];
    const name = failed ? "failed" : warned ? "warned" : passed ? "passed" : "none";
    return el("i", { class: name, title: name === "none" ? `${day}: not made` : `${day}: ${passed} passed, ${warned} warned, ${failed} failed` });
  }));
}
