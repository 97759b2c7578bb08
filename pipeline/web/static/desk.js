// The desk: a verdict shows the next item at once, which was fetched ahead, while the verdict is sent behind it.
// Verdicts are sent one after the other, in their order; one that cannot be sent waits and is sent again, and is told of until it is.
"use strict";

const desk = document.getElementById("desk");
const problem = document.getElementById("problem");
const KEPT = `peninsula.desk.${desk.dataset.editor}`;
const LOOK_AGAIN_MS = 3000;
const AHEAD = 3;
const REMEMBERED = 40;
const SIGN_IN_ENDED = ["sign_in_needed", "form_refused", "unknown_token"];

const say = (text) => {
  document.getElementById("announcement").textContent = text;
};

const complain = (text, link = null) => {
  const line = document.createElement("p");
  line.className = "mistake";
  line.textContent = text;
  if (link) line.append(" ", Object.assign(document.createElement("a"), link));
  problem.replaceChildren(...(text ? [line] : []));
};

// --- showing items ---------------------------------------------------------------------------------------------------

const shownItem = () => desk.querySelector("article.item")?.dataset.item ?? "";
const shownTitle = () => document.getElementById("item-title").textContent;

let shown = { item: shownItem(), html: desk.innerHTML };
let touched = false; // whether something was typed or ticked at the item that is shown

const put = (piece) => {
  shown = piece;
  touched = false;
  desk.innerHTML = piece.html; // made and escaped by this server
  document.title = `${shownTitle()} · Peninsula`;
  document.getElementById("item-title").focus({ preventScroll: true });
  scrollTo({ top: 0 });
};

const show = (piece) => {
  put(piece);
  history.replaceState(null, "", `/review${desk.dataset.queue ? `?${desk.dataset.queue}` : ""}`);
  fill();
};

const onItsWay = () => {
  const item = document.createElement("article");
  item.className = "item";
  item.dataset.item = "";
  item.innerHTML = '<h1 id="item-title" tabindex="-1">The next item is on its way</h1>';
  return { item: "", html: item.outerHTML };
};

// --- fetching ahead --------------------------------------------------------------------------------------------------

let passed = desk.dataset.skip.split(",").filter(Boolean); // decided or skipped here
let buffer = [];
let nothing = "";
let filling = Promise.resolve();

const fetchMore = async () => {
  const query = new URLSearchParams(desk.dataset.queue);
  query.set("skip", [...passed.slice(AHEAD - REMEMBERED), ...buffer.map((piece) => piece.item)].join(","));
  query.set("ahead", String(Math.max(1, AHEAD - buffer.length)));
  if (shown.item) query.set("shown", shown.item);
  const answer = await fetch(`/review/next?${query}`, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const told = await answer.json();
  const known = new Set([shown.item, ...passed, ...buffer.map((piece) => piece.item)]);
  buffer = [...buffer, ...told.items.filter((piece) => !known.has(piece.item))].slice(0, 2 * AHEAD);
  nothing = told.nothing;
};

// The item that is shown is claimed by this, too, so it is done for every item.
const fill = () => {
  filling = filling.catch(() => {}).then(fetchMore);
  filling.catch(() => {});
  return filling;
};

const goOn = async () => {
  passed = [...passed.filter((one) => one !== shown.item), shown.item].filter(Boolean).slice(-REMEMBERED);
  if (!buffer.length) {
    const waitingFor = onItsWay();
    put(waitingFor);
    while (shown === waitingFor) {
      try {
        await filling;
        if (!buffer.length) await fill();
        break;
      } catch (error) {
        complain(`The next item cannot be fetched: ${error.message}. What you decided is kept here and sent as soon as it can be.`);
        await pause();
        fill();
      }
    }
    if (shown !== waitingFor) return; // an undo shows another meanwhile
    if (lost && !waiting.length) complain("");
  }
  show(buffer.shift() ?? { item: "", html: nothing });
};

const pause = () =>
  new Promise((resolve) => {
    setTimeout(resolve, LOOK_AGAIN_MS);
    addEventListener("online", resolve, { once: true });
  });

// --- sending ---------------------------------------------------------------------------------------------------------

const readKept = () => {
  try {
    const held = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(held) ? held.filter((one) => /^\/review\/items\/[^/]+\/(decide|comment)$/.test(one?.path)) : [];
  } catch {
    return [];
  }
};

let waiting = readKept(); // what is not saved yet, the oldest first; it outlives loading this page anew
let onTheWay = false;
let signedOut = false;
let lost = false; // whether the last try did not reach the server
let saved = 0;
let sending = Promise.resolve();

const keep = () => {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(waiting.map(({ html, ...entry }) => entry)));
  } catch {
    // kept in this page alone
  }
  const told = [saved ? `${saved} decided here` : "", waiting.length ? `${waiting.length} not saved yet` : ""].filter(Boolean);
  document.getElementById("pending").textContent = told.length ? `· ${told.join(" · ")}` : "";
};

const post = (path, body) =>
  fetch(path, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/x-www-form-urlencoded", "X-CSRF-Token": desk.dataset.token },
    body,
  });

const reasonOf = (told, answer) => told.error?.message ?? `the server answered ${answer.status}`;

// What was refused is shown as it stands now; not over something that is being typed, for which there is a link instead.
const refuse = (entry, told, answer) => {
  const why = `Not saved: ${reasonOf(told, answer)}`;
  if (told.html && !touched) {
    if (shown.item && shown.item !== told.item) buffer.unshift(shown);
    show(told);
    complain(why);
  } else complain(why, { href: `/review/items/${encodeURIComponent(entry.item)}`, textContent: "Look at it again" });
};

const wait = (why, link = null) => {
  lost = true;
  complain(why, link);
  return pause();
};

// Sends what waits, the oldest first; what the server refuses is told, what did not reach it is sent again.
const flush = async () => {
  while (waiting.length) {
    const [entry] = waiting;
    let answer = null;
    onTheWay = true;
    try {
      answer = await post(entry.path, entry.body);
    } catch {
      // no answer at all
    }
    const told = (await answer?.json().catch(() => null)) ?? {};
    onTheWay = false;
    if (!answer) {
      await wait("The connection is lost. What you decided is kept here and sent as soon as it is back.");
    } else if (answer.status === 429 || answer.status >= 500) {
      await wait(`The server is busy (${answer.status}). What you decided is kept here and sent again.`);
    } else if (SIGN_IN_ENDED.includes(told.error?.code)) {
      const next = encodeURIComponent(location.pathname + location.search);
      lost = signedOut = true;
      complain("Your sign-in has ended. What you decided is kept here and sent when you are signed in again under the same name.", {
        href: `/account/sign-in?next=${next}`,
        textContent: "Sign in",
      });
      return;
    } else {
      waiting.shift();
      if (answer.ok && entry.path.endsWith("/decide")) saved += 1;
      keep();
      if (lost) {
        complain("");
        say("The connection is back");
      }
      lost = false;
      if (!answer.ok) refuse(entry, told, answer);
    }
  }
};

const send = (entry) => {
  waiting.push(entry);
  keep();
  sending = sending.then(flush);
};

const bodyOf = (form, submitter) => {
  const data = new URLSearchParams(new FormData(form));
  if (submitter?.name) data.set(submitter.name, submitter.value);
  return data.toString();
};

// --- what forms do ---------------------------------------------------------------------------------------------------

// What was decided and has not left this page is taken back here.
const takeUnsent = () => {
  const entry = waiting.at(-1);
  if (waiting.length <= (onTheWay ? 1 : 0) || !entry.html) return false;
  waiting.pop();
  keep();
  passed = passed.filter((one) => one !== entry.item);
  if (shown.item) buffer.unshift(shown);
  show({ item: entry.item, html: entry.html });
  say(`Taken back before it was sent: ${shownTitle()}`);
  return true;
};

const step = async (form) => {
  if (form.matches("[data-undo]") && takeUnsent()) return;
  if (lost) return complain("The connection is lost: nothing was undone or done again.");
  await sending;
  let answer = null;
  try {
    answer = await post(form.getAttribute("action"), bodyOf(form));
  } catch {
    return complain("The connection is lost: nothing was undone or done again.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) return complain(`Not done: ${reasonOf(told, answer)}`);
  if (told.item) {
    passed = passed.filter((one) => one !== told.item);
    if (shown.item && shown.item !== told.item) buffer.unshift(shown);
    complain("");
    show(told);
  }
  say(told.message);
};

// An edit can be refused for what was typed, so it stays in sight until it is saved.
const saveThenGoOn = async (path, body) => {
  const before = shown;
  if (!lost) await sending;
  let answer = null;
  try {
    answer = lost ? null : await post(path, body);
  } catch {
    // no answer at all
  }
  if (!answer) return complain("The connection is lost: this is not saved. It stays here; save it again.");
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) {
    saved += 1;
    keep();
    if (shown === before) goOn();
  } else {
    if (answer.status === 409 && told.html) show(told);
    complain(`Not saved: ${reasonOf(told, answer)}`);
  }
};

const decide = (form, submitter) => {
  const path = form.getAttribute("action");
  const body = bodyOf(form, submitter);
  complain("");
  say(`${submitter.textContent.trim()}: ${shownTitle()}`);
  if (form.matches("[data-edit]") || ["merge", "split"].includes(submitter.value)) return saveThenGoOn(path, body);
  send({ path, body, item: shown.item, html: shown.html });
  goOn();
};

const writeComment = (form) => {
  send({ path: form.getAttribute("action"), body: bodyOf(form), item: shown.item });
  const line = document.createElement("li");
  line.textContent = form.elements.text.value;
  desk.querySelector("#comments-list").append(line);
  form.reset();
  form.elements.text.blur();
  say("Comment written");
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  const does = [
    ["[data-step]", () => step(form)],
    ["[data-skip]", () => (say("Skipped"), goOn())],
    ["[data-comment]", () => writeComment(form)],
    ["[action$='/decide']", () => decide(form, event.submitter)],
  ].find(([kind]) => form.matches(kind));
  if (!does) return;
  event.preventDefault();
  does[1]();
});

desk.addEventListener("input", () => {
  touched = true;
});

addEventListener("beforeunload", (event) => {
  if (waiting.length && !signedOut) event.preventDefault();
});

keep();
if (waiting.length) sending = sending.then(flush);
if (shown.item) fill();
document.getElementById("item-title").focus({ preventScroll: true });
