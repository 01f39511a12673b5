/** Make an element. Text is always text: nothing that the warehouse says becomes markup. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A table of plain values with a caption for those who do not see it. `columns`: {label, number, show}. */
export function table(caption, columns, rows, attributes = {}) {
  const head = el("tr", {}, ...columns.map((each) => el("th", { scope: "col", class: each.number && "number" }, each.label)));
  const body = rows.map((row) =>
    el("tr", {}, ...columns.map((each, place) => {
      const value = each.show ? each.show(row[place], row) : row[place];
      const shown = value === null || value === undefined ? "–" : value;
      return el(place ? "td" : "th", { scope: place ? null : "row", class: each.number && "number", "data-label": each.label }, shown);
    })));
  return el("div", { class: "scroll", role: "region", tabindex: "0", "aria-label": caption },
    el("table", attributes, el("caption", { class: "unseen" }, caption), el("thead", {}, head), el("tbody", {}, ...body)));
}

/** What stands where there is nothing to show, and what to do about it. */
export function nothing(text, remedy) {
  return el("p", { class: "nothing" }, el("strong", {}, text), " ", remedy);
}

/** What went wrong, and what to do about it. */
export function trouble({ message, remedy }) {
  return el("div", { class: "problem", role: "alert" }, el("strong", {}, message), " ", remedy);
}
