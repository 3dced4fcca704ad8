import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, URL } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import vue from '@vitejs/plugin-vue';
import { defineConfig, type Plugin } from 'vite';

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const server = process.env['TELEMED_SERVER'] ?? 'http://127.0.0.1:8080';

/** Neighbours `x.js.gz`, which the server sends where the browser takes them: the viewer is 3.4 MB, 0.9 MB so. */
function precompressed(): Plugin {
  const worth = /\.(js|css|wasm|svg)$/;
  return {
    name: 'precompressed',
    apply: 'build',
    async writeBundle({ dir = '' }) {
      const assets = join(dir, 'assets');
      for (const name of (await readdir(assets)).filter((one) => worth.test(one))) {
        const packed = await promisify(gzip)(await readFile(join(assets, name)), { level: 9 });
        await writeFile(join(assets, `${name}.gz`), packed);
      }
    },
  };
}

export default defineConfig({
  plugins: [vue(), precompressed()],
  resolve: {
    alias: {
      '@': local('./src'),
      // Cornerstone names it for writing XML; its browser bundle breaks on load and nothing here writes XML.
      xmlbuilder2: local('./src/viewer/xmlbuilder-absent.ts'),
    },
  },
  worker: { format: 'es' },
  optimizeDeps: {
    exclude: ['@cornerstonejs/dicom-image-loader'],
    include: [
      'dicom-parser',
      '@cornerstonejs/codec-charls',
      '@cornerstonejs/codec-libjpeg-turbo-8bit',
      '@cornerstonejs/codec-openjpeg',
      '@cornerstonejs/codec-openjph',
      '@cornerstonejs/dicom-codec',
    ],
  },
  build: {
    // Windows 7 in township hospitals ends at Chrome 109.
    target: 'chrome109',
    sourcemap: false,
    // The viewer's codecs are one chunk on purpose; it loads on the reading desk only.
    chunkSizeWarningLimit: 6000,
  },
  define: { __VUE_OPTIONS_API__: false, __INTLIFY_PROD_DEVTOOLS__: false, __VUE_I18N_LEGACY_API__: false },
  server: {
    proxy: {
      '/api/events': { target: server, ws: true },
      '/api': server,
      '/dicom-web': server,
    },
  },
});
