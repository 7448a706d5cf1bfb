// Files that esbuild bundles besides TypeScript.

declare module "*.css";
