// Keys (keys.js) toggle layers and open the original page.
"use strict";

document.addEventListener("keydown", (event) => {
  if (!isBare(event)) return;
  const found = document.querySelector(`[data-key="${CSS.escape(keyOf(event))}"]`);
  if (found === null) return;
  event.preventDefault();
  found.click();
  const label = found.closest("label")?.textContent.trim().replace(/\s+\S$/, "");
  if (label) document.getElementById("announcement").textContent = `${label} ${found.checked ? "shown" : "hidden"}`;
});

// A selection in the stored text fills the forms below it: pieces tell where they stand, in characters and not in UTF-16 units.
const placeOf = (node, offset) => {
  const piece = (node.nodeType === Node.TEXT_NODE ? node.parentElement : node)?.closest("[data-start]");
  return piece ? Number(piece.dataset.start) + [...node.textContent.slice(0, offset)].length : null;
};

document.addEventListener("selectionchange", () => {
  const selection = document.getSelection();
  if (!selection?.rangeCount || selection.isCollapsed) return;
  const range = selection.getRangeAt(0);
  const [start, end] = [placeOf(range.startContainer, range.startOffset), placeOf(range.endContainer, range.endOffset)];
  if (start === null || end === null || start >= end) return;
  for (const form of document.querySelectorAll("form.selection")) {
    form.elements.start.value = start;
    form.elements.end.value = end;
    form.elements.words.value = selection.toString().trim();
    form.querySelector("output").textContent = `characters ${start} to ${end}`;
  }
});

for (const form of document.querySelectorAll("form.selection")) {
  form.elements.words.addEventListener("input", () => {
    form.elements.start.value = form.elements.end.value = "";
    form.querySelector("output").textContent = "";
  });
}
