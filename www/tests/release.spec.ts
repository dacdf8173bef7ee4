// Two releases of an IAM template: what the reviewer's question is, answered in the browser as the command answers it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, file, open, root, saved, tab, test } from "./page";

const iam = (action: string) => `Resources:
  Worker:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]
      Policies:
        - PolicyName: jobs
          PolicyDocument:
            Version: '2012-10-17'
            Statement: [{Effect: Allow, Action: '${action}', Resource: 'arn:aws:sqs:eu-west-1:111122223333:jobs'}]
`;
const [old, now] = [iam("sqs:DeleteMessage"), iam("sqs:*")];

/** The report of the command, whatever its exit code. */
function byCommand(format: string) {
  const folder = mkdtempSync(join(tmpdir(), "iam-split-"));
  writeFileSync(join(folder, "old.yaml"), old);
  writeFileSync(join(folder, "new.yaml"), now);
  const bin = process.env.IAM_SPLIT ?? join(root, "target/debug/iam-split");
  const report = join(folder, `r.${format}`);
  try {
    execFileSync(bin, ["diff", "--iam", "old.yaml", "new.yaml", "--report", report], { cwd: folder, stdio: "pipe" });
  } catch {
    // More is allowed: exit 1.
  }
  return execFileSync("cat", [report], { encoding: "utf8" });
}

test("two releases are decided, with a request, and swapped", async ({ page }) => {
  await page.goto("/");
  await open(page, file("old.yaml", old), file("new.yaml", now));
  await expect(page.locator(".verdict")).toHaveText(/may do more|allowed more|more/);
  await expect(page.locator(".verdict")).toHaveClass(/bad/);
  await expect(tab(page, "Release")).toHaveAttribute("aria-selected", "true");
  const view = page.getByRole("region", { name: "Release" });
  await expect(view).toContainText("Before: old.yaml, now: new.yaml");
  await expect(view.locator("pre").first()).toContainText("arn:aws:sqs:eu-west-1:111122223333:jobs");
  expect(await saved(page, "Markdown")).toBe(byCommand("md"));
  expect(await saved(page, "JSON")).toBe(byCommand("json"));
  await view.locator("pre + p a").first().click();
  await expect(page.locator(".row.here")).toContainText("sqs:*");
  await tab(page, "Release").click();
  await page.getByRole("button", { name: "Swap old and new" }).click();
  await expect(page.locator(".verdict")).toHaveText("nothing more is allowed");
  await expect(page.locator(".verdict")).toHaveClass(/good/);
  await tab(page, "Roles").click();
  await expect(page.getByRole("region", { name: "Roles" })).toContainText("sqs:DeleteMessage");
});

test("a second IAM template is the next release of the first, and a template that cannot be read is no release", async ({ page }) => {
  await page.goto("/");
  await open(page, file("old.yaml", old));
  await expect(tab(page, "Roles")).toHaveAttribute("aria-selected", "true");
  await open(page, file("new.yaml", now));
  await expect(page.locator(".names")).toHaveText("old.yaml and new.yaml");
  await expect(tab(page, "Earlier release")).toBeVisible();
  await expect(tab(page, "Configuration")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".names")).toHaveText("old.yaml");
});
