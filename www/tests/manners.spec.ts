import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { example, expect, file, open, splitByCommand, tab, test } from "./page";

const tabs = ["Roles", "Permissions", "IAM template", "Application template", "Wiring", "Dependencies", "Monolith", "Configuration", "Report"];

async function clean(page: Page, where: string) {
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
    .analyze();
  expect.soft(violations.map(({ id, nodes }) => `${where}: ${id}: ${nodes[0]?.html} (${nodes[0]?.failureSummary})`)).toEqual([]);
}

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing in ${colorScheme}`, async ({ page }) => {
    test.setTimeout(240_000);
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.goto("/");
    await clean(page, "start");
    await page.getByRole("button", { name: "Try the example" }).click();
    await page.getByRole("button", { name: "PkgPushRole", exact: true }).first().click();
    for (const name of tabs) {
      await tab(page, name).click();
      await clean(page, name);
    }
    await tab(page, "Application template").click();
    await page.getByRole("button", { name: "Text", exact: true }).click();
    await clean(page, "application as text");
    await page.getByRole("button", { name: "Share…" }).click();
    await expect(page.getByText(/^Link, \d/)).toBeVisible();
    await clean(page, "share");
    const link = await page.locator("#share-link").inputValue();
    await page.getByRole("button", { name: "Close" }).click();
    await open(page, file("config.yaml", "resolution:\n  order: [exact]\n"));
    await expect(page.locator(".verdict")).toContainText("refused");
    await clean(page, "refused");
    const command = splitByCommand(example.template, "--config", example.config);
    await open(page, command.names.iam, command.names.app, example.template);
    await expect(page.locator(".verdict")).toContainText("proven, with");
    await clean(page, "a pair");
    await page.goto(link);
    await expect(page.getByText("A shared report")).toBeVisible();
    await clean(page, "a shared report");
  });
}

test("nothing is wider than a screen of 320 pixels", async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto("/");
  const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
  expect(await fits()).toBe(true);
  await page.getByRole("button", { name: "Try the example" }).click();
  for (const name of tabs) {
    await tab(page, name).click();
    expect(await fits(), name).toBe(true);
  }
});

test("it works without a network once it was loaded", async ({ page, context }) => {
  await page.goto("/");
  await page.evaluate(() => navigator.serviceWorker.ready);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  await context.setOffline(true);
  await page.reload();
  await page.getByRole("button", { name: "Try the example" }).click();
  await expect(page.locator(".verdict")).toContainText("32 moved, 94 stay; proven");
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save both" }).click();
  await download;
  await context.setOffline(false);
});

test("the policy of the page permits no script of others and nothing inline", async ({ page }) => {
  await page.goto("/");
  const policy = await page.locator('meta[http-equiv="Content-Security-Policy"]').getAttribute("content");
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(policy!.replace("'wasm-unsafe-eval'", "")).not.toMatch(/unsafe|\*|https?:|data:|blob:/);
});
