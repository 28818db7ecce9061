"use strict";
(() => {
  const table = document.getElementById("table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const buttons = Array.from(document.querySelectorAll("[data-filter]"));
  const heads = Array.from(table.tHead.rows[0].cells);
  const place = new Map(rows.map((row, number) => [row, number]));
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const count = new Intl.NumberFormat("en");
  let texts = null;

  function text(row) {
    texts ??= new Map(rows.map((each) => [each, each.textContent.toLowerCase()]));
    return texts.get(row);
  }

  function inFilter(row) {
    const wanted = table.dataset.show, state = row.dataset.s;
    return wanted === "everyone" || wanted === state || (wanted === "administrators" && state !== "other");
  }

  function announce() {
    const visible = rows.reduce((sum, row) => sum + (!row.hidden && inFilter(row) ? 1 : 0), 0);
    shown.textContent = `${count.format(visible)} of ${count.format(rows.length)} shown`;
  }

  function show(filter) {
    table.dataset.show = filter;
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.filter === filter));
    announce();
  }

  function find() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.hidden = words.length > 0 && !words.every((word) => text(row).includes(word));
    announce();
  }

  function key(row, column) {
    return column === "verdict" ? place.get(row) : row.cells[column].textContent;
  }

  function sort(head, column) {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const keys = new Map(rows.map((row) => [row, key(row, column)]));
    const compare = column === "verdict" ? (a, b) => a - b : collator.compare;
    const sign = down ? -1 : 1;
    const sorted = rows.slice().sort((a, b) => sign * compare(keys.get(a), keys.get(b)) || place.get(a) - place.get(b));
    body.append(...sorted);
  }

  function follow(hash) {
    const row = rows.find((each) => each.id && "#" + each.id === hash);
    if (!row) return;
    if (row.hidden) { search.value = ""; find(); }
    if (!inFilter(row)) show(row.dataset.s === "other" ? "everyone" : "administrators");
    row.scrollIntoView({ block: "center" });
  }

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    const what = head.classList.contains("c-verdict") ? "verdict" : column;
    button.addEventListener("click", () => sort(head, what));
    if (what === "verdict") head.setAttribute("aria-sort", "ascending");
  });
  for (const button of buttons) button.addEventListener("click", () => show(button.dataset.filter));
  search.addEventListener("input", find);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && search.value) { search.value = ""; find(); event.preventDefault(); }
  });
  window.addEventListener("hashchange", () => follow(location.hash));
  document.addEventListener("click", (event) => {
    // A second click on the same link changes no hash, and the row can be hidden again by then.
    const link = event.target.closest("a[href^='#user-']");
    if (link) follow(link.hash);
  });
  document.querySelector(".tools").hidden = false;
  show(rows.some((row) => row.dataset.s !== "other") ? "administrators" : "everyone");
  follow(location.hash);
})();
