#!/usr/bin/env node
// The command in node: all of it is in the wasm, which asks here for files, streams and the time.
import {
  existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync, writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { command, initSync } from "../iam_split_web.js";

initSync({ module: readFileSync(new URL("../iam_split_web_bg.wasm", import.meta.url)) });

// The operating system's own words where node has others.
const words = {
  EBUSY: "device or resource busy",
  EEXIST: "file exists",
  EISDIR: "is a directory",
  ELOOP: "too many levels of symbolic links",
  ENAMETOOLONG: "file name too long",
};

/** The operating system's reason, without node's code and path. */
function reason(error) {
  return words[error.code] ?? /^\w+: ([^,]+)/.exec(error.message)?.[1] ?? error.message;
}

function orReason(act) {
  try {
    return act();
  } catch (error) {
    throw reason(error);
  }
}

/** A pipe that is full is tried again; one whose reader went away hears no more. */
function show(toError, bytes) {
  let at = 0;
  while (at < bytes.length) {
    try {
      at += writeSync(toError ? 2 : 1, bytes, at);
    } catch (error) {
      if (error.code === "EPIPE") return;
      if (error.code !== "EAGAIN") throw error;
    }
  }
}

/** Writes all files or none: each beside its place first, and what earlier ones replaced is put back. */
function writeAll(files) {
  const prepared = [];
  const replaced = [];
  let at = 0;
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(path), { recursive: true });
      const beside = join(dirname(path), `.iam-split-${process.pid}-${at}`);
      prepared.push(beside);
      writeFileSync(beside, text, { flag: "wx", mode: 0o644 });
      at += 1;
    }
    at = 0;
    for (const [path] of files) {
      const before = existsSync(path) && lstatSync(path).isFile() ? readFileSync(path) : undefined;
      renameSync(prepared[at], path);
      replaced.push([path, before]);
      at += 1;
    }
  } catch (error) {
    for (const [path, before] of replaced) before ? writeFileSync(path, before) : rmSync(path);
    for (const beside of prepared) rmSync(beside, { force: true });
    throw [at, reason(error)];
  }
}

const host = {
  read: (path) => orReason(() => readFileSync(path)),
  exists: existsSync,
  real: (path) => (existsSync(path) ? realpathSync(path) : undefined),
  list: (folder) => orReason(() => readdirSync(folder)),
  writeAll,
  input: () => orReason(() => readFileSync(0)),
  show,
  now: () => Date.now() / 1000,
};

process.exitCode = command(process.argv.slice(2), Boolean(process.stderr.isTTY) && !process.env.NO_COLOR, host);
