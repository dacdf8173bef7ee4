import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cli, example, expect, file, open, pair, saved, splitByCommand, tab, test } from "./page";

const verdict = ".verdict";
const small = `Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties: {Role: !GetAtt WorkerRole.Arn}
  WorkerRole:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement: {Effect: Allow, Action: 'sqs:*', Resource: !GetAtt Queue.Arn}
  OtherRole:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}}
  Queue:
    Type: AWS::SQS::Queue
`;

test("ticks and choices write a configuration that the command reads to the same", async ({ page }) => {
  await page.goto("/");
  await open(page, file("small.yaml", small));
  await expect(page.locator(verdict)).toHaveText("refused: 1 error");
  const findings = page.getByRole("region", { name: "Findings" });
  await expect(findings).toContainText("Circular dependency detected: Role WorkerRole references Queue Queue");
  await page.getByLabel("Resolution for WorkerRole").first().selectOption("pattern");
  await expect(page.locator(verdict)).toContainText("2 moved, 2 stay; proven");
  await page.getByLabel("Move OtherRole").uncheck();
  await expect(page.locator(verdict)).toContainText("1 moved, 3 stay; proven");
  const { iam, app } = await pair(page);
  await tab(page, "Configuration").click();
  const config = await saved(page, "Save", page.getByRole("tabpanel"));
  expect(config).toBe("resolution:\n  resources:\n    WorkerRole: [pattern]\n\nextraction:\n  roles:\n    - WorkerRole\n  policies: []\n");
  const folder = mkdtempSync(join(tmpdir(), "iam-split-"));
  writeFileSync(join(folder, "small.yaml"), small);
  writeFileSync(join(folder, "config.yaml"), config);
  cli(folder, "split", "small.yaml", "--config", "config.yaml");
  expect(iam).toBe(readFileSync(join(folder, "small-iam.yaml"), "utf8"));
  expect(app).toBe(readFileSync(join(folder, "small-app.yaml"), "utf8"));

  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(verdict)).toContainText("2 moved, 2 stay; proven");
  await page.getByRole("button", { name: "Redo" }).click();
  await expect(page.locator(verdict)).toContainText("1 moved, 3 stay; proven");
});

test("a configuration written by hand counts, and its faults are shown at their lines", async ({ page }) => {
  await page.goto("/");
  await open(page, file("small.yaml", small));
  await tab(page, "Configuration").click();
  await page.getByRole("textbox", { name: "config.yaml" }).fill("resolution:\n  order: [patern]\n");
  const findings = page.getByRole("region", { name: "Findings" });
  await expect(findings).toContainText("CFG001");
  await page.getByRole("textbox", { name: "config.yaml" }).fill("resolution:\n  order: [pattern]\n");
  await expect(page.locator(verdict)).toContainText("2 moved, 2 stay; proven");
});

test("a finding leads to its line, and a line has an address", async ({ page }) => {
  await page.goto("/");
  await open(page, file("small.yaml", small));
  await page.getByRole("region", { name: "Findings" }).getByRole("link", { name: "monolith line 12" }).click();
  await expect(tab(page, "Monolith")).toHaveAttribute("aria-selected", "true");
  await expect(page.locator(".row.here")).toContainText("Resource: !GetAtt Queue.Arn");
  expect(page.url()).toMatch(/#monolith:12$/);
  await expect.poll(() => page.evaluate(() => localStorage.getItem("iam-split/work") !== null)).toBe(true);
  await page.reload();
  await expect(page.locator(".row.here")).toContainText("Resource: !GetAtt Queue.Arn");
});

test("a text is searched where it is not drawn", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Try the example" }).click();
  await tab(page, "Application template").click();
  await page.getByRole("searchbox", { name: "find" }).fill("tabulatorlambda:");
  await expect(page.locator(".row.here")).toContainText("TabulatorLambda:");
  await page.getByRole("searchbox", { name: "find" }).fill("type: aws::s3::bucket");
  const first = await page.locator(".row.here").innerText();
  await page.getByRole("searchbox", { name: "find" }).press("Enter");
  await expect(page.locator(".row.here")).not.toHaveText(first);
  await page.getByRole("searchbox", { name: "find" }).press("Shift+Enter");
  await expect(page.getByText(/^\d+ of \d+ lines$/)).toBeVisible();
  expect(await page.locator(".row.here").innerText()).toBe(first);
  await page.getByRole("searchbox", { name: "find" }).fill("nowhere at all");
  await expect(page.getByText("no line")).toBeVisible();
});

test("the work is there after a reload, until it is cleared", async ({ page }) => {
  await page.goto("/");
  await open(page, file("small.yaml", small));
  await page.getByLabel("pattern", { exact: true }).check();
  await expect(page.locator(verdict)).toContainText("; proven");
  await expect.poll(() => page.evaluate(() => localStorage.getItem("iam-split/work"))).toContain("pattern");
  await page.reload();
  await expect(page.locator(verdict)).toContainText("2 moved, 2 stay; proven");
  await page.getByRole("button", { name: "Clear" }).click();
  await expect(page.getByRole("button", { name: "Try the example" })).toBeVisible();
  await expect.poll(() => page.evaluate(() => localStorage.length)).toBe(0);
  await page.reload();
  await expect(page.getByRole("button", { name: "Try the example" })).toBeVisible();
});

test("a template can be dropped and pasted", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Try the example" }).waitFor();
  const data = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "dropped.yaml"));
    return data;
  }, small);
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
  await expect(page.locator(".names")).toHaveText("dropped.yaml");
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByLabel("Or paste a template").fill(small);
  await page.getByRole("button", { name: "Split it" }).click();
  await expect(page.locator(".names")).toHaveText("template.yaml");
});

test("the archive holds both templates and the configuration", async ({ page }) => {
  await page.goto("/");
  await page.getByRole("button", { name: "Try the example" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save both" }).click();
  const { unzipSync, strFromU8 } = await import("fflate");
  const path = await (await download).path();
  const files = unzipSync(readFileSync(path));
  const command = splitByCommand(example.template, "--config", example.config);
  expect(Object.keys(files)).toEqual(["quilt-iam.yaml", "quilt-app.yaml", "config.yaml"]);
  expect(strFromU8(files["quilt-iam.yaml"]!)).toBe(command.iam);
  expect(strFromU8(files["config.yaml"]!)).toBe(readFileSync(example.config, "utf8"));
});

test("a pair is validated as by the command, with and without its monolith", async ({ page }) => {
  const command = splitByCommand(example.template, "--config", example.config);
  copyFileSync(example.template, join(command.folder, "quilt.yaml"));
  await page.goto("/");
  await open(page, command.names.iam, command.names.app);
  await expect(page.locator(verdict)).toHaveText("contracts kept, not compared");
  await tab(page, "Report").click();
  cli(command.folder, "validate", "--iam", "quilt-iam.yaml", "--app", "quilt-app.yaml", "--report", "r.json");
  expect(await saved(page, "JSON", page.getByRole("tabpanel"))).toBe(readFileSync(join(command.folder, "r.json"), "utf8"));
  await open(page, command.names.app, example.template, command.names.iam);
  await expect(page.locator(verdict)).toHaveText("proven, with 87 wider scopes");
  cli(command.folder, "validate", "--iam", "quilt-iam.yaml", "--app", "quilt-app.yaml", "--monolith", "quilt.yaml", "--report", "r.html");
  expect(await saved(page, "HTML", page.getByRole("tabpanel"))).toBe(readFileSync(join(command.folder, "r.html"), "utf8"));
  await open(page, file("quilt-iam.yaml", command.iam.replace("  SearchHandlerRoleArn:", "  SearchHandlerArn:")), file("quilt-app.yaml", command.app));
  await expect(page.locator(verdict)).toContainText("error");
  await expect(page.getByRole("region", { name: "Findings" })).toContainText("Output missing in IAM template: SearchHandlerRole");
});

test("keys do everything", async ({ page }) => {
  await page.goto("/");
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.textContent);
  const tabTo = async (name: string) => {
    for (let at = 0; at < 60 && (await focused()) !== name; at++) await page.keyboard.press("Tab");
    expect(await focused()).toBe(name);
  };
  await tabTo("Try the example");
  await page.keyboard.press("Enter");
  await expect(page.locator(verdict)).toContainText("32 moved");
  await tabTo("Move BucketReadPolicy");
  await page.keyboard.press("Space");
  await expect(page.locator(verdict)).not.toContainText("32 moved");
  await page.getByRole("button", { name: "BucketReadPolicy", exact: true }).first().focus();
  await page.keyboard.press("Control+z");
  await expect(page.locator(verdict)).toContainText("32 moved");
  await tab(page, "Permissions").focus();
  await page.keyboard.press("ArrowRight");
  await expect(tab(page, "IAM template")).toBeFocused();
  await expect(page.getByRole("region", { name: "IAM template" })).toBeVisible();
  await page.keyboard.press("End");
  await expect(tab(page, "Report")).toBeFocused();
  await page.keyboard.press("Home");
  for (let at = 0; at < 5; at++) await page.keyboard.press("ArrowRight");
  await expect(tab(page, "Dependencies")).toHaveAttribute("aria-selected", "true");
  const spot = page.locator(".spot[tabindex='0']");
  await spot.focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.locator(".spot.chosen")).toBeFocused();
  const name = (await page.locator(".spot.chosen").getAttribute("aria-label"))!.split(",")[0]!;
  await expect(page.getByRole("complementary", { name: "Selection" }).getByRole("heading", { level: 2 })).toHaveText(name);
});
