// What wasm cannot do alone: files, the clipboard, compression. Nothing here sends anything.
import type { Zippable } from "fflate";
import configUrl from "../../examples/quilt/config.yaml?url";
import templateUrl from "../../examples/quilt/quilt.yaml?url";

/** The user's texts as the page last had them. They are kept here so that a panic in wasm cannot take them. */
let kept: [name: string, text: string][] = [];

/** More than this is in no link of ours: a link that unpacks to more is not read. */
const LARGEST = 32 * 1024 * 1024;

function give(name: string, blob: Blob) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element ${id}`);
  return found;
}

async function read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > limit) {
      await reader.cancel();
      throw new Error("the link unpacks to more than a report can be");
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

export const host = {
  keep(files: [string, string][]) {
    kept = files;
  },
  panicked(message: string) {
    element("fault-message").textContent = message;
    element("fault").hidden = false;
    element("page").hidden = true;
    element("fault-save").hidden = kept.length === 0;
    element("fault-save").onclick = () => kept.forEach(([name, text]) => give(name, new Blob([text])));
    element("fault-reload").onclick = () => {
      // The text that it failed on would fail again.
      localStorage.removeItem("iam-split/work");
      location.hash = "";
      location.reload();
    };
  },
  download(name: string, kind: string, text: string) {
    give(name, new Blob([text], { type: kind }));
  },
  async zip(name: string, files: [string, string][]) {
    const { strToU8, zipSync } = await import("fflate");
    // A fixed time: the same files give the same archive.
    const mtime = new Date(1980, 0, 1);
    const entries = files.map(([name, text]): [string, Zippable[string]] => [name, [strToU8(text), { mtime }]]);
    give(name, new Blob([zipSync(Object.fromEntries(entries))], { type: "application/zip" }));
  },
  copy(text: string) {
    return navigator.clipboard.writeText(text);
  },
  async pack(text: string): Promise<string> {
    const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
    const bytes = await read(stream as ReadableStream<Uint8Array<ArrayBuffer>>, LARGEST);
    let binary = "";
    for (let at = 0; at < bytes.length; at += 0x8000) {
      binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    }
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  },
  async unpack(packed: string): Promise<string> {
    const binary = atob(packed.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new TextDecoder("utf-8", { fatal: true }).decode(await read(stream, LARGEST));
  },
  async example(): Promise<[string, string]> {
    const text = (url: string) => fetch(url).then((answer) => answer.text());
    return Promise.all([text(templateUrl), text(configUrl)]);
  },
};
