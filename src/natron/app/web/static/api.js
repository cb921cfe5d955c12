// Questions to the server, what it says, and what the user takes away.

const fragment = new URLSearchParams(location.hash.slice(1));
if (fragment.get("token")) {
  sessionStorage.setItem("natron-token", fragment.get("token"));
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem("natron-token") ?? "";

export const $ = (id) => document.getElementById(id);

/** An element with attributes and children; texts are set as text, so a name can never become markup. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") made.addEventListener("click", value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((c) => c !== null && c !== undefined));
  return made;
}

export function say(words, bad = false) {
  $("said").textContent = words;
  $("said").classList.toggle("bad", bad);
}

async function answered(response) {
  if (response.ok) return response;
  let error = `the server answered ${response.status}`, key = null;
  try {
    const told = await response.json();
    error = typeof told.error === "string" ? told.error : "a value of the form is missing or of the wrong kind";
    key = told.key ?? null;
  } catch { /* no JSON came: the status is all that is known */ }
  throw Object.assign(new Error(error), { key });
}

function unreachable(error) {
  if (error instanceof TypeError) throw new Error("natron does not answer: is it still running in the terminal?");
  throw error;
}

const headers = { "x-natron-token": token };

export async function ask(path, body = undefined, method = undefined, signal = undefined) {
  const options = body === undefined
    ? { method: method ?? "GET", headers, signal }
    : { method: method ?? "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body), signal };
  return (await answered(await fetch(path, options).catch(unreachable))).json();
}

export async function upload(file) {
  const path = `/api/files?name=${encodeURIComponent(file.name)}`;
  return (await answered(await fetch(path, { method: "POST", headers, body: file }).catch(unreachable))).json();
}

export async function blob(path, body) {
  const options = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body: JSON.stringify(body) };
  return (await answered(await fetch(path, options).catch(unreachable))).blob();
}

export function save(content, name) {
  const link = el("a", { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** Work with a button held down and its failure told; the field that is at fault is marked and entered. */
export async function working(button, words, work, form = null) {
  for (const field of form?.querySelectorAll("[aria-invalid]") ?? []) field.removeAttribute("aria-invalid");
  if (button) button.disabled = true;
  say(words);
  try {
    const found = await work();
    say("");
    return found;
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    say(error.message, true);
    const field = error.key && form?.elements?.[error.key.replace(/^--/, "")];
    if (field?.focus) { field.setAttribute("aria-invalid", "true"); field.focus(); }
    return undefined;
  } finally {
    if (button) button.disabled = false;
  }
}

export const values = (form) => Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, String(v)]));

const raised = (power) => `× 10${String(power).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻")}`;

/** A number with its uncertainty, no more digits than that allows. */
export function number(value, uncertainty = null) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "—";
  if (!uncertainty || !Number.isFinite(uncertainty)) {
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-3 || size >= 1e5) ? value.toExponential(2).replace(/e([+-]\d+)/, (_, power) => ` ${raised(Number(power))}`) : String(Number(value.toPrecision(4)));
  }
  const digits = Math.min(Math.max(1 - Math.floor(Math.log10(uncertainty)), 0), 12);
  if (Math.abs(value) >= 1e5 || (Math.abs(value) < 1e-3 && value !== 0)) {
    const power = Math.floor(Math.log10(Math.abs(value)));
    const places = Math.max(power - Math.floor(Math.log10(uncertainty)) + 1, 0);
    return `(${(value / 10 ** power).toFixed(Math.min(places, 12))} ± ${(uncertainty / 10 ** power).toFixed(Math.min(places, 12))}) ${raised(power)}`;
  }
  return `${value.toFixed(digits)} ± ${uncertainty.toFixed(digits)}`;
}

const UNITS = { "ohm": "Ω", "ohm.cm2": "Ω cm²", "um": "µm", "mAh/cm2": "mAh/cm²", "mA/cm2": "mA/cm²", "degC": "°C", "1": "",
  "ohm^-1.s^n": "Ω⁻¹ sⁿ", "mg/cm2": "mg/cm²", "g/cm3": "g/cm³", "ohm.s^-0.5": "Ω s⁻⁰·⁵" };
export const unit = (text) => UNITS[text] ?? text;
export const quantity = (q) => q === null || q === undefined ? "—" : `${number(q.value, q.uncertainty)} ${unit(q.unit)}`.trim();

export function table(header, rows) {
  return el("div", { class: "scroll" }, el("table", {},
    el("thead", {}, el("tr", {}, ...header.map((h) => el("th", { scope: "col" }, h)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((cell, at) => el("td", { class: at ? "number" : null }, cell)))))));
}

/** How to take away what is shown: pictures, the table as CSV, the answer as JSON, the command and the script. */
export function takeaway(name, found, { pictures = [], csv = null } = {}) {
  const row = el("p", { class: "row" });
  for (const [label, path, body] of pictures) {
    for (const format of ["svg", "pdf"]) {
      row.append(el("button", { type: "button", class: "quiet", onclick: (event) => working(event.currentTarget, "Drawing…",
        async () => save(await blob(path, { ...body, format }), `${name}-${label}.${format}`)) }, `${label} ${format.toUpperCase()}`));
    }
  }
  if (csv) row.append(el("button", { type: "button", class: "quiet", onclick: (event) => working(event.currentTarget, "Writing…",
    async () => save(await blob("/api/csv", csv()), `${name}.csv`)) }, "CSV"));
  row.append(el("button", { type: "button", class: "quiet", onclick: () =>
    save(new Blob([JSON.stringify(found, null, 1)], { type: "application/json" }), `${name}.json`) }, "JSON"));
  const box = el("div", {}, row);
  for (const [label, text] of [["Command line", found.command], ["Python", found.script]]) {
    if (text) box.append(el("details", {}, el("summary", {}, label), el("pre", { tabindex: "0" }, text)));
  }
  return box;
}
