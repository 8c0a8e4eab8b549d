"use strict";
// The page says everything without these files; they add a menu and paper.
(() => {
  const root = document.documentElement;

  // On a narrow screen the sections unfold from a button.
  const nav = document.getElementById("nav");
  const menu = document.getElementById("menu");
  const here = document.getElementById("here");
  const unfold = (open) => {
    nav.classList.toggle("open", open);
    menu.setAttribute("aria-expanded", String(open));
  };
  menu.hidden = false;
  nav.classList.add("folding");
  menu.addEventListener("click", () => unfold(!nav.classList.contains("open")));
  nav.addEventListener("click", (event) => {
    if (event.target.closest("a")) unfold(false);
  });
  nav.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && nav.classList.contains("open")) {
      unfold(false);
      menu.focus();
    }
  });

  // The section that is being read: the last one whose head is above the upper third.
  const links = [...document.querySelectorAll("#sections a")];
  const sections = links.map((link) => document.getElementById(link.hash.slice(1)));
  let current = null;
  const follow = () => {
    const line = innerHeight / 3;
    let at = sections.findLastIndex((one) => one.getBoundingClientRect().top <= line);
    if (innerHeight + scrollY >= root.scrollHeight - 2) at = sections.length - 1;
    const link = links[Math.max(0, at)];
    if (link === current) return;
    current?.removeAttribute("aria-current");
    current = link;
    link.setAttribute("aria-current", "true");
    here.textContent = link.textContent;
  };
  let waiting = false;
  const soon = () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      follow();
    });
  };
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
  follow();

  // On paper nothing can be unfolded.
  let unfolded = [];
  addEventListener("beforeprint", () => {
    unfolded = [...document.querySelectorAll("details:not([open])")];
    for (const one of unfolded) one.open = true;
  });
  addEventListener("afterprint", () => {
    for (const one of unfolded) one.open = false;
  });
})();
