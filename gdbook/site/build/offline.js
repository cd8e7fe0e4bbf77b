// Runs the modules of the site from one classic script: a page that was opened from a file may load no module,
// start no worker and fetch nothing. Each module stands below as a function of what it may ask for.
"use strict";
{
  const assets = new URL(".", document.currentScript.src).href;
  const { start } = document.currentScript.dataset;
  const modules = {};

  // A file of the site comes as a script beside it, which puts its content into `fetched`.
  async function fromFile(address) {
    const script = Object.assign(document.createElement("script"), { src: `${address}.js` });
    await new Promise((come, fail) => {
      Object.assign(script, { onload: come, onerror: fail });
      document.head.append(script);
    });
    return { ok: true, json: async () => globalThis.fetched };
  }

  // A worker's module runs beside the page's, with a `postMessage` and an `addEventListener` of its own.
  class Beside {
    constructor(address) {
      this.within = [];
      this.outside = [];
      const tell = (heard, data) => queueMicrotask(() => heard.forEach((hear) => hear({ data })));
      const load = linked({
        Worker: Beside,
        fetch: fromFile,
        addEventListener: (type, hear) => type === "message" && this.within.push(hear),
        postMessage: (data) => tell(this.outside, data),
      });
      const ready = load(address.href.slice(assets.length));
      this.postMessage = (data) => ready.then(() => tell(this.within, data));
    }

    addEventListener(type, hear) {
      if (type === "message") this.outside.push(hear);
    }
  }

  // A function that runs a module once, and gives what it exports.
  function linked(scope) {
    const loaded = {};
    const run = async (path) => {
      const $meta = { url: assets + path };
      const $load = (name) => load(new URL(name, $meta.url).href.slice(assets.length));
      const $exports = {};
      await modules[path]({ $meta, $load, $exports, ...scope });
      return $exports;
    };
    const load = (path) => (loaded[path] ??= run(path));
    return load;
  }

  // The modules.

  const load = linked({
    Worker: Beside,
    fetch: fromFile,
    addEventListener: addEventListener.bind(window),
    postMessage: postMessage.bind(window),
  });
  for (const path of start.split(" ")) load(path);
}
