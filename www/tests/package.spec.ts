// The functions for JavaScript, in node: `tsc` checks the calls and answers against the derived types.
import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import init, { explain, report, split, validate, type SplitCall } from "../pkg/iam_split_web.js";
import { cli, example, root, splitByCommand } from "./page";

test.beforeAll(async () => {
  await init({ module_or_path: readFileSync(join(root, "www/pkg/iam_split_web_bg.wasm")) });
});

const call = (): SplitCall => ({
  template: readFileSync(example.template, "utf8"),
  config: readFileSync(example.config, "utf8"),
});

test("split gives the bytes of the command", () => {
  const answer = split(call());
  if (answer.status !== "done") throw new Error(answer.status);
  const command = splitByCommand(example.template, "--config", example.config);
  expect(answer.iam).toBe(command.iam);
  expect(answer.app).toBe(command.app);
  expect(answer.summary.moved.map((moved) => moved.name)).toContain("SearchHandlerRole");
  expect(answer.summary.bridges[0]!.resolution satisfies "exact" | "pattern" | "two-phase" | "attach" | "keep" | "refuse").toBe("pattern");
});

test("a refusal is an answer, with columns as JavaScript counts", () => {
  const answer = split({ template: "Resources:\n  '😀': {Type: AWS::IAM::Role, Properties: {X: !Ref Nothing}}\n" });
  expect(answer.status).toBe("refused");
  const place = answer.diagnostics.find((found) => found.code === "TPL005")!.places[0]!;
  const line = "  '😀': {Type: AWS::IAM::Role, Properties: {X: !Ref Nothing}}";
  expect(line.slice(place.start.column - 1, place.end.column - 1)).toBe("!Ref Nothing");
});

test("validate and report say what the command says", () => {
  const answer = split(call());
  if (answer.status !== "done") throw new Error(answer.status);
  const pair = { iam: answer.iam, app: answer.app, monolith: call().template };
  const found = validate(pair);
  if (found.status !== "clean") throw new Error(found.status);
  expect(found.proven).toBe(126);
  expect(validate({ ...pair, iam: "[" }).status).toBe("unreadable");
  const broken = validate({ ...pair, iam: answer.iam.replace("  SearchHandlerRoleArn:", "  SearchHandlerArn:") });
  expect(broken.status).toBe("findings");
  const names = { iam: "quilt-iam.yaml", app: "quilt-app.yaml", monolith: "quilt.yaml" };
  const command = splitByCommand(example.template, "--config", example.config);
  copyFileSync(example.template, join(command.folder, "quilt.yaml"));
  cli(command.folder, ..."validate --iam quilt-iam.yaml --app quilt-app.yaml --monolith quilt.yaml --report r.sarif --report r.md".split(" "));
  expect(report({ pair, names, format: "sarif" })).toEqual({ status: "clean", text: readFileSync(join(command.folder, "r.sarif"), "utf8") });
  expect(report({ pair, names, format: "markdown" }).text).toBe(readFileSync(join(command.folder, "r.md"), "utf8"));
});

test("explain knows its codes, and a call of another type is an error", () => {
  expect(explain("CYC001")).toMatchObject({ status: "known", severity: "error" });
  expect(explain("CYC01")).toMatchObject({ status: "unknown", hint: expect.stringContaining("CYC001") });
  expect(() => split({ template: 1 } as unknown as SplitCall)).toThrow();
});
