import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { expect, root, test } from "./page";

test("wasm is under 870 KB with brotli, and the whole page under 900 KB", async ({ page }) => {
  const dist = join(root, "www/dist");
  const brotli = (path: string) =>
    brotliCompressSync(readFileSync(path), { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length;
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto("/");
  await page.evaluate(() => navigator.serviceWorker.ready);
  const wasm = readdirSync(join(dist, "assets")).filter((name) => name.endsWith(".wasm"));
  expect(wasm.length).toBe(1);
  const size = brotli(join(dist, "assets", wasm[0]!));
  const files = readdirSync(dist, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const whole = files.map((entry) => brotli(join(entry.parentPath, entry.name))).reduce((a, b) => a + b);
  console.log(`wasm ${Math.round(size / 1024)} KB, all files ${Math.round(whole / 1024)} KB with brotli; ${asked.length} requests`);
  expect(size).toBeLessThan(870 * 1024);
  expect(whole).toBeLessThan(900 * 1024);
});
