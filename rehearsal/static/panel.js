// The page around the chat. The token in the address is what lets it act; it is sent with every request.
const token = window.location.hash.slice(1);
const $ = (id) => document.getElementById(id);
const chat = $("chat");
const POLL_MS = 1000;
let shownSession = 0;
let clock = { at: 0, seen: 0 };
let drawn = "";

async function ask(path, body) {
  const response = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: { "X-Rehearsal-Token": token, "Content-Type": "application/json" },
    body: body && JSON.stringify(body),
    cache: "no-store",
  });
  if (response.status === 401) throw new Error("This address is not the current one. Open the one that the terminal shows.");
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error);
  return answer;
}

function tell(words, ended = false) {
  const notice = $("notice");
  notice.hidden = !words;
  notice.textContent = words;
  notice.classList.toggle("ended", ended);
}

let told = 0;
function tellBriefly(words) {
  tell(words);
  window.clearTimeout(told);
  told = window.setTimeout(() => tell(""), 5000);
}

// One thing after another, so that no press is lost; what a poll brings while something is done is old.
let queue = Promise.resolve();
let waiting = 0;
let turn = 0;

function act(path, body, then) {
  waiting += 1;
  turn += 1;
  queue = queue.then(() => carryOut(path, body, then)).finally(() => { waiting -= 1; });
}

async function carryOut(path, body, then) {
  document.body.setAttribute("aria-busy", "true");
  try {
    const state = await ask(path, body);
    if (waiting === 1) draw(state);
    tell("");
    then?.();
  } catch (error) {
    tellBriefly(error.message);
  } finally {
    document.body.removeAttribute("aria-busy");
  }
}

function make(tag, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(tag), attributes);
  element.append(...children);
  return element;
}

function fillSelect(select, entries, chosen) {
  const focused = document.activeElement === select;
  select.replaceChildren(...entries.map(([value, text]) => make("option", { value, textContent: text })));
  if (chosen !== undefined) select.value = chosen;
  if (focused) select.focus();
}

function drawPlaces(state) {
  for (const [list, dm] of [[$("channels"), false], [$("dms"), true]]) {
    list.replaceChildren(...state.places.filter((place) => place.dm === dm).map((place) => {
      const button = make("button", { type: "button", textContent: place.label });
      button.dataset.place = place.key;
      if (place.key === state.place) button.setAttribute("aria-current", "true");
      return make("li", {}, button);
    }));
  }
  fillSelect($("place-picker"), state.places.map((place) => [place.key, place.label]), state.place);
  fillSelect($("person-picker"), state.people.map(({ name, role }) => [name, `${name} (${role})`]), state.person);
}

function drawTries(state) {
  if ($("tries").childElementCount) return;
  $("tries").append(...state.tries.map(({ words, typed, person }, number) => {
    const send = make("button", { type: "button", className: "do", textContent: "Try it" });
    send.setAttribute("aria-label", `Try it: ${words}`);
    send.addEventListener("click", () => actAndShow("/api/try", { number }));
    const copy = make("button", { type: "button", textContent: "Copy" });
    copy.setAttribute("aria-label", `Copy: ${words}`);
    copy.addEventListener("click", () => copyCommand(copy, typed));
    const title = make("strong", {}, words, " ", make("small", { textContent: `as ${person}` }));
    return make("li", {}, title, copy, send, make("code", { textContent: typed }));
  }));
}

async function copyCommand(button, typed) {
  try {
    await navigator.clipboard.writeText(typed);
    button.textContent = "Copied";
  } catch {
    window.getSelection().selectAllChildren(button.parentElement.querySelector("code"));
    button.textContent = "Marked";
  }
  window.setTimeout(() => { button.textContent = "Copy"; }, 1500);
}

function drawMenus(state) {
  $("menus").hidden = !state.menus.length || !state.messages.length;
  const chosen = $("message-picker").value;
  const known = state.messages.some((message) => message.id === chosen);
  fillSelect($("message-picker"), state.messages.map(({ id, text }) => [id, text]), known ? chosen : undefined);
  $("menu-buttons").replaceChildren(...state.menus.map((name) => {
    const button = make("button", { type: "button", textContent: name });
    button.addEventListener("click", () => actAndShow("/api/menu", { name, message: $("message-picker").value }));
    return button;
  }));
}

const moment = new Intl.DateTimeFormat("en-GB", {
  weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "Europe/Berlin",
});

function drawTime(state) {
  clock = { at: Date.parse(state.now), seen: performance.now() };
  const ahead = state.ahead;
  $("ahead").hidden = ahead < 1;
  const parts = [[86400, "d"], [3600, "h"], [60, "min"]].map(([size, unit], index, all) => {
    const rest = index ? ahead % all[index - 1][0] : ahead;
    return Math.floor(rest / size) ? `${Math.floor(rest / size)} ${unit}` : "";
  });
  $("ahead").textContent = `+${parts.filter(Boolean).join(" ") || `${Math.round(ahead)} s`}`;
  $("due").textContent = state.due
    ? `Next reminder: ${moment.format(new Date(state.due))}`
    : "No reminder is planned.";
  tickClock();
}

function tickClock() {
  if (!clock.at) return;
  const now = new Date(clock.at + performance.now() - clock.seen);
  $("now").dateTime = now.toISOString();
  $("now").textContent = moment.format(now);
}

function drawChat(state) {
  if (state.session === shownSession) return;
  shownSession = state.session;
  chat.src = `${state.chat}?framed=${state.session}#${token}`;
}

function draw(state) {
  const { now, ...rest } = state;
  drawTime(state);
  drawChat(state);
  const fingerprint = JSON.stringify(rest);
  if (fingerprint === drawn) return;
  const focused = document.activeElement?.dataset?.place;
  drawn = fingerprint;
  drawPlaces(state);
  drawTries(state);
  drawMenus(state);
  if (focused) document.querySelector(`[data-place="${focused}"]`)?.focus();
}

// What a visitor opened or closed while the answer was on its way stays as it is.
let turned = 0;
function actAndShow(path, body) {
  const before = turned;
  act(path, body, () => { if (before === turned) toggleSide(false); });
}

function toggleSide(open) {
  turned += 1;
  $("side").classList.toggle("open", open);
  $("more").setAttribute("aria-expanded", String(open));
  $("more").textContent = open ? "Chat" : "Tools";
}

let lost = 0;
async function poll() {
  try {
    const asked = turn;
    const state = await ask("/api/state");
    if (!waiting && asked === turn) draw(state);
    if (lost > 1) tell("");
    lost = 0;
  } catch (error) {
    lost += 1;
    if (error instanceof TypeError) {
      if (lost > 1) tell("The rehearsal has ended. Start it again in the terminal, and open the new address.", true);
    } else tell(error.message, true);
  }
  window.setTimeout(poll, POLL_MS);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.dataset.place) act("/api/show", { place: button.dataset.place });
  if (button.dataset.skip) actAndShow("/api/skip", { seconds: Number(button.dataset.skip) });
  if (button.id === "skip-next") actAndShow("/api/skip", { to: "next" });
  if (button.id === "more") toggleSide(!$("side").classList.contains("open"));
});
$("place-picker").addEventListener("change", (event) => actAndShow("/api/show", { place: event.target.value }));
$("person-picker").addEventListener("change", (event) => actAndShow("/api/show", { person: event.target.value }));
window.addEventListener("hashchange", () => window.location.reload());
window.setInterval(tickClock, 1000);
if (token) void poll();
else tell("Open the address that the terminal shows: it ends in a key after #.", true);
