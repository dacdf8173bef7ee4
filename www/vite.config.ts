import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

/** Writes the service worker: the list of the built files, and a name that changes with them. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    enforce: "post",
    generateBundle(_, bundle) {
      const files = Object.keys(bundle).filter((name) => name !== "sw.js").sort();
      const hash = createHash("sha256");
      for (const name of files) {
        const file = bundle[name]!;
        hash.update(name).update(file.type === "chunk" ? file.code : file.source);
      }
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") throw new Error("no service worker was built");
      worker.code = worker.code
        .replace("__VERSION__", hash.digest("hex").slice(0, 16))
        .replace("__FILES__", JSON.stringify(["./", "./icon.svg", ...files.filter((name) => name !== "index.html").map((name) => `./${name}`)]).slice(1, -1).replaceAll('"', '\\"'));
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [offline()],
  build: {
    target: "esnext",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rollupOptions: {
      input: { index: "index.html", sw: "src/sw.ts" },
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
  server: { host: "127.0.0.1", fs: { allow: [".."] } },
  preview: { host: "127.0.0.1", port: 4173 },
});
