// Pictures on the screen. Colour and marker change together, so that curves stay apart without colour.

import { $, number } from "./api.js";

const COLOURS = { light: ["#0f6f8c", "#b4532a", "#2b4c5e", "#8d99a6", "#6b5b95", "#2f8f6b", "#274690", "#7a6a2f"],
  dark: ["#5cc1df", "#f09a70", "#a9c3d3", "#cfd8e0", "#b7a7e6", "#76d3ac", "#8fa9f2", "#d6c57c"] };
const MARKERS = ["circle-open", "square-open", "triangle-up-open", "diamond-open", "triangle-down-open", "cross-open", "x-open", "triangle-left-open"];
const DASHES = ["solid", "dash", "dot", "dashdot"];

let library = null;
/** The plotting library, fetched when the first picture is asked for: the page itself is there at once. */
function plotly() {
  library ??= new Promise((done, failed) => {
    const script = document.createElement("script");
    script.src = "/static/plotly-basic.min.js";
    script.onload = () => done(window.Plotly);
    script.onerror = () => failed(new Error("the plotting library could not be loaded"));
    document.head.append(script);
  });
  return library;
}
export const prepare = () => plotly().catch(() => {});

const dark = () => document.documentElement.dataset.theme === "dark";
const colour = (at) => COLOURS[dark() ? "dark" : "light"][at % 8];
const marker = (at) => MARKERS[at % 8];

function base(extra = {}) {
  const style = getComputedStyle(document.documentElement);
  const ink = style.getPropertyValue("--ink").trim(), line = style.getPropertyValue("--line").trim();
  const axis = { gridcolor: line, linecolor: ink, tickcolor: ink, zeroline: false, ticks: "outside", showline: true, automargin: true };
  const { xaxis = {}, yaxis = {}, yaxis2 = null, ...rest } = extra;
  return { paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", font: { color: ink, size: 13, family: "system-ui, sans-serif" },
    margin: { l: 65, r: 20, t: 34, b: 62 }, legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0, font: { size: 12 } }, hovermode: "closest",
    xaxis: { ...axis, ...xaxis }, yaxis: { ...axis, ...yaxis }, ...(yaxis2 ? { yaxis2: { ...axis, ...yaxis2 } } : {}), ...rest };
}

const drawn = new Map();
async function draw(id, make, described) {
  const Plotly = await plotly();
  const place = $(id);
  place.hidden = false;
  drawn.set(id, [make, described]);
  const { data, layout } = make();
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", described);
  await Plotly.react(place, data, layout, { responsive: true, displaylogo: false, modeBarButtonsToRemove: ["lasso2d", "select2d"] });
  return place;
}
export async function redrawAll() {
  for (const [id, [make, described]] of drawn) if (!$(id).hidden && $(id).childElementCount) await draw(id, make, described);
}

const si = (f) => f >= 1e6 ? `${number(f / 1e6)} MHz` : f >= 1e3 ? `${number(f / 1e3)} kHz` : f >= 1 ? `${number(f)} Hz` : `${number(f * 1e3)} mHz`;
const perArea = (spectra) => spectra.every((s) => s.area_cm2);
const factor = (s, areal) => areal ? s.area_cm2 : 1;

export const nyquist = (spectra, fits = []) => draw("nyquist", () => {
  const areal = perArea(spectra), unit = areal ? "Ω cm²" : "Ω", data = [];
  spectra.forEach((s, at) => {
    const k = factor(s, areal);
    data.push({ name: s.name, mode: "markers", marker: { symbol: marker(at), size: 7, color: colour(at) }, x: s.real_ohm.map((v) => v * k), y: s.imaginary_ohm.map((v) => -v * k),
      text: s.frequency_Hz.map(si), hovertemplate: "%{text}<br>%{x:.4g}, %{y:.4g} " + unit + "<extra></extra>" });
    const fit = fits[at];
    if (fit) data.push({ name: "fit", showlegend: at === 0, mode: "lines", line: { color: colour(at), width: 1.6 }, hoverinfo: "skip",
      x: fit.curve.real_ohm.map((v) => v * k), y: fit.curve.imaginary_ohm.map((v) => -v * k) });
  });
  const first = spectra[0], k = factor(first, areal), marks = { x: [], y: [], text: [] };
  const span = Math.max(...first.real_ohm.map((v) => v * k)) - Math.min(...first.real_ohm.map((v) => v * k), 0);
  const least = Math.min(...first.frequency_Hz), most = Math.max(...first.frequency_Hz);
  for (let power = Math.ceil(Math.log10(least)); power <= Math.floor(Math.log10(most)); power++) {
    const f = 10 ** power;
    const at = first.frequency_Hz.reduce((best, v, i) => Math.abs(Math.log(v / f)) < Math.abs(Math.log(first.frequency_Hz[best] / f)) ? i : best, 0);
    const far = marks.x.every((x, i) => Math.hypot(first.real_ohm[at] * k - x, first.imaginary_ohm[at] * k + marks.y[i]) > 0.07 * span);
    if (far && Math.abs(Math.log10(first.frequency_Hz[at] / f)) < 0.2) { marks.x.push(first.real_ohm[at] * k); marks.y.push(-first.imaginary_ohm[at] * k); marks.text.push(si(f)); }
  }
  data.push({ ...marks, mode: "markers+text", textposition: "top left", marker: { size: 5, color: colour(2) }, showlegend: false, hoverinfo: "skip", textfont: { size: 11 } });
  const x = data.flatMap((d) => d.x), y = data.flatMap((d) => d.y), pad = 0.06 * (Math.max(...x) - Math.min(0, ...x));
  return { data, layout: base({ height: 460, xaxis: { title: { text: `Re Z / ${unit}` }, constrain: "domain", range: [Math.min(0, ...x) - pad / 3, Math.max(...x) + pad] },
    yaxis: { title: { text: `−Im Z / ${unit}` }, scaleanchor: "x", scaleratio: 1, constrain: "domain", range: [Math.min(0, ...y) - pad / 3, Math.max(0, ...y) + pad] } }) };
}, `Nyquist plot of ${spectra.map((s) => s.name).join(", ")}`);

export const bode = (spectra, fits = []) => draw("bode", () => {
  const areal = perArea(spectra), data = [];
  const size = (re, im) => re.map((v, i) => Math.hypot(v, im[i]));
  const phase = (re, im) => re.map((v, i) => Math.atan2(im[i], v) * 180 / Math.PI);
  spectra.forEach((s, at) => {
    const k = factor(s, areal), point = { mode: "markers", marker: { symbol: marker(at), size: 5, color: colour(at) }, x: s.frequency_Hz, showlegend: false };
    data.push({ ...point, name: s.name, y: size(s.real_ohm, s.imaginary_ohm).map((v) => v * k) }, { ...point, y: phase(s.real_ohm, s.imaginary_ohm), yaxis: "y2" });
    const c = fits[at]?.curve;
    if (c) {
      const line = { mode: "lines", line: { color: colour(at), width: 1.4 }, x: c.frequency_Hz, showlegend: false, hoverinfo: "skip" };
      data.push({ ...line, y: size(c.real_ohm, c.imaginary_ohm).map((v) => v * k) }, { ...line, y: phase(c.real_ohm, c.imaginary_ohm), yaxis: "y2" });
    }
  });
  return { data, layout: base({ xaxis: { type: "log", title: { text: "Frequency / Hz" }, anchor: "y2", exponentformat: "power" },
    yaxis: { type: "log", domain: [0.54, 1], title: { text: `|Z| / ${areal ? "Ω cm²" : "Ω"}` }, exponentformat: "power" }, yaxis2: { domain: [0, 0.46], title: { text: "Phase / °" } } }) };
}, "Bode plot: size and phase of the impedance over frequency");

export const residuals = (fits) => draw("residuals", () => ({
  data: fits.flatMap((f, at) => [
    { name: at ? "" : "Re", showlegend: !at, mode: "lines+markers", marker: { symbol: "circle", size: 5, color: colour(at) }, line: { width: 0.8, color: colour(at) }, x: f.residuals.frequency_Hz, y: f.residuals.real },
    { name: at ? "" : "Im", showlegend: !at, mode: "lines+markers", marker: { symbol: "square-open", size: 5, color: colour(at) }, line: { width: 0.8, dash: "dot", color: colour(at) }, x: f.residuals.frequency_Hz, y: f.residuals.imaginary }]),
  layout: base({ xaxis: { type: "log", title: { text: "Frequency / Hz" }, exponentformat: "power" }, yaxis: { title: { text: "(measured − fit) / |Z| / %" }, zeroline: true } }) }),
  "Residuals of the fit in percent of the impedance's size");

export const arrhenius = (laws) => draw("arrhenius", () => ({
  data: laws.flatMap((law, at) => [
    { name: law.name, mode: "markers", x: law.inverse_kK, y: law.value, error_y: { type: "data", array: law.error, color: colour(at) }, marker: { symbol: marker(at), size: 8, color: colour(at) } },
    { name: `${law.name}: ${number(...law.activation_energy_eV)} eV`, mode: "lines", x: law.line_inverse_kK, y: law.line, line: { color: colour(at), dash: DASHES[at % 4] } }]),
  layout: base({ height: 420, xaxis: { title: { text: "1000 K / T" } }, yaxis: { type: "log", title: { text: "(R/T) / (Ω/K)" }, exponentformat: "power" } }) }), "Arrhenius plot");

/** Voltage and current over time with what happened; a zoom asks for the rows behind it. */
export async function course(id, found, events = [], zoomed = null) {
  const place = await draw(id, () => ({
    data: [
      { name: "voltage", mode: "lines", x: found.time_h, y: found.voltage_V, line: { color: colour(0), width: 1.2 } },
      { name: "current", mode: "lines", x: found.time_h, y: found.current, yaxis: "y2", line: { color: colour(2), width: 1 } },
      ...(events.length ? [{ name: "events", mode: "markers", x: events.map((e) => e.time_h), y: events.map((e) => e.voltage_V ?? null), text: events.map((e) => e.words),
        hovertemplate: "%{text}<extra></extra>", marker: { symbol: "diamond", size: 10, color: colour(1) } }] : [])],
    layout: base({ height: 420, xaxis: { title: { text: "Time / h" }, anchor: "y2" }, yaxis: { title: { text: "Voltage / V" }, domain: [0.42, 1] }, yaxis2: { title: { text: found.current_unit }, domain: [0, 0.36] },
      shapes: events.map((e) => ({ type: "line", xref: "x", yref: "paper", x0: e.time_h, x1: e.time_h, y0: 0, y1: 1, line: { color: colour(1), width: 1, dash: "dot" } })) }) }),
    "Voltage and current over time");
  if (zoomed && !place.dataset.zoom) {
    place.dataset.zoom = "yes";
    place.on("plotly_relayout", (change) => {
      if ("xaxis.range[0]" in change) zoomed(change["xaxis.range[0]"], change["xaxis.range[1]"]);
      else if (change["xaxis.autorange"]) zoomed(null, null);
    });
  }
}

export const voltageCapacity = (id, sets, unitOf) => draw(id, () => {
  const data = [];
  sets.forEach((set, s) => set.curves.forEach((c) => {
    const at = sets.length > 1 ? s : [...new Set(set.curves.map((d) => d.cycle))].indexOf(c.cycle);
    const name = sets.length > 1 ? set.name : `cycle ${c.cycle}`;
    data.push({ name, legendgroup: name, showlegend: !data.some((d) => d.name === name), mode: "lines", x: c.capacity, y: c.voltage_V, line: { color: colour(at), width: 1.3, dash: c.charging ? "solid" : "dash" } });
  }));
  return { data, layout: base({ xaxis: { title: { text: `Capacity / ${unitOf}` } }, yaxis: { title: { text: "Voltage / V" } } }) };
}, "Voltage over capacity; charges are full lines, discharges dashed");

export const dqdv = (curves, unitOf) => draw("dqdv", () => ({
  data: curves.map((c) => {
    const at = [...new Set(curves.map((d) => d.cycle))].indexOf(c.cycle), name = `cycle ${c.cycle}`;
    return { name, legendgroup: name, showlegend: curves.find((d) => d.cycle === c.cycle) === c, mode: "lines", x: c.voltage_V, y: c.dqdv, line: { color: colour(at), width: 1.2 } };
  }), layout: base({ xaxis: { title: { text: "Voltage / V" } }, yaxis: { title: { text: `dQ/dV / (${unitOf}/V)` }, zeroline: true } }) }), "dQ/dV over voltage");

export const cycles = (list, unitOf) => draw("cycles", () => {
  const areal = unitOf === "mAh/cm²", mass = unitOf === "mAh/g";
  const get = (c, way) => (areal ? c[`areal_${way}_capacity`] : mass ? c[`specific_${way}_capacity`] : c[`${way}_capacity`])?.value ?? null;
  const x = list.map((c) => c.cycle);
  return { data: [
    { name: "charge", mode: "markers", x, y: list.map((c) => get(c, "charge")), marker: { symbol: "triangle-up", size: 7, color: colour(3) } },
    { name: "discharge", mode: "markers", x, y: list.map((c) => get(c, "discharge")), marker: { symbol: "circle", size: 7, color: colour(0) } },
    { name: "Coulombic efficiency", mode: "markers", yaxis: "y2", x, y: list.map((c) => c.coulombic_efficiency?.value == null ? null : 100 * c.coulombic_efficiency.value), marker: { symbol: "square-open", size: 7, color: colour(1) },
      text: list.map((c) => c.flags.join(", ")), hovertemplate: "%{y:.2f} % %{text}<extra></extra>" }],
    layout: base({ xaxis: { title: { text: "Cycle" }, anchor: "y2" }, yaxis: { title: { text: `Capacity / ${unitOf}` }, rangemode: "tozero", domain: [0.42, 1] }, yaxis2: { title: { text: "Efficiency / %" }, domain: [0, 0.36] } }) };
}, "Capacity and Coulombic efficiency over cycles");

export const steps = (halves) => draw("ccd-steps", () => {
  const shapes = [...new Set(halves.map((h) => h.shape))], areal = halves.every((h) => h.area_specific_resistance);
  const r = (h) => (areal ? h.area_specific_resistance : h.resistance)?.value ?? null;
  const j = (h) => (areal ? h.current_density : h.current)?.value ?? null;
  return { data: shapes.map((shape, at) => ({ name: shape, mode: "markers", marker: { symbol: ["circle-open", "triangle-up", "x", "diamond", "square", "triangle-down"][at % 6], size: 8, color: colour(at) },
    x: halves.filter((h) => h.shape === shape).map((h) => Math.abs(j(h))), y: halves.filter((h) => h.shape === shape).map(r) })),
    layout: base({ xaxis: { title: { text: areal ? "|Current density| / (mA/cm²)" : "|Current| / mA" } }, yaxis: { title: { text: areal ? "Area-specific resistance / (Ω cm²)" : "Resistance / Ω" }, rangemode: "tozero" } }) };
}, "Resistance of every half step over its current");

export const breakdown = (parts) => draw("breakdown", () => ({
  data: [["volume_share", "volume"], ["mass_share", "mass"]].flatMap(([key, name], row) => parts.map((p, at) => ({ type: "bar", orientation: "h", name: p.label, legendgroup: p.label, showlegend: row === 0,
    y: [name], x: [100 * (p[key]?.value ?? 0)], marker: { color: colour(at), line: { width: 1, color: "#fff" }, pattern: { shape: ["", "/", "\\", "x", ".", "-"][at % 6], solidity: 0.2 } }, hovertemplate: `${p.label}: %{x:.1f} %<extra></extra>` }))),
  layout: base({ barmode: "stack", height: 360, margin: { l: 65, r: 20, t: 20, b: 130 }, xaxis: { title: { text: "Share of the stack / %", standoff: 4 }, range: [0, 100] }, legend: { orientation: "h", y: -0.3, yanchor: "top", x: 0, font: { size: 11 } } }) }), "What the stack's volume and mass consist of");

export const tornado = (rows, label) => draw("tornado", () => {
  const shown = rows.slice(0, 8).reverse();
  return { data: [1, -1].map((sign) => ({ type: "bar", orientation: "h", name: sign > 0 ? "input + 1 u" : "input − 1 u", y: shown.map((r) => r.label), x: shown.map((r) => sign * r.size), marker: { color: colour(sign > 0 ? 0 : 1), pattern: { shape: sign > 0 ? "" : "/", solidity: 0.3 } }, hovertemplate: "%{x:.3g}<extra></extra>" })),
    layout: base({ height: 360, barmode: "overlay", xaxis: { title: { text: label } }, yaxis: { automargin: true } }) };
}, "Which inputs the figure's uncertainty comes from");

export const losses = (list) => draw("sim-losses", () => {
  const names = [...new Set(list.flatMap((b) => Object.keys(b.parts)))];
  return { data: names.map((name, at) => ({ type: "bar", name, x: list.map((b) => b.label), y: list.map((b) => b.parts[name] ?? 0), marker: { color: colour(at), pattern: { shape: ["", "/", "\\", "x", ".", "-", "|", "+"][(at + 3 * Math.floor(at / 8)) % 8], solidity: 0.3 } } })),
    layout: base({ barmode: "stack", height: 380, xaxis: { title: { text: "Half step" }, type: "category" }, yaxis: { title: { text: "Resistance / (Ω cm²)" } }, legend: { orientation: "v", x: 1.02, y: 1, font: { size: 11 } } }) };
}, "What limits the cell: resistances half-way through each half step");
