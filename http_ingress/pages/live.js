// Keeps the status page current: an event arrives, the page is fetched again, its live part replaced.
// Everything works without this.
(() => {
  const live = document.querySelector("[data-live]");
  if (!live || !window.EventSource) return;
  let paused = false;
  let due = 0;

  // Never under somebody's hands: what has the focus or is selected stays.
  const stays = () =>
    paused || document.hidden || live.contains(document.activeElement) || !document.getSelection().isCollapsed;

  const refresh = async () => {
    due = 0;
    if (stays()) return;
    const answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    // It may have come into somebody's hands meanwhile.
    if (fresh && !stays()) live.replaceChildren(...fresh.childNodes);
  };
  const soon = (milliseconds) => {
    if (!due) due = setTimeout(() => refresh().catch(() => {}), milliseconds);
  };

  // The server looks at most once in a second, so what it says first may be older than the event.
  let last = 0;
  const heard = () => {
    soon(500);
    clearTimeout(last);
    last = setTimeout(() => soon(0), 1100);
  };

  const stream = new EventSource("/events/stream");
  for (const type of live.dataset.live.split(" ")) stream.addEventListener(type, heard);
  setInterval(() => soon(0), 10000);

  const button = document.createElement("button");
  button.type = "button";
  button.className = "pause";
  button.textContent = "Pause updates";
  button.addEventListener("click", () => {
    paused = !paused;
    button.textContent = paused ? "Resume updates" : "Pause updates";
    if (!paused) soon(0);
  });
  document.querySelector("h1").after(button);
})();
