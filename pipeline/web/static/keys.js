// Keys of the desk and of articles. Bare keys alone count: never while something is typed, with a modifier, or while a syllable is put together.
"use strict";

const isTyping = (target) => target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;

const isComposing = (event) => event.isComposing || event.keyCode === 229;

// The letter on the key, whatever the caps lock says; with a Hangul keyboard that of the same key in Latin letters.
const keyOf = (event) => {
  const letter = /^[ㄱ-ㅣ]$/.test(event.key) && /^Key[A-Z]$/.test(event.code) ? event.code.at(-1) : event.key;
  return letter.length === 1 ? (event.shiftKey ? letter.toUpperCase() : letter.toLowerCase()) : letter;
};

const isBare = (event) => !(isComposing(event) || event.ctrlKey || event.altKey || event.metaKey || isTyping(event.target));

const keyed = document.querySelector("[data-keys]");

if (keyed) {
  const keys = new Map(Object.entries(JSON.parse(keyed.dataset.keys)).map(([action, key]) => [key, action]));

  const herePlace = () => document.activeElement?.closest("[data-place]");

  const move = (by) => {
    const all = [...keyed.querySelectorAll("[data-place]")];
    const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(herePlace()) + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
    return next !== undefined;
  };

  const press = (action) => {
    const wanted = `[data-action="${action}"]`;
    const found = herePlace()?.querySelector(wanted) ?? document.querySelector(wanted);
    if (!found) return false;
    if (found.tagName === "SUMMARY") {
      const details = found.parentElement;
      details.open = !details.open || details.matches(".more");
      (details.open ? details.querySelector("input:not([type=hidden]), select, textarea") : null)?.focus();
    } else if (found.tagName === "INPUT") found.focus();
    else found.click();
    return true;
  };

  const tick = () => {
    const box = (herePlace() ?? keyed).querySelector(".except input");
    box?.click();
    return Boolean(box);
  };

  const act = { down: () => move(1), up: () => move(-1), tick };

  const ofEdit = (event) => {
    const wanted = event.ctrlKey && event.key === "Enter" ? "save" : event.code === "KeyT" || event.key === "t" ? "restore" : null;
    const form = wanted && (document.activeElement?.closest("form[data-edit]") ?? keyed.querySelector("details.editing[open] form"));
    form?.querySelector(`[data-action=${wanted}]`).click();
    return Boolean(form);
  };

  document.addEventListener("keydown", (event) => {
    if (isComposing(event)) return;
    if (event.ctrlKey !== event.altKey && !event.metaKey && ofEdit(event)) event.preventDefault();
    else if (event.key === "Escape" && isTyping(event.target)) event.target.blur();
    if (!isBare(event)) return;
    // A button, link or box that has the focus keeps its own keys.
    if ((event.key === " " || event.key === "Enter") && event.target.closest?.("button, a, summary, input")) return;
    const key = keyOf(event);
    const whole = { A: "accept-all", X: "reject-all" }[key];
    const action = whole ?? keys.get(key) ?? (/^[1-9]$/.test(key) ? `choose-${key}` : null);
    if (action && (act[action] ?? press)(action)) event.preventDefault();
  });
}
