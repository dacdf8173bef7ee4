// Measures, asserts nothing about time: what the browser takes beside native code, and how long a drop takes
// until its result is on the screen. The figures go to the log; docs/browser.md has those of one machine.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { example, real, root } from "./page";

// The wasm is fetched a second time, by the test.
test.use({ serviceWorkers: "block" });

const modes = "exact,pattern,two-phase";

for (const [name, files] of Object.entries({ "the example": example, "the real template": real })) {
  test(`${name}: split and proof beside native code, and from a drop to the screen`, async ({ page }) => {
    test.skip(!files, "../shared/corpus is not here");
    test.setTimeout(300_000);
    const template = readFileSync(files!.template, "utf8");
    const config = readFileSync(files!.config, "utf8");
    await page.route("**/speed/*", (route) => {
      const path = join(root, "www/pkg", new URL(route.request().url()).pathname.replace("/speed/", ""));
      return route.fulfill({ path, contentType: path.endsWith(".js") ? "text/javascript" : "application/wasm" });
    });
    await page.goto("/");
    const browser = await page.evaluate(
      async ([template, config, modes]) => {
        const module = await import(`${location.origin}/speed/iam_split_web.js`);
        await module.default();
        const times: number[] = [];
        // Browsers compile wasm twice, the second time for what runs often.
        for (let run = 0; run < 60; run++) {
          const start = performance.now();
          const answer = module.split({ template, config, allow_missing: true, resolve: modes!.split(",") });
          times.push(performance.now() - start);
          if (answer.status !== "done") throw new Error(answer.status);
        }
        const warm = times.slice(45).sort((a, b) => a - b);
        return { first: times[0]!, median: warm[7]! };
      },
      [template, config, modes],
    );
    const bench = ["bench", "-q", "-p", "iam-split-core", "--bench", "proven", "--"];
    const native = Number(
      execFileSync("cargo", [...bench, files!.template, files!.config, modes], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
    );
    // The real configuration names a role that this version of the template does not have.
    const named = files === real ? config.replace(/.*S3LambdaRole.*\n/, "") : config;
    const permits = config.includes("order:") ? named : `${named}\nresolution:\n  order: [${modes}]\n`;
    const drops: number[] = [];
    for (let run = 0; run < 5; run++) {
      await page.goto("/");
      await page.getByRole("button", { name: "Try the example" }).waitFor();
      drops.push(
        await page.evaluate(
          async ([template, config]) => {
            const data = new DataTransfer();
            data.items.add(new File([template!], "monolith.yaml"));
            data.items.add(new File([config!], "config.yaml"));
            const start = performance.now();
            dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
            while (!document.querySelector(".verdict")) await new Promise(requestAnimationFrame);
            // The frame after the one in which it was drawn: it is on the screen.
            await new Promise(requestAnimationFrame);
            return performance.now() - start;
          },
          [template, permits],
        ),
      );
      await page.evaluate(() => localStorage.clear());
    }
    const verdict = await page.locator(".verdict").innerText();
    const ms = (time: number) => `${time.toFixed(1)} ms`;
    console.log(
      `${name}, ${Math.round(template.length / 1024)} KB: native ${ms(native)}, browser ${ms(browser.median)} ` +
        `(first ${ms(browser.first)}), ratio ${(browser.median / native).toFixed(2)}; ` +
        `drop to screen ${drops.map(ms).join(", ")} (${verdict})`,
    );
    expect(drops.length).toBe(5);
  });
}

test("a template of 1 MB stays responsive", async ({ page }) => {
  const comment = (at: number) => `  # ${`what number ${at} is for, `.repeat(90)}\n`;
  const resources = Array.from({ length: 240 }, (_, at) =>
    `${comment(at)}  Queue${at}: {Type: AWS::SQS::Queue}\n${comment(at)}  Role${at}:\n    Type: AWS::IAM::Role\n    Properties:\n` +
    `      AssumeRolePolicyDocument: {Version: '2012-10-17', Statement: []}\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n` +
    `            Statement: [{Effect: Allow, Action: 'sqs:SendMessage', Resource: !GetAtt Queue${at}.Arn}]\n`,
  );
  // CloudFormation admits 200 parameters: what is above stays.
  const template = `Resources:\n${resources.join("")}`.slice(0, 1_048_576).replace(/\n[^\n]*$/, "\n");
  await page.goto("/");
  await page.locator('input[type="file"]').first().setInputFiles([
    { name: "large.yaml", mimeType: "text/plain", buffer: Buffer.from(template) },
    { name: "config.yaml", mimeType: "text/plain", buffer: Buffer.from("resolution: {order: [exact, pattern]}\nextraction: {roles: [Role1, Role2, Role3]}\n") },
  ]);
  await expect(page.locator(".verdict")).toContainText("3 moved");
  const ticked = await page.evaluate(async () => {
    const times: number[] = [];
    for (const name of ["Role4", "Role5", "Role6", "Role7", "Role8"]) {
      const before = document.querySelector(".verdict")!.textContent;
      const start = performance.now();
      document.querySelector<HTMLInputElement>(`[aria-label="Move ${name}"]`)!.click();
      while (document.querySelector(".verdict")!.textContent === before) await new Promise(requestAnimationFrame);
      await new Promise(requestAnimationFrame);
      times.push(performance.now() - start);
    }
    return times;
  });
  console.log(`a template of ${Math.round(template.length / 1024)} KB: a tick to the screen ${ticked.map((time) => `${time.toFixed(0)} ms`).join(", ")}`);
});
