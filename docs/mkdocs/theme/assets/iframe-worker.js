// Browsers start no worker for a page that lies on disk. There, search runs in a hidden frame instead:
// it takes and gives the same messages.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      this.ready = new Promise((done) => {
        frame.addEventListener("load", () => done(frame.contentWindow), { once: true });
      });
      // Before the script of the worker runs: what it posts goes to the page.
      frame.srcdoc = `<script>postMessage = (data) => frameElement.tell(data);</script><script src="${url}"></script>`;
      frame.tell = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      document.body.append(frame);
    }

    postMessage(data) {
      this.ready.then((inside) => inside.dispatchEvent(new MessageEvent("message", { data })));
    }
  };
  window.Worker = window.IFrameWorker;
}
