// What Microsoft's parser and analyser say: JSON lines {id, query} in, JSON lines {id, codes, ...} out.
// `codes` are the syntax errors. With `--columns` also the columns of the result, as [name, type], or the semantic
// errors, as `wrong`. `--tables FILE` gives tables to bind to: a JSON object from name to "(column:type, ...)".
// `--vocabulary` prints the names it knows instead: {functions, aggregates, plugins}.
"use strict";
const fs = require("fs");
const path = require("path");
const folder = path.join(process.cwd(), "node_modules", "@kusto", "language-service-next");
require(path.join(folder, "bridge.min.js"));
require(path.join(folder, "Kusto.Language.Bridge.min.js"));

const { KustoCode, GlobalState, Functions, Aggregates, PlugIns, Symbols } = globalThis.Kusto.Language;
const wantColumns = process.argv.includes("--columns");

const items = (list) => Array.from({ length: list.Count ?? list.length }, (_, i) => (list.getItem ? list.getItem(i) : list[i]));
const errors = (diagnostics) => items(diagnostics).filter((d) => d.Severity === "Error");

function database() {
  const place = process.argv.indexOf("--tables");
  if (place < 0) return GlobalState.Default;
  const tables = Object.entries(JSON.parse(fs.readFileSync(process.argv[place + 1], "utf-8")));
  const symbols = tables.map(([name, schema]) => new Symbols.TableSymbol.$ctor7(name, schema, null));
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("case", symbols));
}

function columns(code) {
  const analysed = code.Analyze();
  const type = analysed.ResultType;
  const wrong = errors(analysed.GetDiagnostics());
  if (wrong.length) return { wrong: wrong.map((d) => `${d.Code} ${d.Message}`) };
  if (!type || !type.Columns) return { wrong: [] };
  return { columns: items(type.Columns).map((c) => [c.Name, c.Type.Name]) };
}

if (process.argv.includes("--vocabulary")) {
  const names = (symbols) => items(symbols).map((f) => f.Name).sort();
  const all = { functions: names(Functions.All), aggregates: names(Aggregates.All), plugins: names(PlugIns.All) };
  process.stdout.write(JSON.stringify(all));
  process.exit();
}

const globals = database();
for (const line of fs.readFileSync(0, "utf-8").split("\n").filter(Boolean)) {
  const { id, query } = JSON.parse(line);
  const code = KustoCode.Parse(query, globals);
  const answer = { id, codes: errors(code.GetSyntaxDiagnostics()).map((d) => d.Code) };
  if (wantColumns && !answer.codes.length) Object.assign(answer, columns(code));
  process.stdout.write(JSON.stringify(answer) + "\n");
}
