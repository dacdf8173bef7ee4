import { example, expect, file, open, saved, tab, test } from "./page";

const small = (action: string) => `Parameters:
  Secret: {Type: String, NoEcho: true, Default: hunter2}
Resources:
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
            Statement: {Effect: Allow, Action: '${action}', Resource: !GetAtt Queue.Arn}
  OtherRole:
    Type: AWS::IAM::Role
    Properties: {AssumeRolePolicyDocument: {}}
  Queue:
    Type: AWS::SQS::Queue
`;

test("first contact is one card, and a button resolves it; a refusal keeps the last good result", async ({ page }) => {
  await page.goto("/");
  await open(page, example.template);
  const card = page.getByRole("region", { name: "Crossings" });
  await expect(card).toContainText(/\d+ references to the application cross from \d+ resources that move/);
  const pattern = card.getByRole("button", { name: /^pattern leaves/ });
  await expect(pattern).toBeVisible();
  await expect(card.getByRole("button", { name: /^(two-phase|attach|keep) leaves/ })).toHaveCount(3);
  await card.getByRole("button", { name: "keep leaves none" }).click();
  await expect(page.locator(".verdict")).toContainText("; proven");
  // What has no text of its own leaves Ctrl+Z to the page.
  await page.getByLabel("keep", { exact: true }).focus();
  await page.keyboard.press("Control+z");
  await expect(page.locator(".verdict")).toContainText("refused");
  await expect(card.getByRole("button", { name: "keep leaves none" })).toBeVisible();
  await page.keyboard.press("Control+y");
  await expect(page.locator(".verdict")).toHaveText(/\d+ moved, \d+ stay; proven/);
  await expect(card).toHaveCount(0);
  await tab(page, "Configuration").click();
  await page.getByRole("textbox", { name: "config.yaml" }).fill("resolution:\n  order: [kep]\n");
  await expect(page.locator(".verdict")).toContainText("what is shown is the last good result");
  await expect(page.getByRole("note").filter({ hasText: "last good result" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Save both" })).toBeDisabled();
  await tab(page, "IAM template").click();
  await expect(page.getByRole("tabpanel")).toContainText("AWSTemplateFormatVersion");
});

test("what was meant is a click away", async ({ page }) => {
  await page.goto("/");
  await open(
    page,
    file("small.yaml", small("sqs:SendMessage")),
    file("config.yaml", "extraction:\n  roles: [WorkerRol]\nresolution: {order: [pattern]}\n"),
  );
  await page.getByRole("region", { name: "Findings" }).getByRole("button", { name: "Write WorkerRole" }).click();
  await expect(page.locator(".verdict")).toContainText("1 moved, 3 stay; proven");
  await tab(page, "Configuration").click();
  await expect(page.getByRole("textbox", { name: "config.yaml" })).toHaveValue(/roles: \[WorkerRole\]/);
});

test("a review is saved, opens again, and falls where a text changes", async ({ page }) => {
  await page.goto("/");
  await open(page, file("small.yaml", small("sqs:SendMessage")));
  await page.getByLabel("pattern", { exact: true }).check();
  await expect(page.locator(".verdict")).toContainText("; proven");
  const roles = page.getByRole("region", { name: "Roles" });
  await expect(roles.getByText(/^Sign off: 0 of 3 viewed/)).toBeVisible();
  await roles.getByLabel("Viewed: role WorkerRole").check();
  await roles.getByLabel("Viewed: role OtherRole").check();
  await tab(page, "Permissions").click();
  await page.getByLabel(/^Viewed: reference WorkerRole/).check();
  // Whether the wider scope reaches an ARN.
  const arn = page.getByLabel("Does a wider scope reach this ARN?");
  await arn.fill("arn:aws:sqs:eu-west-1:111122223333:prod-Queue-1X");
  await expect(page.getByText("1 of 1 wider scopes reach it")).toBeVisible();
  await arn.fill("arn:aws:sqs:eu-west-1:111122223333:prod-Other-1X");
  await expect(page.getByText("0 of 1 wider scopes reach it")).toBeVisible();
  await arn.fill("");
  await tab(page, "Roles").click();
  await roles.getByText(/^Sign off: 3 of 3 viewed/).click();
  await roles.getByLabel("Name").fill("Ada");
  await roles.getByLabel("Note").fill("send only");
  await roles.getByLabel("Note").blur();
  const review = await saved(page, "Save review", roles);
  expect(review).not.toContain("hunter2");
  await tab(page, "Report").click();
  const report = await saved(page, "Markdown", page.getByRole("region", { name: "Report" }));
  expect(report).toContain("## Sign-off\n\n3 of 3 viewed by Ada\n\nsend only");

  await page.getByRole("button", { name: "Clear" }).click();
  await open(page, file("review.json", review));
  await expect(page.locator(".verdict")).toContainText("; proven");
  await tab(page, "Roles").click();
  await expect(roles.getByText(/^Sign off: 3 of 3 viewed/)).toBeVisible();
  // The template that the review and the report speak of is told from another.
  await open(page, file("small.yaml", small("sqs:SendMessage")), file("report.md", report));
  await expect(page.locator(".files")).toContainText("the one that the review speaks of");
  await open(page, file("small.yaml", small("sqs:*")));
  await expect(page.locator(".files")).toContainText("no report here speaks of this text");
  await expect(roles.getByText(/^Sign off: 2 of 3 viewed, 1 changed since/)).toBeVisible();
  await expect(roles.getByLabel("Viewed: role WorkerRole")).not.toBeChecked();
  await expect(roles.getByLabel("Viewed: role OtherRole")).toBeChecked();
});
