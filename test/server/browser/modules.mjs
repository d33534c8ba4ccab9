// What the tests of the viewer need and do not bring along. What is missing is said by name.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

function need(name, what) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set (${what}): ctest --preset dev -L browser sets it`);
  if (!existsSync(value)) throw new Error(`${name}: there is no ${value}; sh cmake/dev.sh test makes it`);
  return value;
}

export const program = need("STRANDBUS_PROGRAM", "the program strandbus");
const folder = need("STRANDBUS_BROWSER_DIR", "where npm has installed playwright-core and axe-core");
const modules = createRequire(pathToFileURL(`${folder}/`));

export const { chromium } = modules("playwright-core");
export const axeFile = modules.resolve("axe-core/axe.min.js");
