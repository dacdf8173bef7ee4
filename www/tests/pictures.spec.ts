// The pictures of the README: of a report, and of the page. `scripts/pictures` keeps them; a test only sees that they can be
// made, for a browser's pixels are its own.
import { copyFileSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli, example, expect, open, root, splitByCommand, tab, test } from "./page";

const folder = process.env.PICTURES ?? mkdtempSync(join(tmpdir(), "iam-split-pictures-"));

test.use({ viewport: { width: 880, height: 460 }, colorScheme: "light" });

/** Small enough for a README, and no empty page. */
function keep(name: string, png: Buffer) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), png);
  expect(png.length).toBeGreaterThan(20_000);
  expect(png.length).toBeLessThan(100 * 1024);
}

test("the report is pictured", async ({ browser }) => {
  const split = splitByCommand(example.template, "--config", example.config);
  copyFileSync(example.template, join(split.folder, "quilt.yaml"));
  cli(split.folder, ..."validate --iam quilt-iam.yaml --app quilt-app.yaml --monolith quilt.yaml --report report.html".split(" "));
  // A file, and so not the page that asks nobody.
  const page = await browser.newPage({ viewport: { width: 880, height: 460 }, colorScheme: "light" });
  await page.goto(`file://${join(split.folder, "report.html")}`);
  keep("report.png", await page.screenshot());
  await page.close();
});

test("the page is pictured", async ({ page }) => {
  await page.goto("/");
  await open(page, example.template, example.config);
  await tab(page, "Application template").click();
  await expect(page.getByRole("tabpanel")).toContainText("Difference");
  keep("page.png", await page.screenshot());
});

test("those that are kept are small", () => {
  for (const name of ["report.png", "page.png"]) {
    expect(statSync(join(root, "docs/pictures", name)).size).toBeLessThan(100 * 1024);
  }
});
