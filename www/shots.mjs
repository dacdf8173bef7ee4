import { chromium } from "@playwright/test";
import { spawn } from "node:child_process";
const s = spawn("npx", ["vite", "preview", "--host", "127.0.0.1", "--port", "4399", "--strictPort"]);
await new Promise((r) => setTimeout(r, 2500));
const b = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const rel = (a) => `Resources:\n  Reader:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Statement: {Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}\n      Policies:\n        - PolicyName: p\n          PolicyDocument:\n            Statement: {Effect: Allow, Action: '${a}', Resource: 'arn:aws:sqs:eu-west-1:111122223333:q'}\n`;
const f = (n, t) => ({ name: n, mimeType: "text/plain", buffer: Buffer.from(t) });
for (const [w, h] of [[1280, 720], [360, 740]]) {
  const open = async (...fs) => { const p = await (await b.newContext({ viewport: { width: w, height: h } })).newPage(); await p.goto("http://127.0.0.1:4399/"); await p.waitForTimeout(400); if (fs.length) { await p.locator('input[type=file]').first().setInputFiles(fs); await p.waitForTimeout(2500); } return p; };
  const shot = (p, n) => p.screenshot({ path: `/tmp/shot-${n}-${w}.png`, fullPage: w < 400 });
  await shot(await open(), "start");
  await shot(await open(f("roles-1.yaml", rel("sqs:DeleteMessage")), f("roles-2.yaml", rel("sqs:*"))), "release");
  const r = await open("../examples/quilt/quilt.yaml"); await shot(r, "refused");
  await r.locator(".crossing button").first().click(); await r.waitForTimeout(2000);
  await r.getByText(/^Sign off/).click(); await shot(r, "signoff");
  await r.getByRole("tab", { name: "Permissions" }).click(); await r.waitForTimeout(300); await shot(r, "perm");
  await shot(await open(f("a.yaml", rel("sqs:*")), f("b.yaml", "Resources: {Q: {Type: AWS::SQS::Queue}}\n"), f("notes.txt", "x"), f("deployment.yaml", "name: x\napp_template: b.yaml\n")), "files");
}
await b.close(); s.kill(); process.exit(0);
