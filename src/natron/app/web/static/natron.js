// The rooms of the page: what is on the desk, and what is asked of it.

import { $, ask, blob, el, number, quantity, say, table, takeaway, unit, upload, values, working } from "./api.js";
import * as plots from "./plots.js";

const desk = new Map();
let cells = [];

// ---- rooms ---------------------------------------------------------------------------------------------------------

const tabs = [...document.querySelectorAll('[role="tab"]')];
function enter(tab, focus = true) {
  for (const each of tabs) {
    const here = each === tab;
    each.setAttribute("aria-selected", String(here));
    each.tabIndex = here ? 0 : -1;
    $(each.getAttribute("aria-controls")).hidden = !here;
  }
  if (focus) tab.focus();
  entered[tab.id.replace("tab-", "")]?.();
  window.dispatchEvent(new Event("resize"));
}
for (const tab of tabs) {
  tab.addEventListener("click", () => enter(tab));
  tab.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = step ? (tabs.indexOf(tab) + step + tabs.length) % tabs.length : { Home: 0, End: tabs.length - 1 }[event.key];
    if (to !== undefined) { event.preventDefault(); enter(tabs[to]); }
  });
}
const go = (name) => enter($(`tab-${name}`), false);

function theme(name) {
  document.documentElement.dataset.theme = name;
  $("theme").textContent = name === "dark" ? "Light" : "Dark";
  $("theme").setAttribute("aria-label", `Change to ${name === "dark" ? "light" : "dark"} colours`);
}
theme(localStorage.getItem("natron-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
$("theme").addEventListener("click", () => {
  const name = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  localStorage.setItem("natron-theme", name);
  theme(name);
  plots.redrawAll();
});

// ---- files ---------------------------------------------------------------------------------------------------------

async function take(files) {
  const failed = [];
  let last = null;
  for (const [at, file] of [...files].entries()) {
    say(`Reading ${file.name}${files.length > 1 ? ` (${at + 1} of ${files.length})` : ""}…`);
    try { last = put(await upload(file)); } catch (error) { failed.push(`${file.name}: ${error.message}`); }
  }
  say(failed.join("\n"), failed.length > 0);
  listed();
  if (last && !failed.length) show(last);
}
function put(told) { desk.set(told.key, told); return told; }

/** The room in which a file is best looked at, with its first picture. */
function show(one) {
  if (one.rows > 0) {
    $("records-form").elements.file.value = one.key;
    go("records");
    $("records-form").requestSubmit();
  } else if (one.spectra.length) {
    for (const box of document.querySelectorAll("#spectra-list input")) box.checked = box.dataset.file === one.key;
    go("spectra");
    showSpectra();
  }
}

function listed() {
  const all = [...desk.values()];
  $("desk-title").hidden = !all.length;
  $("desk").replaceChildren(...all.map((one) => {
    const holds = [one.rows ? `${one.rows.toLocaleString("en")} rows over ${number(one.duration_h)} h` : null,
      one.spectra.length ? `${one.spectra.length} ${one.spectra.length === 1 ? "spectrum" : "spectra"}` : null].filter(Boolean).join(", ");
    return el("article", { class: "card" }, el("h3", {}, one.name), el("div", {}, `${one.format}: ${holds || "nothing that natron knows"}`),
      one.notes.length ? el("details", {}, el("summary", {}, "What was recognised"), el("ul", {}, ...one.notes.map((n) => el("li", {}, n)))) : null,
      el("p", { class: "row" },
        one.rows ? el("button", { type: "button", onclick: () => show(one) }, "Cycles") : null,
        one.spectra.length ? el("button", { type: "button", onclick: () => show({ ...one, rows: 0 }) }, "Impedance") : null,
        one.rows ? el("button", { type: "button", class: "quiet", onclick: () => { $("ccd-form").elements.file.value = one.key; go("ccd"); $("ccd-form").requestSubmit(); } }, "Critical current") : null,
        el("button", { type: "button", class: "quiet", "aria-label": `Close ${one.name}`, onclick: (event) => working(event.currentTarget, "", async () => {
          await ask(`/api/files/${encodeURIComponent(one.key)}`, undefined, "DELETE"); desk.delete(one.key); listed(); }) }, "Close")));
  }));
  const chosen = new Set([...document.querySelectorAll("#spectra-list input:checked")].map((b) => `${b.dataset.file}/${b.value}`));
  $("spectra-list").replaceChildren(...all.flatMap((one) => one.spectra.map((s, at) => {
    const box = el("input", { type: "checkbox", value: at, "data-file": one.key });
    box.checked = chosen.has(`${one.key}/${at}`);
    box.addEventListener("change", showSpectra);
    const name = one.spectra.length > 1 ? `${one.name} [${at}]` : one.name;
    return el("label", {}, box, el("span", {}, s.temperature_degC === null ? name : `${name}, ${number(s.temperature_degC)} °C`));
  })));
  if (!$("spectra-list").childElementCount) $("spectra-list").textContent = "Drop a file with impedance first.";
  const records = all.filter((one) => one.rows);
  for (const form of ["records-form", "ccd-form", "simulate-form"]) {
    const select = $(form).elements.file, before = select.value;
    select.replaceChildren(...(form === "simulate-form" ? [el("option", { value: "" }, "none")] : []), ...records.map((one) => el("option", { value: one.key }, one.name)));
    if (before && desk.has(before)) select.value = before;
  }
  $("overlay-list").replaceChildren(...records.map((one) => el("label", {}, el("input", { type: "checkbox", value: one.key }), el("span", {}, one.name))));
}

const drop = $("drop");
for (const [kind, over] of [["dragenter", true], ["dragover", true], ["dragleave", false], ["drop", false]]) {
  document.addEventListener(kind, (event) => { event.preventDefault(); drop.classList.toggle("over", over); });
}
document.addEventListener("drop", (event) => { if (event.dataTransfer.files.length) take(event.dataTransfer.files); });
$("chosen").addEventListener("change", (event) => { take(event.target.files).finally(() => { event.target.value = ""; }); });

async function folder() {
  const { files } = await ask("/api/folder");
  $("folder").hidden = !files.length;
  $("folder-list").replaceChildren(...files.map((path) => el("li", {}, el("button", { type: "button", class: "quiet", onclick: (event) =>
    working(event.currentTarget, `Reading ${path}…`, async () => { const one = put(await ask("/api/folder", { path })); listed(); show(one); }) }, path))));
}

// ---- impedance -----------------------------------------------------------------------------------------------------

function askedSpectra() {
  const told = values($("spectra-form"));
  const unitless = /^\s*(-?[\d.]+(?:\s*,\s*-?[\d.]+)*)\s*(°C|K)?\s*$/.exec(told.temperatures ?? "");
  const temperatures = unitless ? unitless[1].split(",").map((t) => `${t.trim()} ${unitless[2] ?? "°C"}`) : (told.temperatures ?? "").split(",").map((t) => t.trim()).filter(Boolean);
  const spectra = [...document.querySelectorAll("#spectra-list input:checked")].map((b) => ({ file: b.dataset.file, index: Number(b.value) }));
  if (!spectra.length) throw Object.assign(new Error("Tick at least one spectrum."), { key: null });
  const asked = { spectra, circuit: told.circuit || "auto", area: told.area, thickness: told.thickness, cell: told.cell, fmin: told.fmin, fmax: told.fmax, robust: "robust" in told };
  return temperatures.length > 1 ? { ...asked, temperatures } : { ...asked, temperature: temperatures[0] ?? "" };
}
const spectraForm = $("spectra-form");
const clearFit = () => { for (const id of ["residuals", "arrhenius"]) $(id).hidden = true; $("spectra-words").replaceChildren(); };

async function showSpectra() {
  if (!document.querySelector("#spectra-list input:checked")) return;
  await working(null, "", async () => {
    const { spectra } = await ask("/api/spectra/show", askedSpectra());
    clearFit();
    await plots.nyquist(spectra);
    await plots.bode(spectra);
  }, spectraForm);
}
for (const [id, on] of [["spectra-all", true], ["spectra-none", false]]) $(id).addEventListener("click", () => {
  for (const box of document.querySelectorAll("#spectra-list input")) box.checked = on;
  showSpectra();
});

const pictures = (asked, views) => views.map((view) => [view, "/api/spectra/picture", { ...asked, view }]);

spectraForm.addEventListener("submit", (event) => {
  event.preventDefault();
  working($("fit"), "Fitting… the first fit after an installation compiles the solver, which takes some 20 s", async () => {
    const asked = askedSpectra(), found = await ask("/api/spectra/fit", asked);
    await plots.nyquist(found.fits.map((f) => f.points_shown), found.fits);
    await plots.bode(found.fits.map((f) => f.points_shown), found.fits);
    await plots.residuals(found.fits);
    $("arrhenius").hidden = true;
    if (found.fits.length === 1 || found.fits.every((f) => f.circuit === found.fits[0].circuit)) spectraForm.elements.circuit.value = found.fits[0].circuit;
    $("spectra-words").replaceChildren(...found.fits.map(fitWords),
      takeaway("fit", found, { pictures: pictures({ ...asked, circuit: found.fits[0].circuit }, ["nyquist", "bode", "residuals"]),
        csv: () => ({ header: ["spectrum", "parameter", "value", "standard error", "unit"], rows: found.fits.flatMap((f) => Object.entries(f.parameters).map(([name, q]) => [f.points_shown.name, name, q.value, q.uncertainty, q.unit])) }) }));
  }, spectraForm);
});

function fitWords(fit) {
  const rows = Object.entries(fit.parameters).map(([name, q]) => {
    const range = fit.intervals_95?.[name], areal = fit.areal?.[name];
    return [name, quantity(q), areal ? quantity(areal) : "", range ? `${number(range[0])} to ${number(range[1])}` : ""];
  });
  const meaning = Object.values(fit.assignment ?? {}).map((a) => a.words).filter(Boolean);
  return el("div", { class: "card" }, el("h3", {}, fit.points_shown.name),
    el("p", {}, el("code", {}, fit.circuit), ` — ${fit.status.replaceAll("_", " ")}, χ²/ν = ${number(fit.chi2_reduced)}, ${fit.points} points`),
    table(["Parameter", "Value ± standard error", "per area", "95 %"], rows),
    meaning.length ? el("ul", {}, ...meaning.map((m) => el("li", {}, m))) : null,
    fit.warnings?.length ? el("ul", {}, ...fit.warnings.map((w) => el("li", {}, w))) : null);
}

$("series").addEventListener("click", () => working($("series"), "Fitting all of them, one by one and together…", async () => {
  const asked = askedSpectra(), found = await ask("/api/spectra/series", asked);
  const fits = found.points_shown.map((_, at) => found.curves[at]);
  await plots.nyquist(found.points_shown, fits);
  await plots.bode(found.points_shown, fits);
  await plots.residuals(fits);
  await plots.arrhenius(found.arrhenius);
  $("spectra-words").replaceChildren(el("div", { class: "card" }, table(["Resistance", "Activation energy"], found.arrhenius.map((l) => [l.name, `${number(...l.activation_energy_eV)} eV`])),
    found.warnings?.length ? el("ul", {}, ...found.warnings.map((w) => el("li", {}, w))) : null),
    takeaway("series", found, { pictures: pictures(asked, ["arrhenius", "nyquist"]) }));
}, spectraForm));

$("check").addEventListener("click", () => working($("check"), "Testing…", async () => {
  const { checks } = await ask("/api/spectra/check", askedSpectra());
  $("spectra-words").replaceChildren(table(["Spectrum", "Kramers–Kronig", "rms residual", "limit"], checks.map((c) =>
    [`${c.file} [${c.index}]`, c.passed ? "passed" : c.status.replaceAll("_", " "), `${number(100 * c.rms)} %`, `${number(100 * c.limit)} %`])));
}, spectraForm));

// ---- tests over time -----------------------------------------------------------------------------------------------

const recordsForm = $("records-form");
recordsForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = values(recordsForm);
  if (!asked.file) { say("Drop a file with voltage and current over time first.", true); return; }
  working(event.submitter, "Reading the test…", async () => {
    const rest = ask("/api/records/cycling", asked);
    rest.catch(() => {});
    const first = await ask("/api/records/course", asked);
    let events = [];
    const zoomed = async (from_h, to_h) => { await plots.course("course", await ask("/api/records/course", { ...values(recordsForm), from_h, to_h }), events, zoomed); };
    await plots.course("course", first, events, zoomed);
    const found = await rest;
    events = marked(found.events, first);
    await plots.course("course", first, events, zoomed);
    await plots.voltageCapacity("vq", [found], found.capacity_unit);
    await plots.dqdv(found.dqdv, found.capacity_unit);
    await plots.cycles(found.cycles, found.capacity_unit);
    const views = ["over-time", "voltage-capacity", "cycles", "dqdv"].map((view) => [view, "/api/records/picture", { ...asked, view }]);
    const rows = found.cycles.map((c) => [String(c.cycle), quantity(c.areal_charge_capacity ?? c.charge_capacity), quantity(c.areal_discharge_capacity ?? c.discharge_capacity),
      c.coulombic_efficiency ? `${number(100 * c.coulombic_efficiency.value)} %` : "—", c.energy_efficiency ? `${number(100 * c.energy_efficiency.value)} %` : "—", c.flags.join(", ").replaceAll("_", " ")]);
    $("records-words").replaceChildren(
      found.events.length ? el("div", { class: "card" }, el("h3", {}, "What happened"), el("ul", {}, ...found.events.map((e) => el("li", {}, eventWords(e))))) : "",
      el("details", { open: rows.length <= 30 }, el("summary", {}, `${rows.length} cycles`), table(["Cycle", "Charge", "Discharge", "Coulombic", "Energy", ""], rows)),
      found.notes?.length ? el("details", {}, el("summary", {}, "What was assumed"), el("ul", {}, ...found.notes.map((n) => el("li", {}, n)))) : "",
      takeaway("cycling", found, { pictures: views, csv: () => ({ header: ["cycle", `charge (${unit(found.cycles[0]?.charge_capacity?.unit ?? "")})`, "discharge", "Coulombic efficiency", "flags"],
        rows: found.cycles.map((c) => [c.cycle, c.charge_capacity?.value ?? null, c.discharge_capacity?.value ?? null, c.coulombic_efficiency?.value ?? null, c.flags.join(" ")]) }) }));
  }, recordsForm);
});
const eventWords = (e) => `${e.kind.replaceAll("_", " ")}${e.cycle ? `, cycle ${e.cycle}` : ""}, ${number(e.time.value / 3600)} h: ${e.evidence}`;
function marked(events, first) {
  return events.map((e) => {
    const time_h = e.time.value / 3600;
    let at = first.time_h.findIndex((t) => t >= time_h);
    if (at < 0) at = first.time_h.length - 1;
    return { time_h, voltage_V: first.voltage_V[at], words: eventWords(e) };
  });
}
$("overlay").addEventListener("click", () => working($("overlay"), "Reading…", async () => {
  const files = [...document.querySelectorAll("#overlay-list input:checked")].map((b) => b.value);
  if (files.length < 2) throw new Error("Tick at least two tests to lay over one another.");
  const { records } = await ask("/api/records/overlay", { files });
  const units = new Set(records.map((r) => r.unit));
  if (units.size > 1) throw new Error("These tests have different units of capacity: give each its area or mass first.");
  await plots.voltageCapacity("vq", records, records[0].unit);
}));

// ---- critical current ----------------------------------------------------------------------------------------------

$("ccd-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = $("ccd-form"), asked = { ...values(form), kind: "symmetric" };
  if (!asked.file) { say("Drop the record of a stepped test first.", true); return; }
  working(event.submitter, "Looking for shorts and voids…", async () => {
    const found = await ask("/api/records/ccd", asked), first = await ask("/api/records/course", asked);
    const halves = Object.fromEntries(found.half_steps.map((h) => [h.index, h]));
    const events = [["short", found.short], ["void onset", found.void_onset]].filter(([, e]) => e).map(([name, e]) => ({
      kind: name, cycle: null, time: e.time ?? halves[e.half_step].time, evidence: e.evidence }));
    await plots.course("ccd-course", first, marked(events, first));
    await plots.steps(found.half_steps);
    const low = found.critical_current_density ?? found.critical_current;
    $("ccd-words").replaceChildren(el("div", { class: "card" }, el("h3", {}, low ? `Critical current: ${quantity(low)}` : "No critical current"),
      found.why ? el("p", {}, found.why) : null, events.length ? el("ul", {}, ...events.map((e) => el("li", {}, eventWords(e)))) : null,
      el("ul", {}, ...found.comparable.map((c) => el("li", {}, c)))),
      takeaway("critical-current", found, { pictures: [["staircase", "/api/records/picture", { ...asked, view: "ccd" }]],
        csv: () => ({ header: ["half step", "current density", "resistance", "shape"], rows: found.half_steps.map((h) => [h.index, h.current_density?.value ?? h.current?.value ?? null, h.area_specific_resistance?.value ?? h.resistance?.value ?? null, h.shape]) }) }));
  }, form);
});

// ---- cells ---------------------------------------------------------------------------------------------------------

const designForm = $("design-form");
const FIGURES = [["volumetric_energy_density", "Energy density by volume"], ["gravimetric_energy_density", "by mass"], ["areal_capacity", "Areal capacity"],
  ["stack_thickness", "Stack"], ["areal_mass", "Areal mass"], ["capacity_ratio", "N/P ratio"], ["packaged_volumetric_energy_density", "with housing, by volume"], ["packaged_gravimetric_energy_density", "with housing, by mass"]];
const LABELS = { "positive.thickness": "cathode thickness", "separator.thickness": "separator thickness", "positive.loading": "cathode loading", "negative.reservoir": "metal in reserve" };

function knobs() {
  const cell = cells.find((c) => c.name === designForm.elements.cell.value);
  $("sliders").replaceChildren(...cell.sliders.map((s) => {
    const shown = el("output", {}, `${number(s.value)} ${s.unit}`);
    const range = el("input", { type: "range", min: s.least, max: s.most, step: (s.most - s.least) / 400, value: s.value, "data-key": s.key, "data-unit": s.unit, "data-first": s.value, "aria-label": `${s.label} in ${s.unit}` });
    range.addEventListener("input", () => { shown.textContent = `${number(Number(range.value))} ${s.unit}`; range.setAttribute("aria-valuetext", shown.textContent); redesign(); });
    return el("label", {}, el("span", {}, `${s.label}: `), shown, range);
  }));
}
function askedDesign() {
  const changes = {};
  for (const range of document.querySelectorAll("#sliders input")) if (Math.abs(Number(range.value) - Number(range.dataset.first)) > Number(range.step) / 2) changes[range.dataset.key] = `${number(Number(range.value))} ${range.dataset.unit}`;
  return { cell: designForm.elements.cell.value, changes, consistent: designForm.elements.consistent.checked };
}
let asking = false, again = false;
/** One question at a time: while it is answered, only the last place of the hand is remembered. */
async function redesign() {
  if (asking) { again = true; return; }
  asking = true;
  try {
    do { again = false; await designed(askedDesign()); } while (again);
    say("");
  } catch (error) { say(error.message, true); } finally { asking = false; }
}
async function designed(asked) {
  const found = await ask("/api/cells/design", asked), figures = found.figures.theoretical;
  $("figures").replaceChildren(...FIGURES.filter(([key]) => figures[key]).map(([key, label]) => el("div", { class: "figure" }, el("b", {}, quantity(figures[key])), el("span", {}, label))));
  await plots.breakdown(found.breakdown);
  const rows = (found.sensitivity.volumetric_energy_density ?? []).map((r) => ({ label: LABELS[r.input] ?? r.input, size: r.effect_of_one_uncertainty?.value ?? 0 })).filter((r) => r.size).sort((a, b) => Math.abs(b.size) - Math.abs(a.size));
  await plots.tornado(rows, "Change of Wh/l by one standard uncertainty");
  const disagree = found.checks.filter((c) => c.verdict === "disagrees");
  $("design-words").replaceChildren(disagree.length || found.warnings.length ? el("div", { class: "card" }, el("ul", {}, ...disagree.map((c) => el("li", {}, `${c.name}: ${c.message}`)), ...found.warnings.map((w) => el("li", {}, w)))) : "",
    takeaway("design", found, { pictures: ["stack", "breakdown", "tornado"].map((view) => [view, "/api/cells/picture", { ...asked, view }]),
      csv: () => ({ header: ["figure", "value", "uncertainty", "unit"], rows: Object.entries(figures).filter(([, q]) => q?.unit).map(([name, q]) => [name, q.value, q.uncertainty, q.unit]) }) }));
}
designForm.elements.cell.addEventListener("change", () => { knobs(); redesign(); });
designForm.elements.consistent.addEventListener("change", redesign);
$("reset").addEventListener("click", () => { knobs(); redesign(); });
designForm.addEventListener("submit", (event) => event.preventDefault());

let job = null, simulated = null;
const simulateForm = $("simulate-form");
simulateForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const asked = values(simulateForm);
  working(event.submitter, "", async () => {
    const changes = asked.temperature?.trim() ? { "operation.temperature": asked.temperature } : {};
    job = (await ask("/api/cells/simulate", { cell: asked.cell, protocol: asked.protocol, changes })).job;
    $("job").hidden = false;
    for (;;) {
      const told = await ask(`/api/jobs/${job}`);
      $("job-bar").max = Math.max(told.parts, 1);
      if (told.parts) $("job-bar").value = Math.max(told.done - 1, 0);
      $("job-words").textContent = told.doing ? `${told.done} of ${told.parts}: ${told.doing}` : "starting…";
      if (told.state === "running") { await new Promise((r) => setTimeout(r, 300)); continue; }
      $("job").hidden = true;
      if (told.state === "failed") throw new Error(told.error);
      if (told.state === "stopped") { say("Stopped."); return; }
      simulated = told.result;
      break;
    }
    await showSimulated();
  }, simulateForm);
});
$("stop").addEventListener("click", () => ask(`/api/jobs/${job}`, undefined, "DELETE"));
simulateForm.elements.file.addEventListener("change", () => { if (simulated) working(null, "", showSimulated); });

async function showSimulated() {
  const found = simulated, key = simulateForm.elements.file.value;
  await plots.course("sim-course", { ...found.course, current_unit: "mA/cm²" });
  const sets = [{ name: "simulated", curves: found.curves, unit: "mAh/cm²" }];
  if (key) {
    const { records } = await ask("/api/records/overlay", { files: [key] });
    if (records[0].unit !== "mAh/cm²") throw new Error(`${records[0].name} has no area yet: give it in the room Cycling, so that both stand on one axis.`);
    sets.push(records[0]);
  }
  await plots.voltageCapacity("sim-vq", sets, "mAh/cm²");
  const list = found.resistance_breakdown.map((b) => ({ label: `${b.half_step} ${b.direction}`, parts: Object.fromEntries(Object.entries(b.parts).map(([k, q]) => [k.replaceAll("_", " "), q.value])), largest: b.largest }));
  await plots.losses(list);
  const last = found.resistance_breakdown.at(-1);
  $("sim-words").replaceChildren(el("div", { class: "card" }, el("h3", {}, last ? `What limits this cell now: ${last.largest.replaceAll("_", " ")}` : "Simulated"),
    found.status !== "completed" ? el("p", {}, found.message) : null,
    el("p", {}, `${found.assumed.length} of ${Object.keys(found.parameters).length} parameters are assumed; the JSON lists them.`),
    found.warnings.length ? el("ul", {}, ...found.warnings.map((w) => el("li", {}, w))) : null), takeaway("simulation", found));
}

// ---- interfaces ----------------------------------------------------------------------------------------------------

async function pictured(id, path, asked, described) {
  const image = el("img", { alt: described, src: URL.createObjectURL(await blob(path, asked)) });
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  $(id).replaceChildren(image);
}
$("press-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = $("press-form"), asked = values(form);
  working(event.submitter, "Pressing…", async () => {
    const found = await ask("/api/interfaces/press", asked);
    $("press-words").replaceChildren(el("div", { class: "card" }, el("h3", {}, `Outcome: ${found.outcome.replaceAll("_", " ")}`),
      table(["", ""], [["Contact", quantity(found.contact_fraction)], ["Interface resistance", quantity(found.interface_resistance)]]),
      found.warnings?.length ? el("ul", {}, ...found.warnings.map((w) => el("li", {}, w))) : null),
      takeaway("pressing", found, { pictures: [["window", "/api/interfaces/press/picture", asked]] }));
    say("Drawing the map…");
    await pictured("press-figure", "/api/interfaces/press/picture", asked, "Temperature against pressure: contact, and the window between leak, cracks and voids");
  }, form);
});
$("alloy-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const form = $("alloy-form"), asked = values(form);
  working(event.submitter, "Looking…", async () => {
    const found = await ask("/api/interfaces/alloy", asked);
    const rows = [["All liquid from", found.all_liquid_from], ["to", found.all_liquid_capacity]].filter(([, q]) => q).map(([name, q]) => [name, quantity(q)]);
    if (found.liquid_window) rows.unshift(["Liquid between (mole fraction of Na)", `${number(found.liquid_window.x_na_min.value)} and ${number(found.liquid_window.x_na_max.value)}`]);
    $("alloy-words").replaceChildren(el("div", { class: "card" }, table(["Na–K", quantity(found.temperature)], rows), found.warnings?.length ? el("ul", {}, ...found.warnings.map((w) => el("li", {}, w))) : null),
      takeaway("alloy", found, { pictures: [["phase-diagram", "/api/interfaces/alloy/picture", asked]] }));
    await pictured("alloy-figure", "/api/interfaces/alloy/picture", asked, "Phase diagram of sodium and potassium");
  }, form);
});

// ---- begin ---------------------------------------------------------------------------------------------------------

const entered = {
  spectra: () => { if (!$("nyquist").childElementCount) showSpectra(); },
  design: async () => { if (await described() && !$("figures").childElementCount) { knobs(); redesign(); } },
  simulate: described,
};
async function described() {
  if (cells.length) return true;
  const told = await working(null, "", () => ask("/api/cells"));
  if (!told) return false;
  cells = told.cells;
  const option = (c) => el("option", { value: c.name }, `${c.name} — ${c.title}`);
  designForm.elements.cell.replaceChildren(...cells.filter((c) => c.kind === "full").map(option));
  simulateForm.elements.cell.replaceChildren(...cells.map(option));
  for (const form of [designForm, simulateForm]) form.elements.cell.value = cells.find((c) => c.name.endsWith("cell1"))?.name ?? form.elements.cell.value;
  simulateForm.elements.protocol.replaceChildren(el("option", { value: "" }, "usual for the cell"), ...told.protocols.map((p) => el("option", { value: p }, p)));
  return true;
}
working(null, "", async () => {
  const told = await ask("/api/start");
  for (const one of told.files) put(one);
  listed();
  if (told.folder) await folder();
  setTimeout(plots.prepare, 400);
});
