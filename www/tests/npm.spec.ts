// The npm package as a stranger gets it: packed, installed without a network, run by node alone. Whatever it says and writes
// are the bytes of the command that Rust builds.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "@playwright/test";
import { example, root } from "./page";

const work = mkdtempSync(join(tmpdir(), "iam-split-npm-"));
const native = process.env.IAM_SPLIT ?? join(root, "target/debug/iam-split");
const packed = join(work, "node_modules/.bin/iam-split");

test.beforeAll(() => {
  const npm = (...args: string[]) => execFileSync("npm", args, { cwd: work, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
  const archive = npm("pack", "--silent", join(root, "web/pkg")).trim();
  writeFileSync(join(work, "package.json"), "{}");
  npm("install", "--offline", "--silent", "--no-audit", "--no-fund", archive);
});

/** What a run said, how it ended, and all that its folder then holds. */
function run(program: string, folder: string, args: string[], input = "") {
  const ran = spawnSync(program, args, { cwd: folder, encoding: "utf8", input, env: { PATH: process.env.PATH } });
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  const texts = files.map((file) => [file.slice(folder.length), readFileSync(file, "utf8")]);
  return { status: ran.status, stdout: ran.stdout, stderr: ran.stderr, files: Object.fromEntries(texts) };
}

/** Two folders with the same files, one for each program. */
function folders(...sources: string[]): [string, string] {
  const both = ["native", "packed"].map((name) => mkdtempSync(join(work, `${name}-`))) as [string, string];
  for (const folder of both) for (const source of sources) copyFileSync(source, join(folder, basename(source)));
  return both;
}

function same([one, other]: [string, string], args: string[], input = "") {
  const expected = run(native, one, args, input);
  expect(run(packed, other, args, input), args.join(" ")).toEqual(expected);
  return expected;
}

test("cases are split as the command splits them", () => {
  test.setTimeout(300_000);
  const cases = join(root, "tests/cases");
  const ends = new Map<number | null, number>();
  // A third of them, so that it stays quick.
  for (const name of readdirSync(cases).sort().filter((_, at) => at % 3 === 0)) {
    const at = (file: string) => join(cases, name, file);
    const template = existsSync(at("template.json")) ? "template.json" : "template.yaml";
    const config = existsSync(at("config.yaml")) ? ["config.yaml"] : [];
    const more = existsSync(at("args")) ? readFileSync(at("args"), "utf8").split(/\s+/).filter(Boolean) : [];
    const sources = [template, ...config].map(at);
    const args = ["split", template, ...config.flatMap((file) => ["--config", file]), ...more, "--out", "out"];
    const { status } = same(folders(...sources), args);
    ends.set(status, (ends.get(status) ?? 0) + 1);
  }
  expect(ends.get(0)).toBeGreaterThan(20);
  expect(ends.get(1)).toBeGreaterThan(5);
});

test("a pair is validated, a release decided and a code explained as the command does it", () => {
  const both = folders(example.template, example.config);
  const say = (line: string, status: number, input = "") => expect(same(both, line.split(" "), input).status, line).toBe(status);
  say("split quilt.yaml --config config.yaml --out out", 0);
  say("split quilt.yaml --config config.yaml --out out", 0);
  const pair = "validate --iam out/quilt-iam.yaml --app out/quilt-app.yaml";
  say(`${pair} --monolith quilt.yaml --verbose --report r.html --report r.json --report r.md --report r.sarif --report r.xml`, 0);
  say(`${pair} --monolith quilt.yaml --max-wider 1`, 1);
  say(`${pair} --monolith nowhere.yaml`, 2);
  for (const folder of both) {
    const text = readFileSync(join(folder, "out/quilt-iam.yaml"), "utf8");
    const wider = text.replace("Action: sqs:SendMessage", "Action: sqs:*");
    writeFileSync(join(folder, "new.yaml"), wider);
    expect(wider).not.toBe(text);
    mkdirSync(join(folder, "quilt-iam.yaml"));
  }
  say("diff --iam out/quilt-iam.yaml out/quilt-iam.yaml", 0);
  say("diff --iam out/quilt-iam.yaml new.yaml --report release.md", 1);
  say("diff --iam out/quilt-iam.yaml new.yaml --format json", 1);
  say("explain CYC001", 0);
  say("explain", 0);
  say("explain CYC01", 2);
  // What is in the way, what is no file, what nobody gave, and what comes by a pipe.
  say("split quilt.yaml --config config.yaml", 2);
  say("split out", 2);
  say("split quilt.yaml --config config.yaml --out quilt.yaml", 2);
  say("split - --format json", 0, "Resources:\n  R: {Type: AWS::IAM::Role}\n  Q: {Type: AWS::SQS::Queue}\n");
  say("split", 2);
  say("splt", 2);
  say("--version", 0);
  say("split --help", 0);
  say("roles out/quilt-iam.yaml --app out/quilt-app.yaml", 0);
  say("init quilt.yaml --output made.yaml", 0);
});

test("what needs AWS is refused, with the way to have it", () => {
  const [folder] = folders();
  const refused = run(packed, folder, ["deploy"]);
  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain("the full command has them: `cargo install");
});

test("the package has its licence, its README and its types", () => {
  const installed = join(work, "node_modules/iam-split-web");
  const about = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
  const version = /^version = "(.*)"$/m.exec(readFileSync(join(root, "Cargo.toml"), "utf8"))![1];
  expect(about.version).toBe(version);
  expect(readFileSync(join(installed, "README.md"), "utf8")).toContain("npx iam-split-web split");
  expect(readFileSync(join(installed, "iam_split_web.d.ts"), "utf8")).toContain("export function command(");
  expect(existsSync(join(installed, "LICENSE-MIT"))).toBe(true);
});
