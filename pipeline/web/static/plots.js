// Draws the plots of /plots from /api/v1/timeline. Where this fails, the drawings that the server made stay.
"use strict";

// Names of types that are not just their codes in lower case come with the page.
const words = (value, names) => {
  if (value in names) return names[value];
  const text = value.replaceAll("_", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
};

// As many hues as are told apart; rarer types are counted together.
const MOST_TYPES = 9;
const OTHERS = "Other types";

const rowsByType = (points, names) => {
  const totals = {};
  for (const { by_type } of points) for (const [type, count] of Object.entries(by_type)) totals[type] = (totals[type] ?? 0) + count;
  const named = new Set(Object.keys(totals).sort((a, b) => totals[b] - totals[a] || a.localeCompare(b)).slice(0, MOST_TYPES));
  return points.flatMap(({ period, by_type }) => {
    const counts = {};
    for (const [type, count] of Object.entries(by_type)) {
      const name = named.has(type) ? words(type, names) : OTHERS;
      counts[name] = (counts[name] ?? 0) + count;
    }
    return Object.entries(counts).map(([type, count]) => ({ period, type, count }));
  });
};

const colours = () => {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(["ink", "soft", "rule", "bar"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
};

const look = ({ ink, soft, rule }) => ({
  background: null,
  font: getComputedStyle(document.body).fontFamily,
  view: { stroke: null },
  axis: { labelColor: soft, titleColor: ink, gridColor: rule, domainColor: soft, tickColor: soft, labelFontSize: 12, titleFontSize: 12 },
  legend: { labelColor: ink, titleColor: ink, labelFontSize: 12, titleFontSize: 12, orient: "bottom", columns: innerWidth < 640 ? 2 : 5 },
});

const MONTH = { field: "period", type: "temporal", timeUnit: "utcyearmonth", title: "Month" };

const plot = (values, mark, encoding, description, paint) => ({
  $schema: "https://vega.github.io/schema/vega-lite/v6.json",
  description,
  width: "container",
  height: 280,
  data: { values },
  mark,
  encoding: { x: { ...MONTH, axis: { labelOverlap: true } }, ...encoding },
  config: look(paint),
});

// Months without an amount stay in, so that both plots have the same axis.
const specs = (points, names, paint) => ({
  types: plot(rowsByType(points, names), "bar", {
    y: { field: "count", type: "quantitative", aggregate: "sum", title: "Events", axis: { tickMinStep: 1, format: "~s" } },
    color: { field: "type", type: "nominal", title: "Type", scale: { scheme: "tableau10" } },
    tooltip: [MONTH, { field: "type", title: "Type" }, { field: "count", title: "Events" }],
  }, "Events by month and type, as bars", paint),
  amounts: plot(points, { type: "bar", color: paint.bar }, {
    y: { field: "usd", type: "quantitative", title: "US dollars", axis: { format: "~s", labelExpr: "replace(datum.label, 'G', 'B')" } },
    tooltip: [MONTH, { field: "usd", title: "US dollars", format: ",.0f" }, { field: "count", title: "Events" }],
  }, "US dollars by month, as bars", paint),
});

// `ast` with the interpreter that vega-embed brings: expressions are read, not compiled, so that no script is made at run time.
const OPTIONS = {
  ast: true,
  renderer: "svg",
  actions: { export: true, source: false, compiled: false, editor: false },
  defaultStyle: false,
  tooltip: { disableDefaultStyle: true },
  downloadFileName: "peninsula-plot",
};

const draw = async (figure) => {
  const answer = await fetch(figure.dataset.timeline, { headers: { Accept: "application/json" } });
  if (!answer.ok) return;
  const { points } = await answer.json();
  const made = specs(points, JSON.parse(figure.dataset.names), colours());
  for (const place of figure.querySelectorAll("[data-plot]")) {
    const drawing = document.createElement("div");
    place.before(drawing);
    try {
      await vegaEmbed(drawing, made[place.dataset.plot], OPTIONS);
      place.hidden = true;
    } catch (error) {
      drawing.remove();
      throw error;
    }
  }
};

for (const figure of document.querySelectorAll("[data-timeline]")) draw(figure);
