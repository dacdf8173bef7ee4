import { readFileSync, writeFileSync } from "node:fs";
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
  try {
    cli(command.folder, "diff", "--iam", "quilt-iam.yaml", "next.yaml", "--report", "r.json");
  } catch {
    // It has findings: the report is written all the same.
  }
  const { headline: said } = JSON.parse(readFileSync(join(command.folder, "r.json"), "utf8"));
  expect(said).not.toBe("nothing more is allowed");
  await expect(headline).toHaveText(said);
});

test("a shared report says of a dropped file whether it speaks of it", async ({ page }) => {
  await page.goto("/");
  const template = release("sqs:*", "  Q: {Type: AWS::SQS::Queue}\n");
  await open(page, file("all.yaml", template));
  await page.getByRole("button", { name: "Share…" }).click();
  await expect(page.getByText(/^Link, \d/)).toBeVisible();
  await page.goto(await page.locator("#share-link").inputValue());
  await expect(page.getByText("A shared report, to be read only.")).toBeVisible();
  const drop = async (name: string, text: string) => {
    const data = await page.evaluateHandle(([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text!], name!));
      return data;
    }, [name, text]);
    await page.dispatchEvent("body", "drop", { dataTransfer: data });
  };
  await drop("mine.yaml", template);
  await expect(page.getByText("mine.yaml is all.yaml, of which this report speaks.")).toBeVisible();
  await drop("other.yaml", template.replace("sqs:*", "sqs:SendMessage"));
  await expect(page.getByText("This report does not speak of other.yaml")).toBeVisible();
});

test("an IAM template that is dropped on shared work is compared with what it holds", async ({ page }) => {
  await page.goto("/");
  await open(page, file("roles-iam.yaml", release("sqs:DeleteMessage")), file("app.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}\n"));
  await page.getByRole("button", { name: "Share…" }).click();
  await page.getByLabel("with the text of the template and the configuration").check();
  await expect(page.getByText(/^Link, \d/)).toBeVisible();
  await page.goto(await page.locator("#share-link").inputValue());
  await expect(page.getByText("Shared work, to be read only")).toBeVisible();
  const data = await page.evaluateHandle((text) => {
    const data = new DataTransfer();
    data.items.add(new File([text], "next.yaml"));
    return data;
  }, release("sqs:*"));
  await page.dispatchEvent("body", "drop", { dataTransfer: data });
  await expect(page.getByRole("region", { name: "Release" })).toContainText("more: role Reader may do what it could not do before");
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
