import { defineConfig } from 'vite';

export default defineConfig({
  // The page also works under a sub-path.
  base: './',
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true },
  // The studio's workers await at their top level.
  worker: { format: 'es' },
});
