"use strict";
// The methods, with what they cite, to the clipboard.
(() => {
  const button = document.getElementById("copy");
  const said = document.getElementById("copied");
  const text = document.getElementById("methods-text");
  const lines = (parent, each) => [...parent.querySelectorAll(each)].map((one) => one.textContent);
  button.hidden = false;
  button.addEventListener("click", async () => {
    const cited = lines(document.getElementById("references"), "li");
    const whole = [...lines(text, "p"), "References", ...cited].join("\n\n");
    try {
      await navigator.clipboard.writeText(whole);
      said.textContent = "Copied.";
    } catch {
      // Some browsers keep the clipboard from pages that were opened from a file.
      getSelection().selectAllChildren(text);
      said.textContent =
        "This browser does not let the page copy: the text is marked, press Ctrl+C.";
    }
  });
  window.__ready = true;
})();
