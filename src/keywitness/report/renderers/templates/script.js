// Convenience only: without this script the page holds the same content. It reads and writes no data of the report.
"use strict";
document.documentElement.classList.add("js");
addEventListener("DOMContentLoaded", () => {
  const root = document.documentElement;
  const theme = document.getElementById("theme");
  const isDark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const nameTheme = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; nameTheme(); });
  nameTheme();

  const expand = document.getElementById("expand");
  expand.addEventListener("click", () => {
    const open = expand.textContent === "Expand all";
    for (const details of document.querySelectorAll("details")) details.open = open;
    expand.textContent = open ? "Collapse all" : "Expand all";
  });

  // A text and selections of one list work together; an item is shown when it fits all of them.
  for (const input of document.querySelectorAll("input[data-filters]")) {
    const name = input.dataset.filters;
    const items = document.querySelectorAll(`[data-filtered="${name}"]`);
    const choices = [...document.querySelectorAll(`select[data-filters="${name}"]`)];
    const output = input.closest("p").querySelector("output");
    const filter = () => {
      const wanted = input.value.trim().toLowerCase();
      const chosen = choices.filter(choice => choice.value !== "");
      let shown = 0;
      for (const item of items) {
        const fits = chosen.every(choice => item.dataset[choice.dataset.by] === choice.value);
        item.hidden = !fits || (wanted !== "" && !item.textContent.toLowerCase().includes(wanted));
        if (!item.hidden) shown += 1;
        const line = item.id && document.querySelector(`[data-index="${item.id}"]`);
        if (line) line.hidden = item.hidden;
      }
      const list = choices.length > 0 && items.length > 0 && items[0].closest("details");
      if (list) list.open = true;
      output.textContent = wanted === "" && chosen.length === 0 ? "" : `${shown} of ${items.length}`;
    };
    input.addEventListener("input", filter);
    for (const choice of choices) choice.addEventListener("change", filter);
  }

  for (const button of document.querySelectorAll("button.copy")) {
    button.addEventListener("click", async () => {
      const code = button.parentElement.querySelector("code");
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code);
        button.textContent = "Selected";
      }
    });
  }

  const openTarget = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const details = target && target.querySelector("details");
    if (details) details.open = true;
  };
  addEventListener("hashchange", openTarget);
  openTarget();
});
