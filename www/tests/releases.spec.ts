import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cli, example, expect, file, open, saved, splitByCommand, tab, test } from "./page";

const release = (actions: string, more = "") => `Resources:
  Reader:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement: {Effect: Allow, Action: '${actions}', Resource: 'arn:aws:sqs:eu-west-1:111122223333:q'}
${more}`;

test("two releases are decided with a request that shows it, and can be swapped", async ({ page }) => {
  await page.goto("/");
  await open(page, file("roles-1.yaml", release("sqs:DeleteMessage")), file("roles-2.yaml", release("sqs:*")));
  const region = page.getByRole("region", { name: "Release" });
  await expect(tab(page, "Release")).toHaveAttribute("aria-selected", "true");
  await expect(page.locator(".verdict")).toHaveText("more is allowed than before (1)");
  await expect(region).toContainText("more: role Reader may do what it could not do before");
  await expect(region.locator("pre")).toContainText(/Reader[\s\S]*sqs:(?!DeleteMessage)/);
  await expect(region).toContainText("Allow sqs:DeleteMessage on arn:aws:sqs:eu-west-1:111122223333:q");
  // The command decides the same.
  const json = JSON.parse(await saved(page, "JSON", region));
  expect(json.headline).toBe("more is allowed than before (1)");
  await region.getByRole("link", { name: /^line / }).first().click();
  await expect(tab(page, "IAM template")).toHaveAttribute("aria-selected", "true");
  await tab(page, "Release").click();
  await region.getByRole("button", { name: "Swap old and new" }).click();
  await expect(page.locator(".verdict")).toHaveText("nothing more is allowed");
  await expect(region).toContainText("From roles-2.yaml to roles-1.yaml");
  await tab(page, "Earlier release").click();
  await expect(page.getByRole("tabpanel")).toContainText("sqs:*");
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(page.locator(".verdict")).toHaveText("more is allowed than before (1)");
});

test("a release of what a pair has is compared with it, and what the command says is the same", async ({ page }) => {
  const command = splitByCommand(example.template, "--config", example.config);
  await page.goto("/");
  await open(page, command.names.iam, command.names.app);
  await expect(page.locator(".verdict")).toContainText("not compared");
  const wider = command.iam.replace("s3:GetObject", "s3:*");
  expect(wider).not.toBe(command.iam);
  await open(page, file("next-iam.yaml", wider));
  await expect(tab(page, "Release")).toBeVisible();
  await tab(page, "Release").click();
  const headline = page.getByRole("region", { name: "Release" }).getByRole("heading", { level: 2 }).first();
  writeFileSync(join(command.folder, "next.yaml"), wider);
  let said = "";
  try {
    said = cli(command.folder, "diff", "--iam", "quilt-iam.yaml", "next.yaml", "--format", "json");
  } catch (error) {
    said = (error as { stdout: string }).stdout;
  }
  const decided = JSON.parse(said).release.decisions as { verdict: string }[];
  const more = decided.filter((each) => each.verdict === "more").length;
  expect(more).toBeGreaterThan(0);
  await expect(headline).toContainText(`more is allowed than before (${more})`);
});

test("every file that is dropped is named, and can be given another part", async ({ page }) => {
  await page.goto("/");
  await open(
    page,
    file("a.yaml", release("sqs:*")),
    file("b.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}\n"),
    file("deployment.yaml", "name: x\napp_template: b.yaml\n"),
    file("config.yaml", "resolution: {order: [pattern]}\n"),
    file("notes.txt", "who reads this\n"),
  );
  const part = (name: string) => page.getByLabel(`What ${name} is`);
  await expect(part("a.yaml")).toHaveValue("IAM template");
  await expect(part("b.yaml")).toHaveValue("application template");
  await expect(part("deployment.yaml")).toHaveValue("deployment file");
  await expect(part("config.yaml")).toHaveValue("configuration");
  await expect(part("notes.txt")).toHaveValue("not used");
  await expect(page.locator(".files")).toContainText("not recognised");
  await part("b.yaml").selectOption("monolith");
  await expect(page.locator(".files")).toContainText("waits for the other template of its pair");
  await part("a.yaml").selectOption("earlier IAM template");
  await expect(tab(page, "Earlier release")).toHaveCount(0);
  await page.getByLabel("Take notes.txt away").click();
  await expect(part("notes.txt")).toHaveCount(0);
  await page.getByRole("button", { name: "Undo" }).click();
  await expect(part("notes.txt")).toHaveValue("not used");
});
