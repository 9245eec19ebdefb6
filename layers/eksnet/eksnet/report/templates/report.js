"use strict";
(() => {
  const by = (id) => document.getElementById(id);
  const form = by("filter");
  const text = by("text");
  const inputs = { severity: by("severity"), status: by("status"), place: by("place") };
  const places = [...document.querySelectorAll(".place")].map((element) => ({
    element,
    key: element.id,
    rows: [...element.querySelectorAll(".f")].map((row) => ({
      row,
      words: (row.textContent + " " + element.querySelector("h2").textContent).toLowerCase(),
      severity: row.dataset.severity,
      status: row.dataset.status,
    })),
  }));
  const total = places.reduce((sum, place) => sum + place.rows.length, 0);

  const show = () => {
    const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
    const severity = inputs.severity.value;
    const status = inputs.status.value;
    const narrowed = words.length > 0 || severity !== "" || status !== "";
    let shown = 0;
    for (const place of places) {
      const chosen = inputs.place.value === "" || inputs.place.value === place.key;
      let here = 0;
      for (const each of place.rows) {
        const match = chosen && (!severity || each.severity === severity) && (!status || each.status === status)
          && words.every((word) => each.words.includes(word));
        each.row.hidden = !match;
        if (match) here += 1;
      }
      place.element.hidden = !chosen || (narrowed && here === 0);
      shown += here;
    }
    by("count").textContent = shown === total
      ? `${total.toLocaleString("en")} finding${total === 1 ? "" : "s"}`
      : `${shown.toLocaleString("en")} of ${total.toLocaleString("en")} findings`;
    by("nothing").hidden = shown > 0 || total === 0;
  };

  let waiting = 0;
  const soon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, 60); // milliseconds: once a pause in typing, not once a letter
  };
  form.addEventListener("input", soon);
  form.addEventListener("reset", () => setTimeout(show));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      text.focus();
      text.select();
    } else if (event.key === "Escape" && event.target === text) {
      text.value = "";
      show();
    }
  });
  form.hidden = false;
  show();
})();
