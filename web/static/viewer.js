// Conveniences of the document viewer: scroll to the cited words, step through marked places, print.
// The document is readable without JavaScript. Text is set only through textContent.
"use strict";

const byId = (id) => document.getElementById(id);
const marks = [...document.querySelectorAll("mark[id]")]; // each mark's first piece
let current = -1;

function go(index) {
  marks[current]?.classList.remove("current");
  current = (index + marks.length) % marks.length;
  const mark = marks[current];
  mark.classList.add("current");
  mark.tabIndex = -1;
  mark.scrollIntoView({ block: "center" });
  byId("position").textContent = `第 ${current + 1}/${marks.length} 处`;
  return mark;
}

if (marks.length) {
  const cited = byId("cited");
  // Screen readers start at the cited words.
  go(Math.max(0, marks.indexOf(cited)));
  cited?.focus({ preventScroll: true });
}

if (marks.length > 1) {
  byId("hits").hidden = false;
  byId("previous").addEventListener("click", () => go(current - 1));
  byId("next").addEventListener("click", () => go(current + 1));
  // Single keys work only while a marked place or a button has the focus (WCAG 2.1.4).
  document.addEventListener("keydown", (event) => {
    const step = { n: 1, p: -1 }[event.key];
    if (!step || event.ctrlKey || event.altKey || event.metaKey || !event.target.closest("mark, #hits")) return;
    const mark = go(current + step);
    if (event.target.closest("mark")) mark.focus({ preventScroll: true });
  });
}

// 微信 neither prints nor saves files.
const inWechat = /MicroMessenger/i.test(navigator.userAgent);
byId("outside").hidden = !inWechat;
byId("print").hidden = inWechat;
byId("print").addEventListener("click", () => window.print());

if (navigator.clipboard) {
  byId("copy").hidden = false;
  byId("copy").addEventListener("click", async () => {
    const done = await navigator.clipboard.writeText(location.href).then(() => true, () => false);
    byId("copied").textContent = done ? "已复制" : "没有复制成功";
  });
}

const outline = byId("outline");
if (outline) {
  const wide = window.matchMedia("(min-width: 1080px)");
  outline.open = wide.matches;
  wide.addEventListener("change", () => (outline.open = wide.matches));
}
