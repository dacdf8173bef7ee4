import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli, example, expect, file, open, pair, real, saved, splitByCommand, tab, test } from "./page";

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

test("a reviewer sees first who may do what", async ({ page }) => {
  test.skip(!real, "../shared/corpus is not here: the real template is not tried");
  await page.setViewportSize({ width: 1280, height: 720 });
  await page.goto("/");
  // Also where the template is not split yet.
  await open(page, real!.template);
  const roles = page.getByRole("region", { name: "Roles" });
  await expect(tab(page, "Roles")).toHaveAttribute("aria-selected", "true");
  await expect(roles.getByRole("heading", { level: 2 })).toContainText("29 roles and 9 managed policies");
  const foreign = roles.getByText("5 principals of 712023778557").first();
  await expect(foreign).toBeInViewport();
  await expect(roles.getByText("sqs:*").first()).toBeInViewport();
  // A card has everything, and its lines lead to the text.
  await roles.getByLabel("Find").fill("PassRole");
  await expect(roles.getByRole("status").filter({ hasText: "card" })).toBeVisible();
  const card = roles.locator("section").filter({ hasText: "MigrationLambdaRole" }).first();
  await expect(card).toContainText("passes roles to any service");
  await card.getByText("Everything:").click();
  await expect(card).toContainText("Allow iam:PassRole on !GetAtt AmazonECSTaskExecutionRole.Arn");
  // Ask, as `iam-split can` answers.
  await roles.getByText("Ask: may a role do something?").click();
  await roles.getByLabel("May").selectOption("TrackingCronRole");
  await roles.getByLabel("do", { exact: true }).fill("s3:DeleteBucket");
  await roles.getByLabel("on", { exact: true }).fill("arn:aws:s3:::anything");
  await roles.getByRole("button", { name: "Ask" }).click();
  await expect(roles.getByRole("status").filter({ hasText: "TrackingCronRole" })).toContainText("cannot tell");
  await card.getByRole("link").first().click();
  await expect(tab(page, "Monolith")).toHaveAttribute("aria-selected", "true");
});

test("a template that holds nothing but IAM opens on its roles", async ({ page }) => {
  await page.goto("/");
  const command = splitByCommand(example.template, "--config", example.config);
  await open(page, file("roles.yaml", command.iam.replace(/^Metadata:\n(?: .*\n)+/m, "")));
  await expect(page.getByRole("region", { name: "Roles" }).getByRole("heading", { level: 2 })).toContainText("24 roles");
});
