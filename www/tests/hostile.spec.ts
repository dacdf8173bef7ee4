import { test as plain } from "@playwright/test";
import { expect, file, open, tab, test } from "./page";

test("names and texts that are markup stay texts", async ({ page }) => {
  const evil = `<img src=x onerror="document.title='hacked'"><script>document.title='hacked'</script>`;
  const template = `Description: ${JSON.stringify(evil)}
Resources:
  ${JSON.stringify(evil)}:
    Type: AWS::IAM::Role
    Properties: {Description: !GetAtt ${JSON.stringify(evil)}}
  Role: {Type: AWS::IAM::Role, Properties: {Description: ${JSON.stringify(evil)}}}
  Queue: {Type: AWS::SQS::Queue}
`;
  await page.goto("/");
  await open(page, file(`${evil.replaceAll("/", "")}.yaml`, template));
  await expect(page.locator(".verdict")).toBeVisible();
  for (const name of await page.getByRole("tab").allInnerTexts()) {
    await tab(page, name).click();
    await expect(page.getByRole("tabpanel")).toBeVisible();
  }
  await page.locator(".resources .name").first().click();
  await expect(page.locator("#page img, #page script")).toHaveCount(0);
  expect(await page.title()).toBe("iam-split");
});

test("ten megabytes are read, and the page goes on", async ({ page }) => {
  test.setTimeout(120_000);
  const queues = Array.from({ length: 160_000 }, (_, at) => `  Queue${at}: {Type: AWS::SQS::Queue, Properties: {DelaySeconds: 1}}\n`);
  const template = `Resources:\n  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}\n${queues.join("")}`;
  expect(template.length).toBeGreaterThan(10_000_000);
  await page.goto("/");
  await open(page, file("large.yaml", template));
  await expect(page.locator(".verdict")).toContainText("refused", { timeout: 90_000 });
  await expect(page.getByRole("region", { name: "Findings" })).toContainText("LIM005");
  await tab(page, "Monolith").click();
  await page.getByLabel("line", { exact: true }).fill("150000");
  await page.getByLabel("line", { exact: true }).press("Enter");
  await expect(page.locator(".row.here")).toContainText("Queue149997");
});

test("deep nesting and a broken text are findings", async ({ page }) => {
  await page.goto("/");
  await open(page, file("deep.json", `{"Resources": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`));
  await expect(page.getByRole("region", { name: "Findings" })).toContainText("SYN003");
  await open(page, file("broken.yaml", "Resources:\n  A:\n\tType: x\n"));
  await expect(page.getByRole("region", { name: "Findings" })).toContainText("SYN001");
  await open(page, { name: "latin.yaml", mimeType: "text/plain", buffer: Buffer.from([0xff, 0xfe, 0x41]) });
  await expect(page.getByRole("status")).toContainText("SYN008");
});

plain("a panic is told, and the text can be saved", async ({ page }) => {
  await page.goto("/");
  await open(page, file("mine.yaml", "Resources:\n  Role: {Type: AWS::IAM::Role}\n  Q: {Type: AWS::SQS::Queue}\n"));
  await expect(page.locator(".verdict")).toContainText("1 moved");
  // A browser that makes no more elements: yew does not expect that.
  await page.evaluate(() => {
    const all = [Document.prototype, Node.prototype] as unknown as Record<string, unknown>[];
    for (const name of ["createElement", "createElementNS", "cloneNode"]) {
      for (const each of all.filter((each) => Object.hasOwn(each, name))) {
        const before = each[name];
        each[name] = () => { throw new Error("no more elements"); };
        addEventListener("restore", () => { each[name] = before; });
      }
    }
  });
  await tab(page, "Wiring").click();
  await expect(page.getByRole("alert")).toContainText("The page cannot go on");
  await page.evaluate(() => dispatchEvent(new Event("restore")));
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Save the text" }).click();
  expect((await download).suggestedFilename()).toBe("mine.yaml");
});
