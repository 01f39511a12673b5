import { el, table } from "./dom.js";

const drawn = new Map();

/** The page's colours by name, as the theme has them now. */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

/**
 * Draw a chart in `place`, above the same numbers as a table, which is what programs and screen readers read.
 *
 * `series`: {label, values, colour, kind, axis, stack}; `horizontal` puts the bars on their side; `show` formats a value.
 */
export function chart(place, { caption, labels, series, horizontal, stacked, show, shown, tall, columns, rows }) {
  const canvas = el("canvas", { role: "img", "aria-label": `${caption}; the numbers are in the table below` });
  place.append(
    el("div", { class: tall ? "canvas tall" : "canvas" }, canvas),
    el("details", {}, el("summary", {}, "Numbers", el("span", { class: "unseen" }, `: ${caption}`)), table(caption, columns, rows)),
  );
  const settings = { labels, series, horizontal, stacked, show: show ?? String, shown };
  const made = new Chart(canvas, configuration(settings));
  drawn.set(made, settings);
}

/** Take the charts of a place down, before it is filled again. */
export function clear(place) {
  for (const made of drawn.keys()) {
    if (place.contains(made.canvas)) {
      made.destroy();
      drawn.delete(made);
    }
  }
}

function configuration({ labels, series, horizontal, stacked, show, shown }) {
  const quiet = colour("fg-muted");
  const lines = colour("border");
  const scale = (grid, extra) => ({
    stacked,
    border: { display: false },
    grid: { display: grid, color: lines, drawTicks: false },
    ticks: { color: quiet, padding: 6, font: { size: 11 }, ...extra },
  });
  const whole = series.every((each) => each.values.every(Number.isInteger));
  const amounts = scale(true, { callback: (value) => show(value), maxTicksLimit: 6, precision: whole ? 0 : undefined });
  const names = scale(false, {
    maxRotation: 0,
    autoSkip: !horizontal,
    autoSkipPadding: 16,
    callback(value) {
      const label = this.getLabelForValue(value);
      const text = shown ? shown(label) : String(label);
      return text.length > 26 ? `${text.slice(0, 25)}…` : text;
    },
  });
  return {
    type: "bar",
    data: { labels, datasets: series.map((each) => dataset(each)) },
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      indexAxis: horizontal ? "y" : "x",
      interaction: { mode: "index", axis: horizontal ? "y" : "x", intersect: false },
      scales: horizontal ? { x: { ...amounts, beginAtZero: true }, y: names } : { x: names, y: { ...amounts, beginAtZero: true } },
      plugins: {
        legend: {
          display: series.length > 1,
          position: "bottom",
          labels: { color: quiet, boxWidth: 10, boxHeight: 10, font: { size: 12 } },
        },
        tooltip: { callbacks: { label: (met) => `${met.dataset.label}: ${show(met.parsed[horizontal ? "x" : "y"])}` } },
      },
    },
  };
}

function dataset({ label, values, colour: name, kind }) {
  const paint = colour(name);
  const shared = { label, data: values, backgroundColor: paint, hoverBackgroundColor: paint, borderColor: paint };
  if (kind !== "line") return { ...shared, maxBarThickness: 22, borderRadius: 2 };
  return { ...shared, type: "line", borderWidth: 2, pointRadius: values.length > 62 ? 0 : 2, tension: 0 };
}

document.addEventListener("themechange", () => {
  for (const [made, settings] of drawn) {
    Object.assign(made, { options: configuration(settings).options });
    made.data.datasets = configuration(settings).data.datasets;
    made.update("none");
  }
});
