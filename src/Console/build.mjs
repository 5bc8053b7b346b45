// Bundles the page into src/Gateway/WebConsole/Files, where the gateway's build embeds it. Run it after every change here: npm ci && npm run build
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const target = join("..", "Gateway", "WebConsole", "Files");
mkdirSync(target, { recursive: true });
const common = { bundle: true, minify: true, legalComments: "none", logLevel: "warning", target: "es2022" };
await build({ ...common, entryPoints: ["src/main.js"], format: "esm", outfile: join(target, "console.js"), loader: { ".json": "json" } });
await build({ ...common, entryPoints: ["src/style.css"], outfile: join(target, "console.css") });
copyFileSync("src/index.html", join(target, "index.html"));
copyFileSync("src/icon.svg", join(target, "icon.svg"));

const packages = Object.keys(JSON.parse(readFileSync("package.json", "utf8")).dependencies);
const bundled = [...packages, "d3-array", "internmap", "@natural-earth"].flatMap(name => {
  if (name === "@natural-earth") {
    return ["Natural Earth (the coast lines and borders in world-atlas): public domain."];
  }

  const folder = join("node_modules", name);
  const licence = readdirSync(folder).find(file => /^licen[cs]e/i.test(file));
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  return licence ? [`${name} ${version} (${license ?? "see below"})\n\n${readFileSync(join(folder, licence), "utf8").trim()}`] : [`${name} ${version} (${license})`];
});
writeFileSync(join(target, "third-party.txt"), `What console.js and console.css contain beside our own code:\n\n${bundled.join("\n\n----\n\n")}\n`);

// A test compares this with the sources, so that no stale bundle is committed.
const hash = createHash("sha256");
for (const file of [...readdirSync("src").sort().map(name => join("src", name)), "package.json", "package-lock.json"]) {
  hash.update(readFileSync(file, "utf8").replaceAll("\r\n", "\n"));
}
writeFileSync(join(target, "built-from.txt"), `${hash.digest("hex")}\n`);
