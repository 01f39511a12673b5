import { chart, clear } from "./charts.js";
import { el, nothing } from "./dom.js";
import { many, moment, number, percent } from "./format.js";

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const SHOWN = 10;

const text = (label) => ({ label });
const amount = (label) => ({ label, number: true, show: number });
const share = (label) => ({ label, number: true, show: percent });
const time = (label) => ({ label, show: moment });

// By question: its title, the columns' names for a reader, and what is drawn: the column of the labels, and a series a
// column of values. A ranking shows its first ten; the table and the download have all.
const QUESTIONS = {
  top_songs: {
    title: "Most played songs",
    columns: [amount("Rank"), text("Song id"), text("Title"), text("Artist"), amount("Plays"), amount("Listeners")],
    draw: { ranking: true, label: 2, series: [[4, "plays", "series-1"]] },
  },
  top_artists: {
    title: "Most played artists",
    columns: [amount("Rank"), text("Artist id"), text("Name"), amount("Plays"), amount("Listeners")],
    draw: { ranking: true, label: 2, series: [[3, "plays", "series-1"]] },
  },
  plays_by_level: {
    title: "Plays by level",
    columns: [text("Day"), text("Level"), amount("Plays"), amount("Listeners")],
    draw: { levels: true },
  },
  active_listeners: {
    title: "Active listeners by day",
    columns: [text("Day"), amount("Listeners"), amount("Plays")],
    draw: { day: true, label: 0, series: [[1, "listeners", "series-1", "line"]] },
  },
  conversion: {
    title: "Free and paid listeners, conversions and churn",
    columns: [text("Day"), amount("Free listeners"), amount("Paid listeners"), amount("Conversions"), amount("Churned")],
    draw: {
      day: true,
      label: 0,
      series: [
        [1, "free", "series-1", "line"], [2, "paid", "series-2", "line"],
        [3, "converted", "series-3"], [4, "churned", "series-5"],
      ],
    },
  },
  hours_of_day: {
    title: "Busiest hours of the day (UTC)",
    columns: [amount("Hour"), amount("Plays"), amount("Listeners")],
    draw: { label: 0, series: [[1, "plays", "series-1"]] },
  },
  weekdays: {
    title: "Busiest days of the week",
    columns: [{ label: "Day", show: (day) => WEEKDAYS[day] }, amount("Plays"), amount("Listeners")],
    draw: { label: 0, named: (day) => WEEKDAYS[day].slice(0, 3), series: [[1, "plays", "series-1"]] },
  },
  longest_sessions: {
    title: "Longest sessions",
    columns: [amount("Rank"), { label: "Session", number: true }, { label: "User", number: true }, time("From (UTC)"), time("To (UTC)"), amount("Minutes"), amount("Plays")],
    draw: { ranking: true, label: 1, named: (id) => `session ${id}`, series: [[5, "minutes", "series-1"]] },
  },
  top_locations: {
    title: "Top locations",
    columns: [amount("Rank"), text("Location"), amount("Plays"), amount("Listeners")],
    draw: { ranking: true, label: 1, series: [[2, "plays", "series-1"]] },
  },
  known_songs: {
    title: "Share of plays with a known song",
    columns: [text("Day"), amount("Plays"), amount("Of a known song"), share("Share")],
    draw: { day: true, label: 0, show: percent, series: [[3, "share", "series-1", "line"]] },
  },
};

/** A chart a question, its numbers, and its download. */
export async function showInsights(place, ask) {
  const { refreshed, answers } = await ask("api/insights");
  clear(place);
  if (!refreshed) {
    place.replaceChildren(el("div", { class: "panel" },
      nothing("The insights were not computed yet.", "The DAG sparkify_insights does so after loads: unpause it, or trigger it.")));
    return;
  }
  const cards = el("div", { class: "cards" });
  place.replaceChildren(
    el("p", { class: "quiet" }, `Computed ${moment(refreshed.computed_at)} UTC from ${many(refreshed.facts, "play")}, `
      + `${moment(refreshed.first_play)} to ${moment(refreshed.last_play)}.`),
    cards,
  );
  for (const [question, how] of Object.entries(QUESTIONS)) card(cards, question, how, answers[question]);
}

function card(cards, question, { title, columns, draw }, { rows }) {
  const made = el("article", { class: "panel", id: question, "aria-labelledby": `${question}-title` },
    el("div", { class: "card-head" }, el("h3", { id: `${question}-title` }, title),
      el("a", { href: `insights/${question}.csv`, download: `sparkify_${question}.csv`, "aria-label": `${title} as CSV` }, "CSV")));
  cards.append(made);
  if (!rows.length) {
    made.append(nothing("No rows.", "Nothing that was loaded answers this."));
    return;
  }
  chart(made, { caption: title, columns, rows, show: draw.show ?? number, ...(draw.levels ? levels(rows) : drawn(draw, rows)) });
}

function drawn({ ranking, day, label, named, series }, rows) {
  const shown = ranking ? rows.slice(0, SHOWN) : rows;
  return {
    labels: shown.map((row) => (named ? named(row[label]) : row[label] ?? "unknown")),
    horizontal: ranking,
    shown: day ? (at) => at.slice(5) : undefined,
    series: series.map(([column, name, colour, kind]) => ({ label: name, colour, kind, values: shown.map((row) => row[column]) })),
  };
}

function levels(rows) {
  const days = [...new Set(rows.map(([day]) => day))];
  const names = [...new Set(rows.map(([, level]) => level))].sort();
  const plays = new Map(rows.map(([day, level, count]) => [`${day} ${level}`, count]));
  return {
    labels: days,
    stacked: true,
    shown: (at) => at.slice(5),
    series: names.map((name, index) => ({
      label: name,
      colour: `series-${(index % 7) + 1}`,
      values: days.map((day) => plays.get(`${day} ${name}`) ?? 0),
    })),
  };
}
