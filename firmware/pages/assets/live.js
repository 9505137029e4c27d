// Keeps an open page up to date. Everything on it works without this.
"use strict";
(() => {
  const main = document.querySelector("main[data-live]");
  const offline = document.getElementById("offline");
  const url = main && main.dataset.live;
  if (!url) return;
  let failed = 0;

  // Whoever marks text to copy it must not lose it under the mouse.
  const marking = () => {
    const marked = getSelection();
    return marked && !marked.isCollapsed && main.contains(marked.anchorNode);
  };

  // Replaces each part by the new one of the same id. Only links can have the focus in there.
  const swap = (html) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = html;
    for (const part of [...fresh.content.children]) {
      const old = part.id && document.getElementById(part.id);
      if (!old || old.outerHTML === part.outerHTML) continue;
      const focused = old.contains(document.activeElement) && document.activeElement;
      const href = focused && focused.getAttribute("href");
      old.replaceWith(part);
      const again = href && [...part.querySelectorAll("a")].find((a) => a.getAttribute("href") === href);
      if (again) again.focus({ preventScroll: true });
    }
  };

  const look = async () => {
    if (document.hidden || marking()) return;
    try {
      const answer = await fetch(url, { cache: "no-store", redirect: "error" });
      if (answer.status === 200) swap(await answer.text());
      else if (answer.status !== 204) throw answer.status;
      failed = 0;
    } catch {
      failed += 1;
    }
    offline.hidden = failed < 3;
  };

  // A slow box or a long list is asked less often: nine tenths of the time it is left alone.
  const loop = async () => {
    const began = performance.now();
    await look();
    const wait = Math.max(1000, 9 * (performance.now() - began), Math.min(failed, 15) * 2000);
    setTimeout(loop, wait);
  };
  setTimeout(loop, 1000);
})();
