"use strict";
// Light or dark, as the system has it or as chosen. The choice goes with links to the other pages,
// since pages that are opened from disk may share nothing, and stays where the browser keeps it.
(() => {
  const OTHERS = /^(index|map|label)\.html/;
  const KEPT = "seston-light";
  const root = document.documentElement;
  const night = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : night.matches);
  const changed = () => dispatchEvent(new Event("light"));
  globalThis.light = { isDark };

  // Where pages lie in an archive, or keep nothing, browsers throw.
  const attempt = (act) => {
    try {
      return act();
    } catch {
      return null;
    }
  };

  const asked = new URLSearchParams(location.search).get("light");
  const choice = asked ?? attempt(() => localStorage.getItem(KEPT));
  if (choice === "light" || choice === "dark") root.dataset.theme = choice;

  for (const event of ["pointerdown", "click"]) {
    addEventListener(
      event,
      ({ target }) => {
        const link = target.closest?.("a[href]");
        const { theme } = root.dataset;
        if (theme && OTHERS.test(link?.getAttribute("href"))) {
          link.setAttribute("href", withChoice(link.getAttribute("href"), theme));
        }
      },
      true,
    );
  }

  /** Put the choice between a page and its place: `map.html?light=dark#cluster=1`. */
  const withChoice = (href, theme) => href.replace(/(\?[^#]*)?(?=#|$)/, `?light=${theme}`);

  const button = document.getElementById("light");
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    root.dataset.theme = theme;
    attempt(() => localStorage.setItem(KEPT, theme));
    attempt(() => history.replaceState(history.state, "", `?light=${theme}${location.hash}`));
    changed();
  });
  night.addEventListener("change", changed);
})();
