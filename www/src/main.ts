// Loads the wasm and gives it what it cannot do alone.
import init, { start } from "../pkg/iam_split_web.js";
import wasmUrl from "../pkg/iam_split_web_bg.wasm?url";
import { host } from "./host";

// A trap in wasm that no panic announces: a stack or a memory that ran out.
addEventListener("error", (event) => {
  if (event.error instanceof WebAssembly.RuntimeError || event.error instanceof RangeError) {
    if (document.getElementById("fault")?.hidden) host.panicked(String(event.error.message));
  }
});

try {
  await init({ module_or_path: wasmUrl });
  start(host);
} catch (error) {
  host.panicked(`The page could not start: ${error}`);
}

if (import.meta.env.PROD && "serviceWorker" in navigator) {
  await navigator.serviceWorker.register("./sw.js");
}
