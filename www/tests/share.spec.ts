import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cli, example, expect, file, open, pair, saved, splitByCommand, tab, test } from "./page";

async function link(page: import("@playwright/test").Page, texts: boolean) {
  await page.getByRole("button", { name: "Share…" }).click();
  const dialog = page.getByRole("dialog", { name: "Share the report" });
  await dialog.getByLabel("with the text of the template and the configuration").setChecked(texts);
  await expect(dialog.getByText(/^Link, \d/)).toBeVisible();
  const link = await dialog.locator("#share-link").inputValue();
  const warned = await dialog.getByText("chats and mail programs may cut it").isVisible();
  expect(warned).toBe(link.length > 32 * 1024);
  await dialog.getByRole("button", { name: "Close" }).click();
  return link;
}

test("a link opens the report in another browser, without the templates", async ({ page, browser }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Try the example" }).click();
  const shared = await link(page, false);
  expect(shared.length).toBeLessThan(32 * 1024);
  await tab(page, "Report").click();
  const own = await saved(page, "HTML", page.getByRole("tabpanel"));

  const other = await (await browser.newContext()).newPage();
  const asked: string[] = [];
  other.on("request", (request) => asked.push(request.url()));
  await other.goto(shared);
  await expect(other.getByText("A shared report, to be read only.")).toBeVisible();
  await expect(other.getByRole("region", { name: "Report" })).toContainText("126resources proven the same");
  expect(await saved(other, "HTML")).toBe(own);
  expect(asked.join()).not.toContain("report=");
  expect(await other.evaluate(() => localStorage.length)).toBe(0);

  const command = splitByCommand(example.template, "--config", example.config);
  copyFileSync(example.template, join(command.folder, "quilt.yaml"));
  copyFileSync(example.config, join(command.folder, "config.yaml"));
  cli(command.folder, ..."validate --iam quilt-iam.yaml --app quilt-app.yaml --monolith quilt.yaml --config config.yaml --report r.html".split(" "));
  expect(own).toBe(readFileSync(join(command.folder, "r.html"), "utf8"));
  await other.context().close();
});

test("a link with the texts opens all of the work, to be read only", async ({ page, browser }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Try the example" }).click();
  const shared = await link(page, true);
  const mine = await pair(page);
  const other = await (await browser.newContext()).newPage();
  await other.goto(shared);
  await expect(other.locator(".verdict")).toContainText("32 moved, 94 stay; proven");
  await expect(other.getByLabel("Move BucketReadPolicy")).toBeDisabled();
  expect(await pair(other)).toEqual(mine);
  expect(await other.evaluate(() => localStorage.length)).toBe(0);
  await other.getByRole("button", { name: "Go to my own work" }).click();
  await expect(other.getByRole("button", { name: "Try the example" })).toBeVisible();
  await other.context().close();
});

test("no secret travels in a link", async ({ page, browser }) => {
  const template = `Parameters:
  Password: {Type: String, NoEcho: true, Default: hunter2-Ä}
  Port: {Type: Number, NoEcho: 'true', Default: 54321}
Resources:
  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}, Description: !Ref Password}}
  Queue: {Type: AWS::SQS::Queue}
`;
  await page.goto("/");
  await open(page, file("secret.yaml", template));
  await expect(page.locator(".verdict")).toContainText("; proven");
  const shared = await link(page, true);
  const other = await (await browser.newContext()).newPage();
  await other.goto(shared);
  await expect(other.locator(".verdict")).toContainText("; proven");
  await tab(other, "Monolith").click();
  const shown = other.getByRole("region", { name: "Monolith" });
  await expect(shown).toContainText("Default: xxxxxx0xxx}");
  await expect(shown).toContainText("Default: 00000}");
  await tab(other, "IAM template").click();
  await expect(other.getByRole("region", { name: "IAM template" })).not.toContainText("hunter2");
  await other.context().close();
});

test("a link that was cut says so", async ({ page }) => {
  await page.goto("/#report=7Z3rcts4");
  await expect(page.getByText("The link cannot be read")).toBeVisible();
});
