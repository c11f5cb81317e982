"use strict";
// The page: text on its paper, who speaks, and the field. What it is told is made by telling.py; what it says is read by
// messages.py. It keeps where it is in the text, and asks for the rest from there when it comes back.

const MOST_LETTERS = 6000; // on the paper; then the oldest lines go
const LEFT_LETTERS = 5000;
const FRESH_MS = 700;
const A_GLANCE = 40; // letters at once that are seen to come; more of them do not glow
const TOUCHES_MS = 67;
const HOLDS_MS = 1000; // a touch that goes on is said again
const SILENT_MS = 6000; // the server says something every two seconds
const VOICES = 5;
const NAMED = 3; // of those a hand pulls
const LEAST_SHARE = 0.02; // of the mix, to be named
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const REFUSED_WAIT_MS = 15000;
const LEAST_THREAD = 0.05; // of the strongest: whoever is pulled less is silent
const STEP = 0.06; // of an arrow key, on a field from -1 to 1
const QUIET_NAME = 0.95; // as much of its colour as is still read
const SMOOTHING = 0.18; // of the way to its new weight that a style goes in a frame

const element = (id) => document.getElementById(id);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const hex = (tint) => "#" + tint.toString(16).padStart(6, "0");
const percent = (share) => Math.round(share * 100) + " %";
const put = (where, said) => { if (where.textContent !== said) where.textContent = said; };

// ---- paper: a block a line, so that only the last one is laid out anew; a span a colour

const paper = { letters: 0, fresh: [], caret: document.createElement("span") };
paper.caret.id = "caret";

function clearPaper() {
  element("paper").replaceChildren();
  paper.letters = 0;
  paper.fresh = [];
  newLine();
}

function newLine() {
  element("paper").append(document.createElement("div"));
  element("paper").lastChild.append(paper.caret);
}

function write(text, tints) {
  const view = element("text");
  const follows = view.scrollHeight - view.scrollTop - view.clientHeight < 60;
  settle();
  let at = 0;
  for (let k = 0; k < tints.length; k += 2) {
    const run = text.slice(at, at + tints[k]);
    at += tints[k];
    run.split("\n").forEach((part, line) => {
      if (line) newLine();
      if (part) writeRun(part, tints[k + 1], text.length < A_GLANCE);
    });
  }
  paper.letters += text.length;
  trim();
  if (follows) view.scrollTop = view.scrollHeight;
}

function writeRun(part, tint, glows) {
  const span = document.createElement("span");
  span.textContent = part;
  span.style.color = hex(tint);
  span.tint = tint;
  if (glows) {
    span.className = "new";
    span.born = performance.now();
    paper.fresh.push(span);
  }
  paper.caret.before(span);
}

function settle() { // what is no longer fresh joins the span before it, if it has the same colour
  const until = performance.now() - FRESH_MS;
  while (paper.fresh.length && paper.fresh[0].born < until) {
    const span = paper.fresh.shift();
    const before = span.previousSibling;
    span.className = "";
    if (before && before.tint === span.tint) {
      before.firstChild.appendData(span.textContent);
      span.remove();
    }
  }
}

function trim() {
  if (paper.letters <= MOST_LETTERS) return;
  const lines = element("paper");
  while (paper.letters > LEFT_LETTERS) {
    const oldest = lines.firstChild;
    if (oldest !== lines.lastChild) {
      paper.letters -= oldest.textContent.length + 1;
      oldest.remove();
    } else if (oldest.firstChild !== paper.caret) {
      paper.letters -= oldest.firstChild.textContent.length;
      oldest.firstChild.remove();
    } else return;
  }
}

// ---- what was told

const told = { t: 0, of: "", styles: [], pull: [0.17, 3], mix: [], pulls: [], admitted: 0, pulled: 0, here: 0 };

function hear(message) {
  if (message.anew) clearPaper();
  else if (message.t !== told.t) return connection.socket.close();
  write(message.text, message.tints);
  const admitted = told.admitted;
  Object.assign(told, message, { t: message.t + message.text.length });
  if (message.styles) adopt();
  if (admitted && !told.admitted) letGo();
  say();
  showVoices();
  wake();
}

function say() {
  const open = told.admitted > 0;
  element("field").classList.toggle("open", open);
  hint();
  const pulling = told.pulls.length;
  const crowd = pulling
    ? `${pulling} of ${told.here} pull${pulling === 1 ? "s" : ""} \u00b7 together ${percent(told.pulled)} of the mix`
    : `together up to ${percent(told.admitted)} of the mix`;
  put(element("crowd"), open ? crowd : "");
  const waits = told.silent ? "waiting for the instrument" : told.ended ? "the text has ended" : told.t > 1 ? "" : "the instrument wakes";
  state(waits);
  if (location.hash === "#operator") operate();
  else element("operator").hidden = true;
}

function hint() {
  const open = told.admitted > 0;
  const line = open ? "touch the field, and pull the text to your side" : "the performer plays alone: nobody is admitted now";
  put(element("hint"), field.hand ? `you pull ${nearest(NAMED).join(", ")}` : line);
  if (hinted !== open) put(element("near"), line); // is read out, and so not with every touch
  hinted = open;
}

let hinted = null;

function nearest(most) {
  const pulls = pulled(field.hand);
  const order = pulls.map((_, k) => k).filter((k) => pulls[k]).sort((one, other) => pulls[other] - pulls[one]);
  return order.slice(0, most).map((k) => told.styles[k][0]);
}

function state(line) {
  const shown = element("state");
  if (line) put(shown, line);
  shown.classList.toggle("shown", Boolean(line));
}

function operate() {
  const health = told.health || {};
  const rate = told.rate === null ? "as fast as it goes" : `${told.rate} a second`;
  const parts = [rate, `${told.measured} measured`, `${health.up ?? 0} of ${told.styles.length} styles up`];
  const troubled = (health.troubled || []).map(([slug, how]) => `${slug} ${how}`);
  if (health.unrecorded) troubled.push("nothing is recorded");
  for (const [node, ms, silent] of health.nodes || []) {
    if (silent) troubled.push(`node ${node} is silent`);
    else parts.push(`node ${node} ${ms} ms`);
  }
  parts.push(`${told.here} here`, ...troubled);
  const line = element("operator");
  line.hidden = false;
  line.classList.toggle("troubled", troubled.length > 0);
  put(line, parts.join(" \u00b7 "));
}

// ---- who speaks

function showVoices() {
  const loud = told.mix.filter(([k, share]) => share >= LEAST_SHARE && told.styles[k]);
  loud.sort((one, other) => other[1] - one[1]);
  const list = element("voices");
  const most = Math.min(VOICES, loud.length);
  while (list.children.length > most) list.lastChild.remove();
  while (list.children.length < most) {
    const row = document.createElement("li");
    for (const [kind, name] of [["span", "name"], ["span", "bar"], ["span", "share"]]) {
      const cell = document.createElement(kind);
      cell.className = name;
      row.append(cell);
    }
    row.children[1].append(document.createElement("i"));
    row.children[1].setAttribute("aria-hidden", "true");
    list.append(row);
  }
  loud.slice(0, most).forEach(([k, share], place) => {
    const row = list.children[place];
    put(row.children[0], told.styles[k][0]);
    put(row.children[2], percent(share));
    row.children[0].style.color = row.children[1].style.color = hex(told.styles[k][1]);
    row.children[1].firstChild.style.transform = `scaleX(${share})`;
  });
}

// ---- field

const field = { canvas: element("field"), shares: [], lies: [], hand: null, drawing: false, width: 0, height: 0, pixel: 1 };

function adopt() {
  field.shares = told.styles.map((_, k) => field.shares[k] || 0);
  field.lies = told.styles.map(([, , x, y], k) => field.lies[k] || [x, y]);
}

function pulled(hand) { // as actors/wire/plane.py has it, with the figures told by it
  const [reach, steepness] = told.pull;
  const pulls = told.styles.map(([, , x, y]) => ((hand[0] - x) ** 2 + (hand[1] - y) ** 2 + reach ** 2) ** (-steepness / 2));
  const most = Math.max(...pulls);
  return pulls.map((pull) => (pull > LEAST_THREAD * most ? pull / most : 0));
}

function wake() {
  if (!field.drawing) {
    field.drawing = true;
    requestAnimationFrame(draw);
  }
}

const margins = () => ({ x: Math.min(64, field.width * 0.11), y: Math.min(44, field.height * 0.1) });
const onScreen = ([x, y]) => {
  const m = margins();
  return [m.x + ((x + 1) / 2) * (field.width - 2 * m.x), m.y + ((y + 1) / 2) * (field.height - 2 * m.y)];
};

function onField(event) {
  const box = field.canvas.getBoundingClientRect();
  const m = margins();
  const at = [(event.clientX - box.left - m.x) / (box.width - 2 * m.x), (event.clientY - box.top - m.y) / (box.height - 2 * m.y)];
  return at.map((part) => Math.round(Math.max(-1, Math.min(1, part * 2 - 1)) * 1000) / 1000);
}

function draw() {
  const goal = new Map(told.mix);
  let moves = false;
  const step = calm.matches ? 1 : SMOOTHING;
  field.shares = told.styles.map((_, k) => {
    const away = (goal.get(k) || 0) - field.shares[k];
    if (Math.abs(away) < 0.001) return goal.get(k) || 0;
    moves = true;
    return field.shares[k] + away * step;
  });
  field.lies = told.styles.map(([, , x, y], k) => {
    const [a, b] = field.lies[k];
    if (Math.hypot(x - a, y - b) < 0.002) return [x, y];
    moves = true;
    return [a + (x - a) * step, b + (y - b) * step];
  });
  paint();
  field.drawing = moves;
  if (moves) requestAnimationFrame(draw);
}

function paint() {
  const pen = field.canvas.getContext("2d");
  const css = getComputedStyle(document.documentElement);
  const colour = (name) => css.getPropertyValue("--" + name);
  pen.setTransform(field.pixel, 0, 0, field.pixel, 0, 0);
  pen.clearRect(0, 0, field.width, field.height);
  const middle = onScreen([0, 0]);
  const corner = onScreen([1, 1]);
  pen.strokeStyle = colour("ring");
  pen.lineWidth = 1;
  for (const ring of [0.34, 0.67, 1]) {
    pen.beginPath();
    pen.ellipse(...middle, (corner[0] - middle[0]) * ring, (corner[1] - middle[1]) * ring, 0, 0, 2 * Math.PI);
    pen.stroke();
  }
  const loudest = Math.max(...field.shares, 1e-9);
  const wide = Math.min(field.width, field.height);
  const least = Math.max(2.5, wide / 130);
  const marks = told.styles.map(([title, tint, , , up], k) => {
    const share = Math.max(0, field.shares[k]) / loudest;
    return { title, up, share, tint: hex(tint), at: onScreen(field.lies[k]), size: least + (wide / 34) * Math.sqrt(share) };
  });
  if (field.hand) threads(pen, marks);
  for (const mark of marks) paintMark(pen, mark, least);
  names(pen, marks);
  pen.fillStyle = pen.strokeStyle = colour("text");
  for (const at of told.pulls) {
    if (field.hand && Math.hypot(at[0] - field.hand[0], at[1] - field.hand[1]) < 0.08) continue;
    circle(pen, onScreen(at), 3);
    pen.fill();
    pen.globalAlpha = 0.4;
    circle(pen, onScreen(at), 9);
    pen.stroke();
    pen.globalAlpha = 1;
  }
  if (field.hand) {
    const at = onScreen(field.hand);
    circle(pen, at, 5);
    pen.fill();
    pen.globalAlpha = 0.5;
    circle(pen, at, 22);
    pen.stroke();
    pen.globalAlpha = 1;
  }
}

function circle(pen, [x, y], radius) {
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

function threads(pen, marks) {
  const from = onScreen(field.hand);
  pulled(field.hand).forEach((pull, k) => {
    if (!pull) return;
    pen.globalAlpha = 0.15 + 0.6 * Math.sqrt(pull);
    pen.strokeStyle = marks[k].tint;
    pen.lineWidth = 0.75 + 2.5 * Math.sqrt(pull);
    pen.beginPath();
    pen.moveTo(...from);
    pen.lineTo(...marks[k].at);
    pen.stroke();
  });
  pen.globalAlpha = 1;
}

function paintMark(pen, mark, least) {
  pen.fillStyle = pen.strokeStyle = mark.tint;
  pen.lineWidth = 1.5;
  if (!mark.up) {
    pen.globalAlpha = 0.4;
    circle(pen, mark.at, least + 1.5);
    pen.stroke();
  } else {
    if (mark.share > 0.01) {
      const halo = pen.createRadialGradient(...mark.at, mark.size * 0.8, ...mark.at, mark.size * 2.6);
      halo.addColorStop(0, mark.tint + "48");
      halo.addColorStop(1, mark.tint + "00");
      pen.fillStyle = halo;
      pen.globalAlpha = 0.25 + 0.75 * mark.share;
      circle(pen, mark.at, mark.size * 2.6);
      pen.fill();
      pen.fillStyle = mark.tint;
    }
    pen.globalAlpha = 0.55 + 0.45 * mark.share;
    circle(pen, mark.at, mark.size);
    pen.fill();
  }
  pen.globalAlpha = 1;
}

function names(pen, marks) { // the loudest first; one that finds no room is not written, unless it speaks
  const small = field.width < 480 ? 9.5 : 11;
  const taken = marks.map(({ at, size }) => [at[0] - size, at[1] - size, 2 * size, 2 * size]);
  const own = marks.map((mark, k) => k).sort((one, other) => marks[other].share - marks[one].share);
  pen.textBaseline = "top";
  for (const k of own) {
    const { at, size, share, title, tint } = marks[k];
    const letters = share > 0.3 ? small + 2.5 : small;
    pen.font = `${letters}px "JetBrains Mono", monospace`;
    const width = pen.measureText(title).width;
    const left = Math.min(Math.max(2, at[0] - width / 2), field.width - width - 2);
    const spots = [[left, at[1] + size + 3], [left, at[1] - size - 3 - letters], [at[0] + size + 4, at[1] - letters / 2], [at[0] - size - 4 - width, at[1] - letters / 2]];
    const fits = ([x, y]) => x >= 0 && y >= 0 && x + width <= field.width && y + letters <= field.height &&
      taken.every((box, j) => j === k || x > box[0] + box[2] || x + width < box[0] || y > box[1] + box[3] || y + letters < box[1]);
    const spot = spots.find(fits) || (share > 0.3 ? spots[0] : null);
    if (!spot) continue;
    taken.push([spot[0] - 2, spot[1] - 1, width + 4, letters + 2]);
    pen.fillStyle = tint;
    pen.globalAlpha = share > 0.05 ? 1 : QUIET_NAME;
    pen.fillText(title, ...spot);
  }
  pen.globalAlpha = 1;
}

new ResizeObserver(() => {
  field.pixel = Math.min(3, devicePixelRatio || 1);
  field.width = field.canvas.clientWidth;
  field.height = field.canvas.clientHeight;
  field.canvas.width = Math.round(field.width * field.pixel);
  field.canvas.height = Math.round(field.height * field.pixel);
  paint();
}).observe(field.canvas);
document.fonts.ready.then(wake);

// ---- the visitor's hand

const hand = { pointer: null, sentAt: 0, timer: 0 };

function touch(at) {
  if (!told.admitted) return;
  field.hand = at;
  hint();
  wake();
  const due = hand.sentAt + TOUCHES_MS - performance.now();
  clearTimeout(hand.timer);
  if (due <= 0) sendTouch();
  else hand.timer = setTimeout(sendTouch, due);
}

function sendTouch() {
  if (!field.hand) return;
  hand.sentAt = performance.now();
  send({ at: field.hand });
  clearTimeout(hand.timer);
  hand.timer = setTimeout(sendTouch, HOLDS_MS);
}

function letGo() {
  clearTimeout(hand.timer);
  hand.pointer = null;
  if (!field.hand) return;
  field.hand = null;
  hint();
  send({ gone: true });
  wake();
}

field.canvas.addEventListener("pointerdown", (event) => {
  if (hand.pointer !== null || event.button) return;
  field.canvas.setPointerCapture(event.pointerId);
  hand.pointer = event.pointerId;
  touch(onField(event));
});
field.canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId === hand.pointer) touch(onField(event));
});
for (const end of ["pointerup", "pointercancel", "lostpointercapture"]) {
  field.canvas.addEventListener(end, (event) => {
    if (event.pointerId === hand.pointer) letGo();
  });
}
field.canvas.addEventListener("contextmenu", (event) => event.preventDefault());

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
field.canvas.addEventListener("keydown", (event) => {
  if (event.key === "Escape") letGo();
  const arrow = ARROWS[event.key];
  if (!arrow || !told.admitted) return;
  event.preventDefault();
  const from = field.hand || [0, 0];
  touch(arrow.map((way, k) => Math.max(-1, Math.min(1, Math.round((from[k] + way * STEP) * 1000) / 1000))));
  if (told.styles.length) put(element("near"), `near ${nearest(1)[0]}`);
});
field.canvas.addEventListener("blur", letGo);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) letGo();
  else connect();
});
window.addEventListener("hashchange", say);

// ---- connection

const connection = { socket: null, tries: 0, timer: 0, watch: 0 };

function send(message) {
  if (connection.socket && connection.socket.readyState === WebSocket.OPEN) connection.socket.send(JSON.stringify(message));
}

function connect() {
  if (connection.socket && connection.socket.readyState <= WebSocket.OPEN) return;
  clearTimeout(connection.timer);
  const socket = new WebSocket((location.protocol === "https:" ? "wss://" : "ws://") + location.host + "/live");
  connection.socket = socket;
  socket.onopen = () => send({ since: told.t, of: told.of });
  socket.onmessage = (event) => {
    if (socket !== connection.socket) return;
    connection.tries = 0;
    clearTimeout(connection.watch);
    connection.watch = setTimeout(() => lose(socket, ""), SILENT_MS);
    hear(JSON.parse(event.data));
  };
  socket.onclose = (event) => lose(socket, event.reason);
}

function lose(socket, reason) {
  if (socket !== connection.socket) return;
  connection.socket = null;
  clearTimeout(connection.watch);
  socket.close();
  state(reason || "waiting for the instrument");
  field.hand = null;
  hand.pointer = null;
  told.pulls = [];
  wake();
  const wait = reason ? REFUSED_WAIT_MS : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** connection.tries);
  connection.tries += 1;
  connection.timer = setTimeout(connect, wait * (0.75 + Math.random() / 2)); // not everyone at once
}

window.addEventListener("online", connect);
clearPaper();
connect();
