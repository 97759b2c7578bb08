// What the pages do beyond links and forms: announce new results, save questions in this browser, copy the link. Nothing is sent anywhere.
"use strict";

const KEY = "peninsula.saved";

const readSaved = () => {
  try {
    const held = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(held) ? held.filter((one) => typeof one?.name === "string" && /^\/[a-z]*(\?|$)/.test(one?.address)) : [];
  } catch {
    return [];
  }
};

const writeSaved = (saved) => {
  try {
    localStorage.setItem(KEY, JSON.stringify(saved));
    return true;
  } catch {
    return false;
  }
};

const announce = (text) => {
  document.getElementById("announcement").textContent = text;
};

const currentAddress = () => location.pathname + location.search;

const saveQuestion = () => {
  const asked = document.querySelector("[data-announce]")?.textContent.split(": ").slice(1).join(": ") ?? "events";
  const name = prompt("Name of this question", asked.trim())?.trim();
  if (!name) return;
  const others = readSaved().filter((one) => one.name !== name);
  announce(writeSaved([...others, { name, address: currentAddress() }]) ? `Saved as ${name}` : "This browser keeps nothing: use a bookmark");
};

const copyLink = async () => {
  try {
    await navigator.clipboard.writeText(location.href);
    announce("The link is copied");
  } catch {
    announce("The browser does not let pages copy: take the link from its address bar");
  }
};

const listSaved = (list) => {
  const saved = readSaved();
  list.replaceChildren(...saved.map(({ name, address }) => {
    const item = document.createElement("li");
    const link = Object.assign(document.createElement("a"), { href: address, textContent: name });
    const remove = Object.assign(document.createElement("button"), { type: "button", textContent: "Remove" });
    remove.setAttribute("aria-label", `Remove ${name}`);
    remove.addEventListener("click", () => {
      writeSaved(readSaved().filter((one) => one.name !== name));
      listSaved(list);
      announce(`${name} is removed`);
    });
    item.append(link, remove);
    return item;
  }));
};

const prepare = () => {
  for (const button of document.querySelectorAll("[data-save], [data-copy]")) button.hidden = false;
  const list = document.querySelector("[data-saved]");
  if (list) listSaved(list);
};

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-save]")) saveQuestion();
  if (event.target.closest("[data-copy]")) copyLink();
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});
document.addEventListener("htmx:afterSettle", () => {
  prepare();
  announce(document.querySelector("[data-announce], .mistake p")?.textContent ?? "");
});
// An answer that cannot be put into the page, or none at all: go there as a link would.
for (const failed of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failed, (event) => location.assign(event.detail.pathInfo.finalRequestPath));
}
prepare();
