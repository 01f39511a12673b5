import { el, nothing, table } from "./dom.js";
import { ago, moment, number } from "./format.js";

/** Rows and freshness of each table. */
export async function showTables(place, ask) {
  const { now, tables } = await ask("api/tables");
  const shown = table(
    "Rows and freshness of each table",
    [
      { label: "Table" },
      { label: "Rows", number: true, show: number },
      { label: "Content up to (UTC)", show: moment },
      { label: "Last load (UTC)", show: (at) => (at ? el("span", {}, el("span", { class: "exact" }, `${moment(at)}, `), ago(at, now)) : "never") },
      { label: "Last change (UTC)", show: moment },
    ],
    tables.map((each) => [each.table, each.rows, each.reaches_to, each.loaded_at, each.changed_at]),
    { class: "tables" },
  );
  const empty = tables.every((each) => each.rows === 0);
  place.replaceChildren(
    ...(empty ? [nothing("The tables are empty.", "Trigger the DAG sparkify_etl with a window that has log files.")] : []),
    shown,
  );
}
