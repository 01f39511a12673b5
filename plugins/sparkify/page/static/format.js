const numbers = new Intl.NumberFormat("en", { maximumFractionDigits: 2 });
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS = [["year", 31_557_600], ["month", 2_629_800], ["day", 86_400], ["hour", 3600], ["minute", 60]];

/** 6820 as 6,820. */
export const number = (value) => (value === null || value === undefined ? "–" : numbers.format(value));

/** 0.25 as 25 %. */
export const percent = (value) => `${numbers.format(value * 100)} %`;

/** Seconds with as many digits as tell something. */
export function seconds(value) {
  // From here on two digits round to a hundred, which would be written 1.0e+2.
  if (value >= 99.5) return `${Math.round(value)} s`;
  return `${value.toPrecision(2).replace(/\.0$/, "")} s`;
}

/** A moment of the answers, 2018-11-30T23:59:59Z, as 2018-11-30 23:59; every moment is UTC. */
export const moment = (text) => (text ? text.slice(0, 16).replace("T", " ") : "–");

/** How long before `now` a moment was: 3 hours ago. */
export function ago(text, now) {
  const passed = (Date.parse(text) - Date.parse(now)) / 1000;
  for (const [unit, length] of STEPS) {
    if (Math.abs(passed) >= length) return relative.format(Math.trunc(passed / length), unit);
  }
  return "just now";
}

/** 2 checks, 1 check. */
export const many = (count, one, more = `${one}s`) => `${number(count)} ${count === 1 ? one : more}`;
