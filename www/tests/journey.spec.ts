import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli, example, expect, open, pair, real, saved, splitByCommand, tab, test } from "./page";

test("the example, from the button to the same bytes as the command's", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Try the example" }).click();
  await expect(page.locator(".verdict")).toContainText("32 moved, 94 stay; proven");
  const { iam, app } = await pair(page);
  const command = splitByCommand(example.template, "--config", example.config);
  expect(iam).toBe(command.iam);
  expect(app).toBe(command.app);
});

test("the real template gives the same bytes as the command", async ({ page }) => {
  test.skip(!real, "../shared/corpus is not here: the real template is not tried");
  await page.goto("/");
  await open(page, real!.template, real!.config);
  await expect(page.locator(".verdict")).toContainText("refused");
  await expect(page.getByRole("region", { name: "Findings" })).toContainText("S3LambdaRole");
  await page.getByLabel("allow missing names").check();
  await page.getByLabel("pattern", { exact: true }).check();
  await page.getByLabel("two-phase", { exact: true }).check();
  await expect(page.locator(".verdict")).toContainText("; proven");
  const { iam, app } = await pair(page);
  // The configuration that the page wrote and the command that it shows give the same.
  await tab(page, "Configuration").click();
  const folder = mkdtempSync(join(tmpdir(), "iam-split-"));
  writeFileSync(join(folder, "config.yaml"), await saved(page, "Save", page.getByRole("tabpanel")));
  copyFileSync(real!.template, join(folder, "stable.yaml"));
  const command = await page.locator(".command code").innerText();
  expect(command).toBe("iam-split split stable.yaml --config config.yaml --allow-missing");
  cli(folder, ...command.split(" ").slice(1));
  expect(iam).toBe(readFileSync(join(folder, "stable-iam.yaml"), "utf8"));
  expect(app).toBe(readFileSync(join(folder, "stable-app.yaml"), "utf8"));
});
