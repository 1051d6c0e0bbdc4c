// A program: builds the station's pages into the folder that it is given.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { build } from 'vite';

const [, , outDir = ''] = process.argv;
await build({
  root: join(fileURLToPath(new URL('../..', import.meta.url)), 'web'),
  configFile: false,
  plugins: [react()],
  build: { outDir, emptyOutDir: false, target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: false },
  logLevel: 'error',
});
