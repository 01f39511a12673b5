import { el } from "./dom.js";

// Airflow may be served below a path of its own.
const ROOT = location.pathname.replace(/\/sparkify\/page.*$/, "");

/** The address of a run in Airflow's UI. */
export const runAddress = (dagId, runId) =>
  `${location.origin}${ROOT}/dags/${encodeURIComponent(dagId)}/runs/${encodeURIComponent(runId)}`;

/** A link to a run. */
export function runLink(dagId, runId, attributes, ...children) {
  return el("a", { href: runAddress(dagId, runId), onclick: open, onauxclick: open, ...attributes }, ...children);
}

// Airflow's frame lets its page neither leave the frame nor open windows, and in the frame the UI would show up twice.
// So the link is followed by Airflow's own document.
function open(event) {
  if (window.parent === window || (event.type === "auxclick" && event.button !== 1)) return;
  event.preventDefault();
  const outer = window.parent.document.createElement("a");
  outer.href = event.currentTarget.href;
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button === 1) outer.target = "_blank";
  outer.click();
}
