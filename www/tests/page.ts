// What the tests share: the page, its files, and the command to compare with.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test as base, type Download, type Page } from "@playwright/test";

export const root = resolve(import.meta.dirname, "../..");
export const example = { template: join(root, "examples/quilt/quilt.yaml"), config: join(root, "examples/quilt/config.yaml") };
const corpus = resolve(root, "../shared/corpus/quilt");
/** The real template, where the corpus is there. */
export const real = existsSync(corpus) ? { template: join(corpus, "stable.yaml"), config: join(corpus, "config.yaml") } : undefined;

/** Runs the command that `cargo build` made, in a folder. */
export function cli(folder: string, ...args: string[]) {
  const bin = process.env.IAM_SPLIT ?? join(root, "target/debug/iam-split");
  return execFileSync(bin, args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** Both templates as the command writes them. */
export function splitByCommand(template: string, ...args: string[]) {
  const out = mkdtempSync(join(tmpdir(), "iam-split-"));
  cli(out, "split", template, ...args);
  const stem = template.replace(/^.*\//, "").replace(/\.[^.]*$/, "");
  const ending = template.endsWith(".json") ? "json" : "yaml";
  return {
    folder: out,
    names: { iam: join(out, `${stem}-iam.${ending}`), app: join(out, `${stem}-app.${ending}`) },
    iam: readFileSync(join(out, `${stem}-iam.${ending}`), "utf8"),
    app: readFileSync(join(out, `${stem}-app.${ending}`), "utf8"),
  };
}

export async function text(download: Download) {
  return readFileSync(await download.path(), "utf8");
}

/** What a button that saves gives. */
export async function saved(page: Page, name: string, within = page.locator("body")) {
  const download = page.waitForEvent("download");
  await within.getByRole("button", { name, exact: true }).click();
  return text(await download);
}

export async function open(page: Page, ...files: (string | { name: string; mimeType: string; buffer: Buffer })[]) {
  await page.locator('input[type="file"]').first().setInputFiles(files as string[]);
}

export function file(name: string, content: string) {
  return { name, mimeType: "text/plain", buffer: Buffer.from(content) };
}

export function tab(page: Page, name: string) {
  return page.getByRole("tab", { name, exact: true });
}

/** Both templates as the page saves them. */
export async function pair(page: Page) {
  await tab(page, "IAM template").click();
  const iam = await saved(page, "Save", page.getByRole("tabpanel"));
  await tab(page, "Application template").click();
  const app = await saved(page, "Save", page.getByRole("tabpanel"));
  return { iam, app };
}

/** A page that asks nobody else, breaks no rule of its policy, and throws nothing. */
export const test = base.extend<{ page: Page }>({
  page: async ({ page, baseURL }, use) => {
    const faults: string[] = [];
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(baseURL!) && !url.startsWith("blob:")) faults.push(`request to ${url}`);
    });
    page.on("pageerror", (error) => faults.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
    });
    await use(page);
    expect(faults).toEqual([]);
  },
});
export { expect };
