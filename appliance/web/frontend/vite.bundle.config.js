import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { defineConfig } from "vite";

/** One file with its script and style in it, for `sync/viewer.py` to fill in. It is opened from a folder: nothing can be fetched there. */
function page() {
  return {
    name: "bundle-page",
    enforce: "post", // the style is put together last
    generateBundle(_, output) {
      let script = "";
      let style = "";
      for (const [name, one] of Object.entries(output)) {
        if (one.type === "chunk") script += one.code;
        else style += typeof one.source === "string" ? one.source : new TextDecoder().decode(one.source);
        delete output[name];
      }
      if (/<\/(script|style)/i.test(script + style) || /<!--/.test(script)) this.error("the script or the style would end its own element");
      const hash = (text) => `'sha256-${createHash("sha256").update(text, "utf8").digest("base64")}'`;
      const here = "'self' file:";
      const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; img-src ${here} data:; media-src ${here}; connect-src 'self'; base-uri 'none'; form-action 'none'`;
      const file = (name) => readFileSync(new URL(name, import.meta.url), "utf8").trim();
      const parts = { POLICY: policy, STYLE: style, SCRIPT: script, LICENSE: file("node_modules/@noble/curves/LICENSE") }; // that of both
      const source = `${file("src/bundle/page.html")}\n`.replace(/%%(POLICY|STYLE|SCRIPT|LICENSE)%%/g, (_whole, name) => parts[name]);
      this.emitFile({ type: "asset", fileName: "index.html", source });
    },
  };
}

export default defineConfig({
  publicDir: false,
  plugins: [page()],
  build: {
    outDir: "../../sync/bundle_page",
    emptyOutDir: true,
    target: ["chrome123", "firefox128", "safari17.5"],
    assetsInlineLimit: 100_000,
    modulePreload: false,
    cssCodeSplit: false,
    rolldownOptions: { input: "src/bundle.ts", output: { format: "iife", codeSplitting: false } },
  },
});
