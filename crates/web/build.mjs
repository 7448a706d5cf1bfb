// Bundles the SDK, the service worker, the portal and the console into one folder: `node build.mjs [OUT]`.

import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2] ?? join(here, "dist");
const from = (path) => join(here, "src", path);

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });

await Promise.all([
  build({ ...shared, entryPoints: [from("sdk/index.ts")], format: "esm", outfile: join(out, "sdk/civicsense.js") }),
  build({ ...shared, entryPoints: [from("sdk/script-tag.ts")], format: "iife", outfile: join(out, "sdk/civicsense.min.js") }),
  build({ ...shared, entryPoints: [from("worker/sw.ts")], format: "iife", outfile: join(out, "sw.js") }),
  pages(),
]);
await reference();
await compress(out);

/** The two applications share their chunks; the portal loads the SDK as any site would. */
async function pages() {
  const { metafile } = await build({
    ...shared,
    entryPoints: { portal: from("portal/main.tsx"), console: from("console/main.tsx") },
    format: "esm",
    splitting: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    external: ["/sdk/civicsense.js"],
    loader: { ".svg": "file" },
    assetNames: "[name]-[hash]",
    chunkNames: "[name]-[hash]",
    entryNames: "[name]-[hash]",
    publicPath: "/assets",
    outdir: join(out, "assets"),
    metafile: true,
  });
  const built = Object.keys(metafile.outputs).map((path) => path.split("/").at(-1));
  for (const name of ["portal", "console"]) {
    const file = (ending) => `/assets/${built.find((one) => one.startsWith(`${name}-`) && one.endsWith(ending))}`;
    const page = (await readFile(from(`${name}/index.html`), "utf8"))
      .replace("%STYLE%", file(".css"))
      .replace("%SCRIPT%", file(".js"));
    await writeFile(join(out, `${name}.html`), page);
  }
  await writeFile(join(out, "favicon.svg"), await readFile(from("portal/favicon.svg")));
}

/** The API reference: Swagger UI as it is published, with a page of ours around it. */
async function reference() {
  const swagger = (name) => join(here, "node_modules/swagger-ui-dist", name);
  const docs = join(out, "docs");
  await mkdir(docs);
  await Promise.all([
    copyFile(swagger("swagger-ui.css"), join(docs, "swagger-ui.css")),
    copyFile(swagger("swagger-ui-bundle.js"), join(docs, "swagger-ui-bundle.js")),
    copyFile(from("docs/docs.js"), join(docs, "docs.js")),
    copyFile(from("docs/docs.css"), join(docs, "docs.css")),
    copyFile(from("docs/index.html"), join(out, "docs.html")),
  ]);
}

/** Puts a `.gz` beside every file, so that serving costs no compression. */
async function compress(folder) {
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    await writeFile(`${path}.gz`, gzipSync(await readFile(path), { level: 9 }));
  }
}
