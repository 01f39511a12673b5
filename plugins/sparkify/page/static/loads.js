import { chart, clear } from "./charts.js";
import { el, nothing } from "./dom.js";
import { moment, number, seconds } from "./format.js";
import { runLink } from "./links.js";

const COLOURS = ["series-1", "series-2", "series-3", "series-4", "series-5", "series-6", "series-7"];
const ORDER = ["staging.events", "staging.songs", "songplays", "time", "users", "songs", "artists"];

/** How long the latest runs took, table by table. */
export async function showLoads(place, ask) {
  const { runs } = await ask("api/loads");
  clear(place);
  if (!runs.length) {
    place.replaceChildren(nothing("Nothing was loaded yet.", "Trigger the DAG sparkify_etl with a window."));
    return;
  }
  const known = new Set(runs.flatMap((run) => Object.keys(run.tables)));
  const tables = [...ORDER.filter((name) => known.has(name)), ...[...known].filter((name) => !ORDER.includes(name)).sort()];
  const total = (run) => Object.values(run.tables).reduce((sum, each) => sum + each.seconds, 0);
  const holder = el("div");
  place.replaceChildren(el("p", { class: "quiet" }, `Seconds in the warehouse, by table, of the latest ${runs.length === 1 ? "run" : `${runs.length} runs`}. Some tables load side by side.`), holder);
  chart(holder, {
    caption: "Seconds that the latest runs took, by table",
    labels: runs.map((run) => run.window_start),
    stacked: true,
    shown: (at) => moment(at).slice(5),
    show: seconds,
    series: tables.map((name, index) => ({
      label: name,
      colour: COLOURS[index % COLOURS.length],
      values: runs.map((run) => run.tables[name]?.seconds ?? 0),
    })),
    columns: [
      { label: "Window from (UTC)", show: moment },
      { label: "To", show: moment },
      ...tables.map((name) => ({ label: name, number: true, show: (held) => (held ? seconds(held.seconds) : "–") })),
      { label: "Together", number: true, show: seconds },
      { label: "Events staged", number: true, show: number },
      { label: "Run", show: (id, row) => runLink(row.at(-1), id, { class: "run" }, id) },
    ],
    rows: runs.map((run) => [run.window_start, run.window_end, ...tables.map((name) => run.tables[name]), total(run),
      run.tables["staging.events"]?.staged, run.run_id, run.dag_id]),
  });
}
