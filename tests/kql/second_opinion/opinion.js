// What Microsoft's parser says: JSON lines {id, query} in, JSON lines {id, codes, columns} out.
// `codes` are the syntax errors; with `--columns` also the columns of the result, as [name, type], where it knows them.
"use strict";
const path = require("path");
const folder = path.join(process.cwd(), "node_modules", "@kusto", "language-service-next");
require(path.join(folder, "bridge.min.js"));
require(path.join(folder, "Kusto.Language.Bridge.min.js"));

const { KustoCode } = globalThis.Kusto.Language;
const wantColumns = process.argv.includes("--columns");

function errors(code) {
  const found = code.GetSyntaxDiagnostics();
  return Array.from({ length: found.Count }, (_, i) => found.getItem(i))
    .filter((d) => d.Severity === "Error")
    .map((d) => d.Code);
}

function columns(code) {
  const analysed = code.Analyze();
  const type = analysed.ResultType;
  const semantic = analysed.GetDiagnostics();
  const wrong = Array.from({ length: semantic.Count }, (_, i) => semantic.getItem(i)).filter((d) => d.Severity === "Error");
  if (wrong.length || !type || !type.Columns) return { wrong: wrong.map((d) => `${d.Code} ${d.Message}`) };
  const list = type.Columns;
  return { columns: Array.from({ length: list.Count }, (_, i) => [list.getItem(i).Name, list.getItem(i).Type.Name]) };
}

const lines = require("fs").readFileSync(0, "utf-8").split("\n").filter(Boolean);
for (const line of lines) {
  const { id, query } = JSON.parse(line);
  const code = KustoCode.Parse(query);
  const answer = { id, codes: errors(code) };
  if (wantColumns && !answer.codes.length) Object.assign(answer, columns(code));
  process.stdout.write(JSON.stringify(answer) + "\n");
}
